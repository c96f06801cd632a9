// What docs/openapi.json says that each route answers, and what its handler answers: the same, both ways.
#include "component/http/api_fixture.hpp"
#include "embedded/openapi.hpp"

#include <functional>
#include <map>
#include <set>

namespace punctual::http {
namespace {

using statuses = std::map<std::string, std::set<unsigned>>;

// Left out: what the server answers whatever the route ("default").
statuses documented() {
    statuses found;
    const auto document = boost::json::parse(embedded::openapi().front().text);
    for (const auto& [path, operations] : document.at("paths").as_object()) {
        for (const auto& [verb, operation] : operations.as_object()) {
            auto& of = found[std::string{verb} + " " + std::string{path}];
            for (const auto& [status, answer] : operation.at("responses").as_object()) {
                if (status != "default") {
                    of.insert(static_cast<unsigned>(std::stoul(std::string{status})));
                }
            }
        }
    }
    return found;
}

class openapi_statuses : public http_api {
protected:
    // Every caller, at every kind of moment, while something is away and while nothing is.
    void try_everything() {
        const std::string resend = "/api/appointments/123/deliveries/" + std::string{delivery} + "/resend/";
        for (const std::int64_t user : {std::int64_t{0}, patient, psychologist, stranger, manager}) {
            note("post /api/appointments/video-room/{id}/", post_room(user));
            note("get /api/appointments/video-token/{id}/", get_token(user));
            note("get /api/appointments/upcoming/", ask(method::get, "/api/appointments/upcoming/", user));
            note("get /api/appointments/upcoming/", ask(method::get, "/api/appointments/upcoming/?limit=0", user));
            note("get /api/appointments/{id}/deliveries/", ask(method::get, "/api/appointments/123/deliveries/", user));
            note("post /api/appointments/{id}/deliveries/{delivery}/resend/", ask(method::post, resend, user));
        }
        const std::string events = "/api/webhooks/twilio/rooms/status/";
        for (const auto* const signature : {"", "forged"}) {
            note("post /api/webhooks/twilio/messages/status/",
                 webhook(status_target, "MessageSid=SM1&MessageStatus=sent", signature));
            note("post /api/webhooks/twilio/messages/inbound/",
                 webhook(inbound_target, "MessageSid=SM1&Body=hello", signature));
            note("post " + events, webhook(events, "RoomSid=RM1&StatusCallbackEvent=room-created", signature));
        }
        for (const std::string path : {"/healthz", "/readyz", "/metrics", "/api/openapi.json"}) {
            note("get " + path, ask(method::get, path));
        }
    }
    void note(const std::string& route, const response& answer) { seen[route].insert(answer.status); }

    statuses seen;
};

TEST_F(openapi_statuses, are_those_that_the_handlers_answer) {
    auto& one = store.appointments[visit];
    const auto usual = one;
    const auto opens = rooms.answer;
    const auto end = start + one.image.what.duration;
    for (const auto now : {start - 2h, start, end + 2h}) {
        clock.now = now;
        try_everything();
    }
    clock.now = start;
    one.image.what.session_type = domain::session_type::in_person;
    try_everything();
    one = usual;
    one.image.status = domain::appointment_status::completed;
    try_everything();
    one = usual;
    for (const auto why : {twilio_errc::refused, twilio_errc::unavailable, twilio_errc::not_configured}) {
        rooms.answer = failure(why);
        try_everything();
    }
    rooms.answer = opens;
    for (const auto verdict :
         {net::resend_verdict::retrying, net::resend_verdict::not_found, net::resend_verdict::under_way}) {
        inbox.answer.verdict = verdict;
        try_everything();
    }
    const error away{net::store_errc::not_connected};
    store.away = away;
    inbox.away = away;
    room_events.away = away;
    health.report.database_connected = false;
    try_everything();
    EXPECT_EQ(seen, documented());
}

}  // namespace
}  // namespace punctual::http
