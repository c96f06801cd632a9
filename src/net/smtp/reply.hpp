#pragma once
// One reply of an SMTP server (RFC 5321 §4.2).

#include <string>

namespace punctual::net::smtp {

struct reply {
    int code = 0;      // 200..599
    std::string text;  // without the codes; the lines of a multi-line reply joined by '\n'

    [[nodiscard]] int kind() const noexcept { return code / 100; }  // 2, 3, 4, 5
    bool operator==(const reply&) const = default;
};

}  // namespace punctual::net::smtp
