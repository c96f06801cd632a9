#pragma once
// Every coroutine has a parent. A group starts children, counts them, tells when one ends and waits
// for all of them; nothing is ever detached.
//
// Stopping is the children's business first: a job has stop(), which lets it end by itself. cancel()
// is the hard way: it cancels the operation each child is in, and every later one at once.

#include "net/async/task.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <string>
#include <string_view>

namespace punctual::net {

class task_group {
public:
    // Called in the loop when a child has ended; `why` is empty unless it ended by an exception.
    using on_end = std::function<void(std::string_view name, std::exception_ptr why)>;

    task_group(executor ex, on_end report);
    ~task_group();  // the group must be empty
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    // Runs the child from the next turn of the loop. Its parameters must be values, or references to
    // what outlives the group.
    void spawn(std::string name, task<> child);

    // From inside the loop only (co_spawn in Boost 1.81 posts a signal that comes from outside, and a
    // child that ends before it leaves it dangling). Hard: the child's current operation ends with operation_aborted,
    // and so does every later one of this library's; one of Asio's own, called by a child, must first ask
    // this_coro::cancellation_state, because a cancellation between two operations finds nothing to cancel.
    void cancel();

    // Until no child is left.
    [[nodiscard]] task<> wait();

    [[nodiscard]] std::size_t size() const noexcept { return children_.size(); }

private:
    struct child {
        std::string name;
        boost::asio::cancellation_signal stop;
    };
    using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>, executor>;

    executor executor_;
    on_end report_;
    std::list<child> children_;
    timer empty_;
};

}  // namespace punctual::net
