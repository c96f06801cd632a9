#pragma once
// What people, and those who mean harm, write into a name, a place or the clinic's name.

#include <string>
#include <vector>

namespace punctual::test {

inline const std::vector<std::string>& difficult_texts() {
    static const std::vector<std::string> texts{
        "Jane Citizen",
        "Robert'); DROP TABLE patients;-- \"x\\",
        "Jo\r\nBcc: all@example.com\r\n\r\nHello",
        "Jo\nX-Evil: 1",
        "{{clinic}} {{{link}}} {{#for_patient}}x{{/for_patient}} {{> top}}",
        "<script>alert(1)</script><img src=x onerror=y>",
        "\" onload=\"x' style='color:red",
        "'><b></td></table></body>",
        "<!-- --> <![CDATA[ ]]> &amp; &lt; &#0;",
        "%s%n%x %0d%0a",
        ".",
        "\r\n.\r\nMAIL FROM:<x@example.com>",
        std::string("a\0b\x01\x7F"
                    "c",
                    6),
        std::string(1'200, 'W'),
        std::string(300, '.'),
        "a very long name with many many words in it that will surely not stay on one line of a header at all",
        "Zo\u00eb \U0001F600\U0001F468\u200D\U0001F469\u200D\U0001F467 \u4e2d\u6587",
        "\u05d3\u05d5\u05d3 \u05db\u05d4\u05df \u0627\u0644\u0639\u064a\u0627\u062f\u0629",
        "Jo\u202Eevil\u202C \u2066x\u2069 \uFEFFy\u200Bz",
        "\xFF\xFE bad \xC0\xAF \xED\xA0\x80",
        "=?utf-8?q?evil?= =?UTF-8?B?QmNjOiB4?=",
        "a, b; c: <d@e.f> (comment) [x]",
        "O'Neill ^caret^ \\n \\, \\;",
        "x@y, z@w",
        "To: all@example.com",
        "END:VEVENT\r\nBEGIN:VALARM\r\nACTION:EMAIL",
        "--=_0f8fad5b-d9cb-469f-a165-70867728950e_a--",
        "\x1E\x1Ex\u2028y\u2029z\u0085w",
        "Nguy\u1ec5n Th\u1ecb \u00c1nh",
        "C",
        "STOP",
    };
    return texts;
}

}  // namespace punctual::test
