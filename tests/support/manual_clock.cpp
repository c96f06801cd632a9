#include "support/manual_clock.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace punctual::test {
namespace {

constexpr std::size_t most_handlers = 2'000'000;

}  // namespace

// One that a coroutine may be waiting on. Asio's timer never expires by itself: cancelling it is the waking.
struct manual_clock::waiter {
    using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>, net::executor>;

    explicit waiter(manual_clock& owner) : clock{owner}, sleep{owner.context_.get_executor()} {
        clock.waiters_.push_back(this);
    }
    ~waiter() { clock.waiters_.remove(this); }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

    void poke() {
        poked = true;
        stir();
    }
    void expire() {
        expired = true;
        stir();
    }
    // A timerfd that has been armed once remembers it while nobody waits.
    void step() {
        stepped = stepped || armed;
        if (stepped) {
            stir();
        }
    }
    void stir() {
        if (waiting) {
            sleep.cancel();
        }
    }

    // `due`: the time has come already.
    net::task<net::woken> wait(bool due) {
        const auto stopping = co_await boost::asio::this_coro::cancellation_state;
        if (stopping.cancelled() != boost::asio::cancellation_type::none) {
            co_return net::woken::cancelled;
        }
        bool aborted = false;
        if (!poked && !stepped && !due) {
            armed = true;
            sleep.expires_at(timer::time_point::max());
            waiting = true;
            co_await sleep.async_wait(net::use_result);
            waiting = false;
            aborted = !expired;
        }
        expired = false;
        co_return net::wall_wake(aborted, std::exchange(stepped, false), poked);
    }

    manual_clock& clock;
    timer sleep;
    bool waiting = false;
    bool armed = false;
    bool expired = false;
    bool stepped = false;
    bool poked = false;
    boot_time boot_due = boot_time::max();
    wall_time wall_due = wall_time::max();
    bool follows_wall = false;
};

class manual_clock::manual_alarm final : public net::alarm {
public:
    explicit manual_alarm(manual_clock& owner) : waiter_{owner} {}

    net::task<net::woken> wait_until(boot_time when) override {
        waiter_.boot_due = when;
        co_return co_await waiter_.wait(when <= waiter_.clock.boot_);
    }
    void poke() override { waiter_.poke(); }

private:
    waiter waiter_;
};

class manual_clock::manual_wall_alarm final : public net::wall_alarm {
public:
    explicit manual_wall_alarm(manual_clock& owner) : waiter_{owner} { waiter_.follows_wall = true; }

    net::task<net::woken> wait_until(wall_time when) override {
        waiter_.wall_due = when;
        co_return co_await waiter_.wait(when <= waiter_.clock.wall_now());
    }
    void poke() override { waiter_.poke(); }

private:
    waiter waiter_;
};

manual_clock::manual_clock(boost::asio::io_context& context, wall_time start) : context_{context} {
    wall_offset_ = start.time_since_epoch() - since_boot();
}
manual_clock::~manual_clock() = default;

std::unique_ptr<net::alarm> manual_clock::make_alarm() {
    return std::make_unique<manual_alarm>(*this);
}
std::unique_ptr<net::wall_alarm> manual_clock::make_wall_alarm() {
    return std::make_unique<manual_wall_alarm>(*this);
}

boot_time manual_clock::due_at(const waiter& one) const {
    if (!one.waiting) {
        return boot_time::max();
    }
    if (!one.follows_wall) {
        return one.boot_due;
    }
    if (one.wall_due == wall_time::max()) {
        return boot_time::max();
    }
    return boot_time{one.wall_due.time_since_epoch() - wall_offset_};
}

// Whole microseconds: what is left of a nanosecond is in the boot time alone.
std::chrono::microseconds manual_clock::since_boot() const {
    return std::chrono::floor<std::chrono::microseconds>(boot_.time_since_epoch());
}

boot_time manual_clock::next_alarm() const {
    auto next = boot_time::max();
    for (const auto* one : waiters_) {
        next = std::min(next, due_at(*one));
    }
    return next;
}

void manual_clock::wake_due() {
    for (auto* one : waiters_) {
        if (due_at(*one) <= boot_) {
            one->expire();
        }
    }
}

void manual_clock::settle() {
    context_.restart();
    for (std::size_t handlers = 0; context_.poll_one() > 0; ++handlers) {
        if (handlers == most_handlers) {
            throw std::logic_error{"the loop turns without end at one moment"};
        }
    }
}

void manual_clock::advance(std::chrono::nanoseconds by) {
    const auto end = boot_ + by;
    settle();
    for (;;) {
        const auto next = std::min(next_alarm(), end);
        if (next > boot_) {
            boot_ = next;
        }
        wake_due();
        settle();
        if (boot_ >= end && next_alarm() > boot_) {
            return;
        }
    }
}

void manual_clock::pass(std::chrono::nanoseconds by) {
    boot_ += by;
}

void manual_clock::step_wall(std::chrono::microseconds by) {
    wall_offset_ += by;
    for (auto* one : waiters_) {
        if (one->follows_wall) {
            one->step();
        }
    }
    settle();
}

}  // namespace punctual::test
