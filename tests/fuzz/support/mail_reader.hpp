#pragma once
// Reads mail and iCalendar strictly, to check what we write: anything that a careless reader and a strict one
// could take differently ends the process.

#include "support/input.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace punctual::fuzz {

struct mail_part {
    std::vector<std::pair<std::string, std::string>> headers;  // values as they stand, folds included
    std::string body;                                          // decoded; of a multipart empty
    std::vector<mail_part> parts;

    [[nodiscard]] std::string_view header(std::string_view name) const;
    [[nodiscard]] std::size_t count(std::string_view name) const;
};

// The whole of it, or the process ends: CRLF line ends and no other CR or LF, no line beyond 998 bytes (76 in a
// body), seven bits but for addresses, sound headers, boundaries, base64 and quoted-printable.
[[nodiscard]] mail_part read_mail(std::string_view text);

// A header's value as a person reads it: unfolded, encoded words decoded (RFC 2047).
[[nodiscard]] std::string decode_words(std::string_view value);
// The display name of a mailbox header's value.
[[nodiscard]] std::string display_name(std::string_view value);

[[nodiscard]] std::string decode_base64(std::string_view text);
[[nodiscard]] std::string decode_quoted_printable(std::string_view text);
// Every line end as CRLF, and one after the last line.
[[nodiscard]] std::string with_crlf(std::string_view text);

struct calendar_line {
    std::string name;   // without parameters
    std::string whole;  // unfolded
    std::string value;  // of TEXT values the escapes undone
};
[[nodiscard]] std::vector<calendar_line> read_calendar(std::string_view text);

}  // namespace punctual::fuzz
