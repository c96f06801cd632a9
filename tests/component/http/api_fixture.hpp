#pragma once
// The API on fakes: an appointment of two people, at ten minutes before its start, and whoever asks.

#include "domain/base64.hpp"
#include "http/api.hpp"
#include "net/crypto/hmac.hpp"
#include "net/store/store_error.hpp"
#include "net/twilio/rooms.hpp"
#include "net/twilio/signature.hpp"
#include "support/api_fakes.hpp"
#include "support/loop_fixture.hpp"
#include "support/memory_visit_log.hpp"
#include "support/running_server.hpp"

#include <boost/json/parse.hpp>

#include <string>
#include <utility>

namespace punctual::http {

using namespace std::chrono_literals;
using net::twilio::twilio_errc;

inline constexpr std::string_view secret = "a-secret-key-of-the-front-end-0123456789";
inline constexpr std::string_view auth_token = "twilio-auth-token";
inline constexpr std::string_view room_sid = "RM0123456789abcdef0123456789abcdef";
inline constexpr std::string_view delivery = "0190b5c0-1111-7222-8333-444455556666";
inline constexpr domain::person_id patient = 456;
inline constexpr domain::person_id psychologist = 789;
inline constexpr domain::person_id stranger = 457;
inline constexpr domain::person_id other_psychologist = 790;
inline constexpr domain::person_id manager = 1;
inline constexpr domain::person_id admin = 2;
inline constexpr domain::person_id inactive = 3;
inline constexpr domain::appointment_id visit = 123;

inline constexpr const char* inbound_target = "/api/webhooks/twilio/messages/inbound/";
inline const std::string status_target = "/api/webhooks/twilio/messages/status/?delivery=" + std::string{delivery};

inline const wall_time start = wall_time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}} + 9h;

inline std::string bearer_of(std::int64_t user) {
    auto token =
        domain::to_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." +
        domain::to_base64url(R"({"token_type":"access","exp":4000000000,"user_id":)" + std::to_string(user) + "}");
    const auto signature = net::hmac{net::digest::sha256, secret}.mac(token);
    return "Bearer " + token + "." + domain::to_base64url(signature);
}

inline std::string header_of(const response& from, std::string_view name) {
    for (const auto& [key, value] : from.headers) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

class http_api : public test::loop_fixture {
protected:
    http_api() {
        const auto person = [&](domain::person_id id, domain::role role, bool active = true) {
            auto& one = store.people[id];
            one.id = id;
            one.role = role;
            one.active = active;
        };
        person(patient, domain::role::patient);
        person(stranger, domain::role::patient);
        person(psychologist, domain::role::psychologist);
        person(other_psychologist, domain::role::psychologist);
        person(manager, domain::role::practice_manager);
        person(admin, domain::role::admin);
        person(inactive, domain::role::admin, false);
        auto& one = store.appointments[visit];
        one.id = visit;
        one.image.what.starts_at = start;
        one.image.patient = patient;
        one.image.psychologist = psychologist;
        one.room_name = "apt-123-1790000000-abc123de";
        one.patient_email = "patient@example.com";
        one.psychologist_email = "doctor@example.com";
        rooms.answer = jobs::room_info{
            .name = one.room_name, .sid = std::string{room_sid}, .status = "in-progress", .created = true};
        clock.now = start - 10min;
        make();
    }

    void make() {
        api = make_api(
            {.store = store,
             .rooms = rooms,
             .health = health,
             .clock = clock,
             .rules = rules,
             .metrics = *metrics,
             .log = *log,
             .callbacks = callbacks,
             .room_events = room_events,
             .visits = visits,
             .inbox = inbox,
             .forward_soon = [this] { ++forwards; },
             .send_soon = [this](domain::channel channel) { sends.push_back(channel); },
             .confirmation_reply = [](std::string_view locale) { return "thank <you> " + std::string{locale}; }},
            settings);
    }

    response ask(method verb, std::string target, std::int64_t user = 0,
                 std::vector<std::pair<std::string, std::string>> headers = {}, std::string body = {}) {
        request what;
        what.method = verb;
        what.target = target;
        const auto mark = target.find('?');
        what.path = target.substr(0, mark);
        if (what.path.size() > 1 && what.path.ends_with('/')) {
            what.path.pop_back();
        }
        what.query = mark == std::string::npos ? "" : target.substr(mark + 1);
        what.headers = std::move(headers);
        what.body = std::move(body);
        if (user != 0) {
            what.headers.emplace_back("authorization", bearer_of(user));
        }
        return run(api->handle(what));
    }
    response post_room(std::int64_t user) { return ask(method::post, "/api/appointments/video-room/123/", user); }
    response get_token(std::int64_t user) { return ask(method::get, "/api/appointments/video-token/123/", user); }

    response webhook(const std::string& target, const std::string& body, std::string signature = {}) {
        if (signature.empty()) {
            const auto form = net::twilio::parse_form(body).value();
            signature = net::twilio::sign_request(auth_token, settings.backend_url + target, form);
        }
        return ask(
            method::post, target, 0,
            {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}, {"x-twilio-signature", signature}},
            body);
    }

    static boost::json::value json(const response& from) { return boost::json::parse(from.body); }

    static void expect_problem(const response& answer, unsigned status, std::string_view code,
                               std::string_view sentence) {
        EXPECT_EQ(answer.status, status);
        EXPECT_EQ(answer.content_type, "application/problem+json");
        const auto body = json(answer);
        EXPECT_EQ(std::string_view{body.at("code").as_string()}, code);
        EXPECT_EQ(std::string_view{body.at("error").as_string()}, sentence);
        EXPECT_EQ(body.at("status").as_int64(), status);
    }

    test::api_store store;
    test::set_rooms rooms;
    test::set_room_events room_events;
    test::set_health health;
    test::standing_clock clock;
    domain::policy rules = domain::default_policy();
    test::memory_database rows{rules};
    test::memory_visit_log visits{rows, clock};
    std::unique_ptr<net::metrics> metrics = net::make_metrics();
    std::unique_ptr<net::logger> log = net::make_null_logger();
    api_settings settings{.secret_key = std::string{secret},
                          .frontend_url = "https://clinic.example",
                          .backend_url = "https://api.clinic.example",
                          .twilio_account_sid = "AC1",
                          .twilio_auth_token = std::string{auth_token},
                          .twilio_api_key = "SK1",
                          .twilio_api_secret = "api-secret"};
    int sms_written = 0;
    test::set_inbox inbox;
    int forwards = 0;
    std::vector<domain::channel> sends;
    jobs::callback_writer callbacks{store, clock, [this] { ++sms_written; }};
    std::unique_ptr<request_handler> api;
};

}  // namespace punctual::http
