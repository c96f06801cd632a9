#pragma once
// Twilio's REST API over the state: paths, authentication, paging, the shape of answers. Pure: request
// and time in, response out.

#include "domain/time.hpp"
#include "http/message.hpp"
#include "sandbox/world.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace punctual::sandbox {

// /v1/… and /2010-04-01/…; anything else is 404.
[[nodiscard]] http::response answer_twilio(world& state, const http::request& what, wall_time now);
// "rooms", "messages", or "" when it is not Twilio's API.
[[nodiscard]] std::string_view twilio_target(const http::request& what) noexcept;

// Shared by the parts.
struct rest_call {
    const http::request& request;
    std::vector<std::string_view> path;  // of request.path, without empty parts
    form query;
    form fields;         // empty unless the body is a form: Twilio ignores others in silence
    std::string origin;  // http://host:port as the client called it
    wall_time now;
};
[[nodiscard]] rest_call read_call(const http::request& what, wall_time now);

[[nodiscard]] http::response json_response(unsigned status, const boost::json::value& body);
[[nodiscard]] http::response error_response(const api_error& why);
[[nodiscard]] std::string_view method_name(http::method method) noexcept;

[[nodiscard]] http::response answer_rooms(world& state, const rest_call& call);
[[nodiscard]] http::response answer_messages(world& state, const rest_call& call);

// PageSize 1..1000 (default 50), Page, PageToken of a list call.
struct page_request {
    std::size_t size = 50;
    long number = 0;
    std::string after;  // sid of the last one seen
};
[[nodiscard]] api_result<page_request> read_page(const form& query);

}  // namespace punctual::sandbox
