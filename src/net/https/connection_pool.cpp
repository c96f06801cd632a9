#include "net/https/connection_pool.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace punctual::net::https {

task<result<connection_pool::turn>> connection_pool::take_turn(deadline until) {
    const auto stopping = co_await boost::asio::this_coro::cancellation_state;
    if (stopping.cancelled() != boost::asio::cancellation_type::none) {
        co_return failure(stream_errc::cancelled);
    }
    if (used_ < size_) {
        ++used_;
        co_return turn{*this};
    }
    waiter self{executor_};
    waiters_.push_back(&self);
    self.timer.expires_after(time_left(until));
    const auto [ec] = co_await self.timer.async_wait(use_result);
    // A turn that came in the same moment as the deadline is taken and given back by its destructor.
    if (self.granted) {
        turn mine{*this};
        const auto now_stopping = co_await boost::asio::this_coro::cancellation_state;
        if (now_stopping.cancelled() != boost::asio::cancellation_type::none) {
            co_return failure(stream_errc::cancelled);
        }
        co_return std::move(mine);
    }
    std::erase(waiters_, &self);
    if (ec) {
        co_return failure(stream_errc::cancelled);
    }
    co_return failure(stream_errc::timed_out, "no connection was free in time");
}

void connection_pool::give_back() {
    if (waiters_.empty()) {
        --used_;
        return;
    }
    auto* next = waiters_.front();
    waiters_.pop_front();
    next->granted = true;
    next->timer.cancel();
}

std::unique_ptr<byte_stream> connection_pool::take_idle() {
    close_idle(false);
    while (!idle_.empty()) {
        auto last = std::move(idle_.back());
        idle_.pop_back();
        if (!last.stream->is_stale()) {
            return std::move(last.stream);
        }
    }
    return nullptr;
}

void connection_pool::keep(std::unique_ptr<byte_stream> stream) {
    idle_.push_back({std::move(stream), boot_now()});
}

void connection_pool::close_idle(bool all) {
    const auto now = boot_now();
    std::erase_if(idle_, [&](const idle_connection& kept) { return all || now - kept.since >= idle_limit_; });
}

}  // namespace punctual::net::https
