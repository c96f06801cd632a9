#include "net/twilio/account_gate.hpp"

#include "net/twilio/retry_after.hpp"

#include <algorithm>

namespace punctual::net::twilio {

std::chrono::seconds account_gate::held(boot_time now) const noexcept {
    return std::max(std::chrono::ceil<std::chrono::seconds>(held_until_ - now), std::chrono::seconds{0});
}

void account_gate::slow_down(boot_time now, std::optional<std::chrono::seconds> retry_after) noexcept {
    constexpr unsigned doublings = 4;  // 32 s, beyond the cap
    const auto own = std::min(std::chrono::seconds{2U << std::min(refusals_, doublings)}, longest_own_hold);
    // Several requests were under way when the first 429 came: they are one refusal.
    if (held(now) == std::chrono::seconds{0}) {
        refusals_ = std::min(refusals_ + 1, doublings);
    } else if (!retry_after) {
        return;
    }
    held_until_ = std::max(held_until_, now + std::min(retry_after.value_or(own), longest_retry_after));
}

}  // namespace punctual::net::twilio
