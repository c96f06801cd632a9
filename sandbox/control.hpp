#pragma once
// /sandbox/…: what tests and the page ask the stand-in itself: what was delivered, who is in which room,
// and orders to misbehave (README.md beside this). Pure: request and time in, response out.

#include "domain/time.hpp"
#include "http/message.hpp"
#include "sandbox/world.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>

namespace punctual::sandbox {

[[nodiscard]] http::response answer_control(world& state, const http::request& what, wall_time now);

// One order of POST /sandbox/behaviour; what is wrong with it, or nothing.
[[nodiscard]] std::optional<std::string> take_order(behaviours& into, const boost::json::object& order);

}  // namespace punctual::sandbox
