#pragma once
// Runs coroutines of a test to their end. Nothing here waits by the clock: a test that hangs is ended by
// ctest's time limit.

#include "net/async/task_group.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace punctual::test {

template <class T>
net::task<> store_into(net::task<T> work, std::optional<T>& into) {
    into.emplace(co_await std::move(work));
}

// Turns the loop until no child of the group is left. What else the loop has to do stays undone.
inline void run_group(boost::asio::io_context& context, net::task_group& group) {
    context.restart();
    while (group.size() > 0) {
        if (context.run_one() == 0) {
            throw std::logic_error{"the loop has nothing left to do, but a coroutine has not ended"};
        }
    }
}

// Cancels the group hard and turns the loop until it is empty. From inside the loop: co_spawn in Boost 1.81
// passes a signal that is emitted outside on by post, with a pointer that a child which ends first leaves
// dangling.
inline void cancel_group(boost::asio::io_context& context, net::task_group& group) {
    boost::asio::post(context, [&group] { group.cancel(); });
    run_group(context, group);
}

// The result of one coroutine; its exception is thrown here. Cancellation is as task_group has it.
template <class T>
T run_task(boost::asio::io_context& context, net::task<T> work) {
    std::exception_ptr thrown;
    std::optional<T> value;
    {
        net::task_group group{context.get_executor(),
                              [&](std::string_view, std::exception_ptr why) { thrown = std::move(why); }};
        group.spawn("test", store_into(std::move(work), value));
        run_group(context, group);
    }
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    return std::move(value).value();
}

inline void run_task(boost::asio::io_context& context, net::task<> work) {
    std::exception_ptr thrown;
    {
        net::task_group group{context.get_executor(),
                              [&](std::string_view, std::exception_ptr why) { thrown = std::move(why); }};
        group.spawn("test", std::move(work));
        run_group(context, group);
    }
    if (thrown) {
        std::rethrow_exception(thrown);
    }
}

}  // namespace punctual::test
