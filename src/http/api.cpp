#include "http/api.hpp"

#include "http/bearer.hpp"
#include "http/handlers/answers.hpp"
#include "http/handlers/handlers.hpp"
#include "http/router.hpp"
#include "http/session_page.hpp"

#include <algorithm>
#include <array>

namespace punctual::http {
namespace {

struct target {
    handler call = nullptr;
    bool needs_bearer = false;
};

constexpr std::array<route<target>, 12> table{{
    {method::get, "/healthz", {answer_healthz, false}},
    {method::get, "/readyz", {answer_readyz, false}},
    {method::get, "/metrics", {answer_metrics, false}},
    {method::get, "/api/openapi.json", {answer_openapi, false}},
    {method::get, "/api/appointments/video-token/{id}", {create_video_token, true}},
    {method::post, "/api/appointments/video-room/{id}", {create_video_room, true}},
    {method::get, "/api/appointments/upcoming", {list_upcoming, true}},
    {method::get, "/api/appointments/{id}/deliveries", {list_deliveries, true}},
    {method::post, "/api/appointments/{id}/deliveries/{delivery}/resend", {resend_delivery, true}},
    {method::post, "/api/webhooks/twilio/messages/status", {receive_message_status, false}},
    {method::post, "/api/webhooks/twilio/messages/inbound", {receive_inbound_message, false}},
    {method::post, "/api/webhooks/twilio/rooms/status", {receive_room_status, false}},
}};

// scheme://host[:port], as a browser's Origin has it (RFC 6454 §7).
std::string origin_of(std::string_view url) {
    const auto scheme = url.find("://");
    const auto end = url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
    return std::string{url.substr(0, end)};
}

handler_context make_context(api_dependencies parts, api_settings settings) {
    auto& metrics = parts.metrics;
    return {.parts = std::move(parts),
            .settings = std::move(settings),
            .database_errors = metrics.make_counter("punctual_http_database_errors_total",
                                                    "Requests answered 503 because of the database"),
            .webhooks_refused =
                metrics.make_counter("punctual_http_webhooks_refused_total", "Webhooks without a valid signature"),
            .webhooks_unknown = metrics.make_counter("punctual_http_webhooks_unknown_total",
                                                     "Signed webhooks about no delivery of ours"),
            .inbound = metrics.make_counter("punctual_inbound_total", "Texts from people")};
}

class api final : public request_handler {
public:
    api(api_dependencies parts, api_settings settings)
        : context_{make_context(std::move(parts), std::move(settings))},
          bearer_{context_.settings.secret_key},
          origin_{origin_of(context_.settings.frontend_url)} {
        static constexpr std::array<const char*, 5> classes{"1xx", "2xx", "3xx", "4xx", "5xx"};
        for (std::size_t i = 0; i < classes.size(); ++i) {
            answered_[i] = &context_.parts.metrics.make_counter("punctual_http_responses_total",
                                                                "Answers by class of status", {{"class", classes[i]}});
        }
    }

    net::task<response> handle(const request& what) override {
        const auto match = find_route(std::span<const route<target>>{table}, what.method, what.path);
        const auto* const page = context_.parts.page;
        response out;
        if (match.found == nullptr && page != nullptr && session_page::owns(what.path)) {
            out = page->answer(what);
        } else if (match.found == nullptr) {
            out = without_route(what, match.allow);
        } else if (match.found->handler.needs_bearer) {
            out = co_await authenticated(*match.found, what, match);
        } else {
            const call from{
                .what = what, .id = match.id, .name = match.name, .database_until = database_deadline(context_)};
            out = co_await match.found->handler.call(context_, from);
        }
        if (what.path.starts_with("/api/")) {
            add_cors(what, out);
            out.headers.emplace_back("Cache-Control", "no-store");
        }
        answered_[std::min<std::size_t>(out.status / 100, 5) - 1]->add();
        co_return out;
    }

private:
    net::task<response> authenticated(const route<target>& to, const request& what, const route_match<target>& match) {
        const auto user = bearer_.verify(what.header("authorization"), context_.parts.clock.wall_now());
        if (!user) {
            co_return unauthorized();
        }
        const auto until = database_deadline(context_);
        auto person = co_await context_.parts.store.find_person(*user, until);
        if (!person) {
            co_return database_away(context_, person.error());
        }
        if (!*person || !(*person)->active) {
            co_return unauthorized();
        }
        const call from{
            .what = what, .id = match.id, .name = match.name, .caller = std::move(**person), .database_until = until};
        co_return co_await to.handler.call(context_, from);
    }

    [[nodiscard]] response without_route(const request& what, const std::string& allow) const {
        if (allow.empty()) {
            return to_response({.status = 404, .code = "not_found", .error = "Not found"});
        }
        response out;
        if (what.method == method::options) {
            out.status = 204;
            out.content_type.clear();
            if (is_front_end(what) && !what.header("access-control-request-method").empty()) {
                out.headers.emplace_back("Access-Control-Allow-Methods", allow);
                out.headers.emplace_back("Access-Control-Allow-Headers", "Authorization, Content-Type");
                out.headers.emplace_back("Access-Control-Max-Age", "600");
            }
        } else {
            out = to_response({.status = 405, .code = "method_not_allowed", .error = "Method not allowed"});
        }
        out.headers.emplace_back("Allow", allow);
        return out;
    }

    [[nodiscard]] bool is_front_end(const request& what) const noexcept { return what.header("origin") == origin_; }

    void add_cors(const request& what, response& out) const {
        // The answer differs by Origin, also when none was sent: caches have to know.
        out.headers.emplace_back("Vary", "Origin");
        if (is_front_end(what)) {
            out.headers.emplace_back("Access-Control-Allow-Origin", origin_);
            out.headers.emplace_back("Access-Control-Expose-Headers", "Retry-After, Date");
        }
    }

    handler_context context_;
    bearer_verifier bearer_;
    std::string origin_;
    std::array<net::counter*, 5> answered_{};
};

}  // namespace

std::unique_ptr<request_handler> make_api(api_dependencies parts, api_settings settings) {
    return std::make_unique<api>(std::move(parts), std::move(settings));
}

std::vector<api_route> api_routes() {
    std::vector<api_route> out;
    out.reserve(table.size());
    for (const auto& one : table) {
        out.push_back({.method = one.method, .pattern = one.pattern, .needs_bearer = one.handler.needs_bearer});
    }
    return out;
}

}  // namespace punctual::http
