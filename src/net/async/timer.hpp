#pragma once
// The timer of leaf I/O: steady_clock on the concrete executor, fed from deadlines in boot time.

#include "domain/time.hpp"
#include "net/async/clock.hpp"
#include "net/async/task.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <algorithm>
#include <chrono>

namespace punctual::net {

using steady_timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                       boost::asio::wait_traits<std::chrono::steady_clock>, executor>;

// From now to `until`: at least zero, at most a day (steady_clock plus "for ever" would overflow).
[[nodiscard]] inline boot_clock::duration time_left(deadline until) noexcept {
    const auto now = boot_now();
    if (until <= now) {
        return boot_clock::duration::zero();
    }
    constexpr boot_clock::duration longest = std::chrono::hours{24};
    return until >= now + longest ? longest : until - now;
}

}  // namespace punctual::net
