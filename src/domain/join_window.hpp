#pragma once
// When a visit's room may be entered (contract §4: 30 min before the start to 30 min after the end).

#include "domain/delivery.hpp"
#include "domain/policy.hpp"

#include <cstdint>

namespace punctual::domain {

enum class join_verdict : std::uint8_t { too_early, open, too_late };

struct join_window {
    wall_time opens_at{};
    wall_time closes_at{};  // tokens end then too: end of the visit + grace

    // closes_at itself is too late: a token made then would be worth nothing.
    [[nodiscard]] join_verdict at(wall_time now) const noexcept;
    // A token's lifetime from `now`, in whole seconds, rounded down so that it never outlives
    // closes_at; 0 outside the window.
    [[nodiscard]] std::chrono::seconds token_lifetime(wall_time now) const noexcept;

    bool operator==(const join_window&) const = default;
};

[[nodiscard]] join_window join_window_of(const visit& what, const policy& rules) noexcept;

}  // namespace punctual::domain
