#include "net/async/clock.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

#include <sys/timerfd.h>
#include <unistd.h>

namespace punctual::net {
namespace {

using steady_timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                       boost::asio::wait_traits<std::chrono::steady_clock>, executor>;
using descriptor = boost::asio::posix::basic_stream_descriptor<executor>;

class system_alarm final : public alarm {
public:
    explicit system_alarm(executor ex) : timer_{ex} {}

    task<woken> wait_until(boot_time when) override {
        const auto stopping = co_await boost::asio::this_coro::cancellation_state;
        if (stopping.cancelled() != boost::asio::cancellation_type::none) {
            co_return woken::cancelled;
        }
        if (!poked_) {
            const auto left = when == boot_time::max() ? boot_clock::duration::max() : when - boot_now();
            if (left <= boot_clock::duration::zero()) {
                co_return woken::deadline;
            }
            // A day at most: steady_clock plus "for ever" would overflow.
            timer_.expires_after(std::min<boot_clock::duration>(left, std::chrono::hours{24}));
            waiting_ = true;
            const auto [ec] = co_await timer_.async_wait(use_result);
            waiting_ = false;
            if (ec && !poked_) {
                co_return woken::cancelled;
            }
        }
        const bool was_poked = std::exchange(poked_, false);
        co_return was_poked ? woken::poked : woken::deadline;
    }

    void poke() override {
        poked_ = true;
        if (waiting_) {
            timer_.cancel();
        }
    }

private:
    steady_timer timer_;
    bool poked_ = false;
    bool waiting_ = false;
};

class system_wall_alarm final : public wall_alarm {
public:
    explicit system_wall_alarm(executor ex) : timer_{ex} {
        const int fd = ::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
        if (fd < 0) {
            throw std::system_error{errno, std::generic_category(), "timerfd_create"};
        }
        timer_.assign(fd);
    }

    task<woken> wait_until(wall_time when) override {
        const auto stopping = co_await boost::asio::this_coro::cancellation_state;
        if (stopping.cancelled() != boost::asio::cancellation_type::none) {
            co_return woken::cancelled;
        }
        if (std::exchange(poked_, false)) {
            co_return woken::poked;
        }
        if (!arm(when)) {
            co_return woken::clock_set;
        }
        waiting_ = true;
        const auto [ec] = co_await timer_.async_wait(descriptor::wait_read, use_result);
        waiting_ = false;
        // read() ourselves: after a step it fails with ECANCELED, which Asio's async_read_some would
        // report as a cancelled operation.
        std::uint64_t expirations = 0;
        const auto got = ::read(timer_.native_handle(), &expirations, sizeof expirations);
        const bool stepped = got < 0 && errno == ECANCELED;
        co_return wall_wake(ec.failed(), stepped, poked_);
    }

    void poke() override {
        poked_ = true;
        if (waiting_) {
            timer_.cancel();
        }
    }

private:
    bool arm(wall_time when) {
        // An absolute zero would disarm the timer; the first microsecond of 1970 fires at once too.
        const auto since = std::max(when.time_since_epoch(), std::chrono::microseconds{1});
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
        ::itimerspec spec{};
        spec.it_value.tv_sec = static_cast<std::time_t>(seconds.count());
        spec.it_value.tv_nsec = static_cast<long>(std::chrono::nanoseconds{since - seconds}.count());
        // ECANCELED from settime: the clock was stepped since the last arming; armed all the same.
        return ::timerfd_settime(timer_.native_handle(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, nullptr) ==
                   0 ||
               errno != ECANCELED;
    }

    descriptor timer_;
    bool poked_ = false;
    bool waiting_ = false;
};

class system_clock final : public clock {
public:
    explicit system_clock(boost::asio::io_context& context) : context_{context} {}

    wall_time wall_now() const override {
        return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    boot_time boot_now() const override { return net::boot_now(); }
    std::unique_ptr<alarm> make_alarm() override { return std::make_unique<system_alarm>(context_.get_executor()); }
    std::unique_ptr<wall_alarm> make_wall_alarm() override {
        return std::make_unique<system_wall_alarm>(context_.get_executor());
    }

private:
    boost::asio::io_context& context_;
};

}  // namespace

boot_time boot_now() noexcept {
    ::timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return boot_time{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}};
}

std::unique_ptr<clock> make_system_clock(boost::asio::io_context& context) {
    return std::make_unique<system_clock>(context);
}

}  // namespace punctual::net
