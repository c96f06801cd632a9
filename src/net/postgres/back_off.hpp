#pragma once
// How long to wait between two attempts to connect: doubling, with jitter downwards, so that a fleet of
// daemons does not come back in one instant and the longest wait is a promise.

#include <algorithm>
#include <chrono>
#include <random>

namespace punctual::net::postgres {

class back_off {
public:
    back_off(std::chrono::milliseconds first, std::chrono::milliseconds last)
        : first_{first}, last_{last}, next_{first}, random_{std::random_device{}()} {}

    [[nodiscard]] std::chrono::milliseconds next() {
        const auto longest = std::max<std::chrono::milliseconds::rep>(next_.count(), 1);
        next_ = std::min(last_, next_ * 2);
        std::uniform_int_distribution<std::chrono::milliseconds::rep> any{longest / 2, longest};
        return std::chrono::milliseconds{any(random_)};
    }
    void reset() noexcept { next_ = first_; }

private:
    std::chrono::milliseconds first_;
    std::chrono::milliseconds last_;
    std::chrono::milliseconds next_;
    std::minstd_rand random_;
};

}  // namespace punctual::net::postgres
