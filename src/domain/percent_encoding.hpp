#pragma once
// Percent-encoding (RFC 3986 §2.1), done and undone.

#include <optional>
#include <string>
#include <string_view>

namespace punctual::domain {

// All but the unreserved characters (§2.3).
[[nodiscard]] std::string percent_encode(std::string_view text);

// With `plus_is_space` as forms have it (application/x-www-form-urlencoded). Nothing for a '%' without
// two hexadecimal digits after it.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace punctual::domain
