#pragma once
// Retry-After (RFC 9110 §10.2.3), a number of seconds or a date, as unfriendly servers send it.

#include "domain/time.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace punctual::net::twilio {

inline constexpr std::chrono::seconds longest_retry_after{300};

// Capped at five minutes; nullopt for what asks for no wait or cannot be read: absent, 0, negative, junk, a
// date that has passed. The caller's own back-off counts then.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, wall_time now);

}  // namespace punctual::net::twilio
