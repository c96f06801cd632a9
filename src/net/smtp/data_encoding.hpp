#pragma once
// A message as it goes after DATA (RFC 5321 §4.5.2, §2.3.8). It changes line ends and leading dots,
// nothing else: how text is encoded is the composer's business.
//
// A bare CR or LF becomes CRLF before dots are looked at. Left alone, "\n.\n" would end the message
// for some servers and not for others, and what follows would be read as commands (SMTP smuggling).

#include <cstddef>
#include <string>
#include <string_view>

namespace punctual::net::smtp {

// Ends with CRLF.CRLF, or is ".CRLF" for an empty message.
[[nodiscard]] std::string encode_data(std::string message);

// How many of its last bytes end the message: 5, or 3 for an empty one.
[[nodiscard]] std::size_t terminator_length(std::string_view encoded) noexcept;

struct content_traits {
    bool eight_bit = false;
    bool has_nul = false;
};
[[nodiscard]] content_traits inspect_content(std::string_view message) noexcept;

}  // namespace punctual::net::smtp
