#pragma once
// Reads a mail well enough to show it: headers, the plain and HTML parts, the invitation. Lenient, as
// mail clients are (RFC 5322, 2045 to 2047); UTF-8, Latin-1 and ASCII texts. It judges nothing. Pure.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace punctual::sandbox {

using mail_headers = std::vector<std::pair<std::string, std::string>>;  // unfolded, names as written

struct readable_mail {
    mail_headers headers;  // encoded words decoded
    std::string text;
    std::string html;
    std::string calendar;
};

// `raw` with CRLF or LF lines; the body is not looked at.
[[nodiscard]] mail_headers read_mail_headers(std::string_view raw);
[[nodiscard]] std::string mail_header(const mail_headers& headers, std::string_view name);  // any case; decoded
[[nodiscard]] readable_mail read_mail(std::string_view raw);

// =?utf-8?q?…?= and =?utf-8?b?…?= (RFC 2047).
[[nodiscard]] std::string decode_words(std::string_view text);

}  // namespace punctual::sandbox
