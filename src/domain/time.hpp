#pragma once
// The two time lines. Wall time is what appointments, messages and the database speak of; it may be
// stepped. Boot time never steps and goes on during suspend; deadlines and leases are measured in it.
// Neither is read in the domain: `now` is always an argument.

#include <chrono>

namespace punctual {

using wall_time = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

// CLOCK_BOOTTIME, see clock_gettime(2). A tag only: net/async/clock.hpp reads it.
struct boot_clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<boot_clock>;
    static constexpr bool is_steady = true;
};
using boot_time = boot_clock::time_point;

// An absolute point after which an operation gives up; callers pass it down unchanged.
using deadline = boot_time;

}  // namespace punctual
