#pragma once
// The coroutine type of the project and the one completion token it uses. The executor is concrete:
// it saves a type-erased copy at each suspension.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace punctual::net {

using executor = boost::asio::io_context::executor_type;

template <class T = void>
using task = boost::asio::awaitable<T, executor>;

// co_await socket.async_x(…, use_result) gives a tuple that begins with the error_code; nothing throws.
inline constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<executor>> use_result{};

}  // namespace punctual::net
