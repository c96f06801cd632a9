#pragma once
// Holds the whole Twilio account when Twilio says "slow down": messages and rooms together, since its
// limits count per account. Pure: `now` is an argument.
//
// With Retry-After it is held that long. A 429 without a usable one holds 2 s, doubling with each further
// one up to 30 s as other holds do, until an answer shows that it is over. The jobs add their own jitter.

#include "domain/time.hpp"

#include <chrono>
#include <optional>

namespace punctual::net::twilio {

inline constexpr std::chrono::seconds longest_own_hold{30};

class account_gate {
public:
    // What is left of the hold, rounded up to whole seconds; zero when requests may go.
    [[nodiscard]] std::chrono::seconds held(boot_time now) const noexcept;

    // 429, or another answer with Retry-After. A hold is never shortened.
    void slow_down(boot_time now, std::optional<std::chrono::seconds> retry_after) noexcept;
    // Any answer that was not 429.
    void passed() noexcept { refusals_ = 0; }

private:
    boot_time held_until_{};
    unsigned refusals_ = 0;
};

}  // namespace punctual::net::twilio
