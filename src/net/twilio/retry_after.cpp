#include "net/twilio/retry_after.hpp"

#include "net/twilio/dates.hpp"

#include <algorithm>

namespace punctual::net::twilio {

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, wall_time now) {
    while (value.starts_with(' ') || value.starts_with('\t')) {
        value.remove_prefix(1);
    }
    while (value.ends_with(' ') || value.ends_with('\t')) {
        value.remove_suffix(1);
    }
    if (value.empty()) {
        return std::nullopt;
    }
    std::chrono::seconds wait{0};
    const bool digits = std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
    if (digits) {
        for (const char c : value) {
            // Capped on the way: the number may have more digits than any type.
            wait = std::min(wait * 10 + std::chrono::seconds{c - '0'}, longest_retry_after);
        }
    } else if (const auto date = parse_http_date(value, now)) {
        wait = std::min(std::chrono::ceil<std::chrono::seconds>(*date - now), longest_retry_after);
    }
    if (wait <= std::chrono::seconds{0}) {
        return std::nullopt;
    }
    return wait;
}

}  // namespace punctual::net::twilio
