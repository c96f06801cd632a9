#pragma once
// Time as the jobs see it: two readings and things to wait on. The real clock reads the system
// (clock_gettime(2), timerfd_create(2)); tests and the simulation advance a manual one
// (tests/support/manual_clock.hpp). Leaf I/O in src/net uses Asio's timers itself.

#include "domain/time.hpp"
#include "net/async/task.hpp"

#include <memory>

namespace punctual::net {

enum class woken : std::uint8_t {
    deadline,   // the time has come
    poked,      // somebody called poke(), perhaps before the wait began
    clock_set,  // wall_alarm only: the wall clock was stepped; look at it again
    cancelled,  // the task_group is cancelling its children: end
};

// One coroutine waits on it, anybody on the same thread pokes it. A poke before the wait is kept.
class alarm {
public:
    virtual ~alarm() = default;
    [[nodiscard]] virtual task<woken> wait_until(boot_time when) = 0;
    virtual void poke() = 0;
};

// The same against the wall clock: fires when the wall clock reaches `when`, also when it gets there
// by a step, and never before.
class wall_alarm {
public:
    virtual ~wall_alarm() = default;
    [[nodiscard]] virtual task<woken> wait_until(wall_time when) = 0;
    virtual void poke() = 0;
};

class clock {
public:
    virtual ~clock() = default;
    [[nodiscard]] virtual wall_time wall_now() const = 0;
    [[nodiscard]] virtual boot_time boot_now() const = 0;
    [[nodiscard]] virtual std::unique_ptr<alarm> make_alarm() = 0;
    [[nodiscard]] virtual std::unique_ptr<wall_alarm> make_wall_alarm() = 0;
};

// Why a wait on the wall clock has ended. A step counts before a poke that came with it, since nothing else would
// tell of it again; the poke is kept for the next wait.
[[nodiscard]] constexpr woken wall_wake(bool aborted, bool stepped, bool& poked) noexcept {
    if (stepped) {
        return woken::clock_set;
    }
    if (poked) {
        poked = false;
        return woken::poked;
    }
    return aborted ? woken::cancelled : woken::deadline;
}

// The reading alone, for leaf I/O.
[[nodiscard]] boot_time boot_now() noexcept;

// Alarms must not outlive the context.
[[nodiscard]] std::unique_ptr<clock> make_system_clock(boost::asio::io_context& context);

}  // namespace punctual::net
