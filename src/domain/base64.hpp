#pragma once
// Base 64 (RFC 4648 §4) and its URL-safe form without padding (§5), as JWTs have it.

#include <optional>
#include <string>
#include <string_view>

namespace punctual::domain {

[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] std::string to_base64url(std::string_view bytes);

// Strict: no padding, no other character, no length that cannot occur, and no stray bits at the end
// (§3.5), so that two texts never mean the same bytes.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace punctual::domain
