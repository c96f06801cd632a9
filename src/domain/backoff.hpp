#pragma once
// When a send that failed in passing is tried again (domain rules §3). Whether a failure is passing is
// not decided here, and nothing random is drawn here.

#include "domain/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace punctual::domain {

enum class passing_failure : std::uint8_t {
    general,   // refused, reset, timed out, HTTP 429, 500-504 with nothing made: 2 s, doubling, at most 5 min
    smtp_4xx,  // greylisting and the like: 60 s, doubling, at most 1 h
};

struct backoff_terms {
    passing_failure failure = passing_failure::general;
    int attempts = 1;                    // made so far, the failed one included
    std::chrono::seconds retry_after{};  // as the provider said; 0 or less: it did not. Held at 5 min
    double fraction = 0.5;               // random, 0 to 1: general ±20 %, smtp_4xx up to 20 % longer
};

// How long to wait; never shorter than retry_after.
[[nodiscard]] std::chrono::milliseconds backoff_delay(const backoff_terms& terms) noexcept;

// The next try; nullopt when it would not come before `useless_after`.
[[nodiscard]] std::optional<wall_time> next_attempt(const backoff_terms& terms, wall_time now,
                                                    wall_time useless_after) noexcept;

}  // namespace punctual::domain
