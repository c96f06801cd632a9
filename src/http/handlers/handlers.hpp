#pragma once
// One function per route. Each is given what came, who asks and the parts it may use, and gives an
// answer; none of them knows the server.

#include "http/api.hpp"
#include "http/problem.hpp"

#include <cstdint>
#include <string_view>

namespace punctual::http {

struct handler_context {
    api_dependencies parts;
    api_settings settings;
    net::counter& database_errors;
    net::counter& webhooks_refused;
    net::counter& webhooks_unknown;
    net::counter& inbound;
};

// Lives until the answer is there.
struct call {
    const request& what;
    std::int64_t id = 0;         // of the path; 0 when it has none
    std::string_view name = {};  // of the path; empty when it has none
    domain::person caller = {};  // of a bearer token: exists and is active
    // For all that is asked of the database before an answer, who asks included.
    deadline database_until = {};
};

using handler = net::task<response> (*)(const handler_context&, const call&);

// Video.
net::task<response> create_video_room(const handler_context& context, const call& from);
net::task<response> create_video_token(const handler_context& context, const call& from);
// Appointments.
net::task<response> list_upcoming(const handler_context& context, const call& from);
net::task<response> list_deliveries(const handler_context& context, const call& from);
net::task<response> resend_delivery(const handler_context& context, const call& from);
// Twilio's webhooks.
net::task<response> receive_message_status(const handler_context& context, const call& from);
net::task<response> receive_inbound_message(const handler_context& context, const call& from);
net::task<response> receive_room_status(const handler_context& context, const call& from);
// Operations.
net::task<response> answer_healthz(const handler_context& context, const call& from);
net::task<response> answer_readyz(const handler_context& context, const call& from);
net::task<response> answer_metrics(const handler_context& context, const call& from);
net::task<response> answer_openapi(const handler_context& context, const call& from);

}  // namespace punctual::http
