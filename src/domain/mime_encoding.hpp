#pragma once
// The encodings that make any text seven-bit and short-lined (RFC 2045 §6.7, §6.8; RFC 2047).

#include <cstddef>
#include <string>
#include <string_view>

namespace punctual::domain {

// Base 64 in lines of 76 characters, CRLF after each.
[[nodiscard]] std::string base64_lines(std::string_view bytes);

// Lines of at most 76 characters, CRLF; CR, LF and CRLF of the text all end a line. A dot or "From "
// that begins a line is encoded too, so that no relay can make anything of it.
[[nodiscard]] std::string quoted_printable(std::string_view text);

// Encoded words in base64, folded; no line is longer than 76 characters when the first begins at
// `column`. No character is split between words (RFC 2047 §5).
[[nodiscard]] std::string encoded_words(std::string_view text, std::size_t column);

}  // namespace punctual::domain
