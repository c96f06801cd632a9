#pragma once
// What people typed, made fit for one line of a message: a name, a place, a clinic. The text itself
// is kept as written; what could end a line, hide or turn round the words beside it is not text.

#include <cstddef>
#include <string>
#include <string_view>

namespace punctual::domain {

// The longest name a message carries, in code points (domain rules §6).
inline constexpr std::size_t longest_name = 200;

// Valid UTF-8 without control characters: runs of CR, LF, TAB, NUL and the other controls become one
// space, bidirectional overrides and byte order marks go, ends are trimmed, the rest is cut at `limit`
// code points with an ellipsis.
[[nodiscard]] std::string clean_line(std::string_view text, std::size_t limit = longest_name);

// The same for a text of several lines, which it keeps; more than one empty line in a row become one.
[[nodiscard]] std::string clean_lines(std::string_view text, std::size_t limit);

}  // namespace punctual::domain
