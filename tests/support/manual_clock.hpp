#pragma once
// A clock that stands until the test moves it. Waiting coroutines wake when their time has come; nothing
// real passes. Wall and boot time move together (advance) or apart (step_wall, as NTP or a suspend does).

#include "net/async/clock.hpp"

#include <list>
#include <memory>
#include <optional>

namespace punctual::test {

class manual_clock final : public net::clock {
public:
    manual_clock(boost::asio::io_context& context, wall_time start);
    ~manual_clock() override;

    [[nodiscard]] wall_time wall_now() const override { return wall_time{wall_offset_ + since_boot()}; }
    [[nodiscard]] boot_time boot_now() const override { return boot_; }
    [[nodiscard]] std::unique_ptr<net::alarm> make_alarm() override;
    [[nodiscard]] std::unique_ptr<net::wall_alarm> make_wall_alarm() override;

    // Runs everything that is ready, moves to the next alarm if it is within `by`, and so on until `by` has
    // passed: each wakes at its own time, in order.
    void advance(std::chrono::nanoseconds by);
    // Both clocks, and nothing runs: a frozen process, or time in which there is nothing to do but look.
    void pass(std::chrono::nanoseconds by);
    // The wall clock alone, forward or back; wall alarms learn that it was set.
    void step_wall(std::chrono::microseconds by);
    // Runs what is ready now.
    void settle();
    // When the next alarm is due, of either kind; max: none is armed.
    [[nodiscard]] boot_time next_alarm() const;

private:
    struct waiter;
    class manual_alarm;
    class manual_wall_alarm;

    [[nodiscard]] boot_time due_at(const waiter& one) const;
    void wake_due();
    [[nodiscard]] std::chrono::microseconds since_boot() const;

    boost::asio::io_context& context_;
    boot_time boot_{std::chrono::hours{1}};
    std::chrono::microseconds wall_offset_{};
    std::list<waiter*> waiters_;
};

}  // namespace punctual::test
