#pragma once
// The daemon's HTTP API (contract §4) as one request_handler. It speaks to interfaces only.

#include "domain/policy.hpp"
#include "http/message.hpp"
#include "jobs/callback_writer.hpp"
#include "jobs/health.hpp"
#include "jobs/room_service.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "net/metrics/metrics.hpp"
#include "net/store/inbox.hpp"
#include "net/store/store.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::http {

class session_page;

struct api_settings {
    std::string secret_key;    // of the front end's bearer tokens
    std::string frontend_url;  // without a trailing slash; its origin is the one CORS allows
    std::string backend_url;   // without a trailing slash; webhook signatures are checked against it
    std::string twilio_account_sid;
    std::string twilio_auth_token;  // empty: every webhook is refused
    std::string twilio_api_key;     // empty, or no secret: no video tokens
    std::string twilio_api_secret;
    bool opaque_identity = false;  // 456-patient instead of 456-patient@example.com
    // How long a request waits for the database, and for Twilio to make a room.
    std::chrono::milliseconds database_time{1800};
    std::chrono::milliseconds room_time{10'000};
};

// All of them outlive the API.
struct api_dependencies {
    net::store& store;
    jobs::room_service& rooms;
    const jobs::health_source& health;
    const net::clock& clock;
    const domain::policy& rules;
    net::metrics& metrics;
    net::logger& log;
    jobs::callback_writer& callbacks;
    net::inbox& inbox;
    // Something is to be forwarded to the clinic; a delivery of that channel is due again.
    std::function<void()> forward_soon;
    std::function<void(domain::channel)> send_soon;
    // What is answered to a "C" that has confirmed a visit, in the language of a locale; empty: nothing.
    std::function<std::string(std::string_view)> confirmation_reply;
    const session_page* page = nullptr;  // none: another web server's
};

[[nodiscard]] std::unique_ptr<request_handler> make_api(api_dependencies parts, api_settings settings);

// The route table as others may want to see it: docs/openapi.json must say the same.
struct api_route {
    http::method method = method::get;
    std::string_view pattern;
    bool needs_bearer = false;
};
[[nodiscard]] std::vector<api_route> api_routes();

}  // namespace punctual::http
