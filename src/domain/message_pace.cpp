#include "domain/message_pace.hpp"

#include <algorithm>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t bursts_a_second = 10;

}  // namespace

// Rounded up: rather a nanosecond too slow than one message too many.
message_pace::message_pace(std::size_t per_second) noexcept
    : interval_{(boot_clock::duration{1s}.count() + static_cast<boot_clock::rep>(per_second) - 1) /
                static_cast<boot_clock::rep>(per_second)},
      burst_{std::max<std::size_t>(per_second / bursts_a_second, 1)} {}

std::size_t message_pace::available(boot_time now) const noexcept {
    const auto missing = std::max(full_at_ - now, boot_clock::duration::zero());
    const auto left = std::max(worth(burst_) - missing, boot_clock::duration::zero());
    const auto tokens = static_cast<std::size_t>(left / interval_);
    return tokens > reserved_ ? tokens - reserved_ : 0;
}

boot_time message_pace::when(boot_time now, std::size_t wanted) const noexcept {
    // What is reserved will be spent or given back at a moment that is not known: to be asked again.
    if (reserved_ >= burst_) {
        return now + interval_;
    }
    const auto most = std::clamp<std::size_t>(wanted, 1, burst_ - reserved_);
    return std::max(now, full_at_ - worth(burst_ - reserved_ - most));
}

void message_pace::spend(boot_time now) noexcept {
    give_back();
    full_at_ = std::max(full_at_, now) + interval_;
}

void message_pace::give_back() noexcept {
    reserved_ -= std::min<std::size_t>(reserved_, 1);
}

boot_clock::duration message_pace::worth(std::size_t messages) const noexcept {
    return interval_ * static_cast<boot_clock::rep>(messages);
}

}  // namespace punctual::domain
