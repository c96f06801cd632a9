#include "net/async/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <cassert>

namespace punctual::net {
namespace {

// A spawned coroutine ignores all but terminal cancellation until it opts in, and after one every
// co_await throws unless told otherwise; ours see operation_aborted as a value.
task<> with_cancellation(task<> child) {
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::enable_total_cancellation());
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    co_await std::move(child);
}

}  // namespace

task_group::task_group(executor ex, on_end report) : executor_{ex}, report_{std::move(report)}, empty_{ex} {}

task_group::~task_group() {
    assert(children_.empty());
}

void task_group::spawn(std::string name, task<> child) {
    const auto at = children_.emplace(children_.end());
    at->name = std::move(name);
    auto ended = [this, at](std::exception_ptr why) {
        const auto gone = std::move(at->name);
        children_.erase(at);
        if (report_) {
            report_(gone, why);
        }
        if (children_.empty()) {
            empty_.cancel();
        }
    };
    boost::asio::co_spawn(executor_, with_cancellation(std::move(child)),
                          boost::asio::bind_cancellation_slot(at->stop.slot(), std::move(ended)));
}

void task_group::cancel() {
    // A child that ends inside emit() leaves the list: step first.
    for (auto at = children_.begin(); at != children_.end();) {
        auto& signal = (at++)->stop;
        signal.emit(boost::asio::cancellation_type::terminal);
    }
}

task<> task_group::wait() {
    while (!children_.empty()) {
        empty_.expires_at(timer::time_point::max());
        co_await empty_.async_wait(use_result);
    }
}

}  // namespace punctual::net
