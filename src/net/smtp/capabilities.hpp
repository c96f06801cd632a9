#pragma once
// What a server says it can do, from its answer to EHLO (RFC 5321 §4.1.1.1). Unknown keywords are
// ignored. What was learnt in clear text is worth nothing after STARTTLS: parse again.

#include <cstdint>
#include <string_view>

namespace punctual::net::smtp {

struct capabilities {
    bool starttls = false;         // RFC 3207
    bool pipelining = false;       // RFC 2920
    bool eight_bit_mime = false;   // RFC 6152
    bool smtputf8 = false;         // RFC 6531
    bool enhanced_codes = false;   // RFC 2034
    bool size = false;             // RFC 1870
    std::uint64_t size_limit = 0;  // bytes; 0: it named none
    bool auth_plain = false;       // RFC 4954, RFC 4616
    bool auth_login = false;       // draft-murchison-sasl-login, Outlook's

    bool operator==(const capabilities&) const = default;
};

// `text`: a reply's text, its lines joined by '\n'; the first names the server.
[[nodiscard]] capabilities parse_capabilities(std::string_view text) noexcept;

}  // namespace punctual::net::smtp
