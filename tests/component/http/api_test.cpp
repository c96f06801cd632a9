#include "http/api.hpp"

#include "net/crypto/base64.hpp"
#include "net/crypto/hmac.hpp"
#include "net/postgres/database.hpp"
#include "net/twilio/rooms.hpp"
#include "net/twilio/signature.hpp"
#include "support/api_fakes.hpp"
#include "support/loop_fixture.hpp"
#include "support/running_server.hpp"

#include <boost/json/parse.hpp>

#include <string>
#include <utility>

namespace punctual::http {
namespace {

using namespace std::chrono_literals;
using net::twilio::twilio_errc;

constexpr std::string_view secret = "a-secret-key-of-the-front-end-0123456789";
constexpr std::string_view auth_token = "twilio-auth-token";
constexpr std::string_view room_sid = "RM0123456789abcdef0123456789abcdef";
constexpr std::string_view delivery = "0190b5c0-1111-7222-8333-444455556666";
constexpr domain::person_id patient = 456;
constexpr domain::person_id psychologist = 789;
constexpr domain::person_id stranger = 457;
constexpr domain::person_id other_psychologist = 790;
constexpr domain::person_id manager = 1;
constexpr domain::person_id admin = 2;
constexpr domain::person_id inactive = 3;
constexpr domain::appointment_id visit = 123;

const wall_time start = wall_time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}} + 9h;

std::string bearer_of(std::int64_t user) {
    auto token =
        net::to_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." +
        net::to_base64url(R"({"token_type":"access","exp":4000000000,"user_id":)" + std::to_string(user) + "}");
    const auto signature = net::hmac{net::digest::sha256, secret}.mac(token);
    return "Bearer " + token + "." + net::to_base64url(signature);
}

std::string header_of(const response& from, std::string_view name) {
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
    test::set_health health;
    test::standing_clock clock;
    domain::policy rules = domain::default_policy();
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

// --- who asks ---------------------------------------------------------------------------------------

TEST_F(http_api, refuses_who_is_not_known_or_not_active_with_one_answer) {
    const auto nobody = post_room(0);
    expect_problem(nobody, 401, "unauthorized", "Authentication credentials were not provided or are not valid");
    EXPECT_TRUE(header_of(nobody, "WWW-Authenticate").starts_with("Bearer"));
    for (const std::int64_t user : {inactive, std::int64_t{999}}) {
        EXPECT_EQ(post_room(user).status, 401U);
        EXPECT_EQ(post_room(user).body, nobody.body);
    }
    EXPECT_TRUE(rooms.opened.empty());
}

TEST_F(http_api, asks_the_database_for_nothing_without_a_valid_token) {
    EXPECT_EQ(ask(method::get, "/api/appointments/upcoming/", 0, {{"authorization", "Bearer a.b.c"}}).status, 401U);
    EXPECT_TRUE(store.calls.empty());
}

// --- video room -------------------------------------------------------------------------------------

TEST_F(http_api, opens_a_room_with_the_fields_of_the_contract) {
    const auto answer = post_room(patient);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(
        answer.body,
        R"({"message":"Video room created successfully","room_name":"apt-123-1790000000-abc123de",)"
        R"("room_sid":"RM0123456789abcdef0123456789abcdef","status":"in-progress",)"
        R"("meeting_url":"https://clinic.example/video-session/apt-123-1790000000-abc123de","appointment_id":123})");
}

TEST_F(http_api, says_that_a_room_exists_already) {
    rooms.answer->created = false;
    EXPECT_EQ(json(post_room(patient)).at("message").as_string(), "Video room already exists");
}

TEST_F(http_api, calls_a_room_made_again_the_existing_one) {
    store.appointments[visit].room_sid = "RMffffffffffffffffffffffffffffffff";
    EXPECT_EQ(json(post_room(patient)).at("message").as_string(), "Video room already exists");
}

TEST_F(http_api, opens_a_room_for_its_people_and_for_staff) {
    for (const auto user : {patient, psychologist, manager, admin}) {
        EXPECT_EQ(post_room(user).status, 200U) << user;
    }
}

TEST_F(http_api, tells_a_stranger_what_it_tells_of_an_absent_appointment) {
    for (const auto user : {stranger, other_psychologist}) {
        store.calls.clear();
        const auto theirs = post_room(user);
        const auto with_row = std::exchange(store.calls, {});
        const auto absent = ask(method::post, "/api/appointments/video-room/124/", user);
        expect_problem(theirs, 404, "not_found", "Appointment not found");
        EXPECT_EQ(theirs.body, absent.body);
        EXPECT_EQ(theirs.headers, absent.headers);
        EXPECT_EQ(with_row, store.calls);
        EXPECT_EQ(get_token(user).body, absent.body);
    }
    EXPECT_TRUE(rooms.opened.empty());
}

TEST_F(http_api, opens_no_room_for_a_visit_in_person) {
    store.appointments[visit].image.what.session_type = domain::session_type::in_person;
    expect_problem(post_room(patient), 400, "not_telehealth",
                   "Video room can only be created for telehealth appointments");
    EXPECT_EQ(get_token(patient).status, 400U);
    EXPECT_EQ(post_room(stranger).status, 404U);
}

TEST_F(http_api, opens_no_room_for_a_closed_appointment) {
    for (const auto status : {domain::appointment_status::cancelled, domain::appointment_status::completed,
                              domain::appointment_status::no_show}) {
        store.appointments[visit].image.status = status;
        EXPECT_EQ(post_room(psychologist).status, 409U);
        EXPECT_EQ(get_token(psychologist).status, 409U);
    }
    store.appointments[visit].image.status = domain::appointment_status::confirmed;
    EXPECT_EQ(post_room(psychologist).status, 200U);
}

TEST_F(http_api, says_when_to_try_again_while_twilio_is_down) {
    const auto with = [&](twilio_errc code, unsigned status) {
        rooms.answer = failure(code, "provider words");
        for (const auto& answer : {post_room(patient), get_token(patient)}) {
            EXPECT_EQ(answer.status, status);
            EXPECT_NE(header_of(answer, "Retry-After"), "");
            EXPECT_FALSE(answer.body.contains("provider words"));
        }
    };
    with(twilio_errc::unavailable, 503);
    with(twilio_errc::not_configured, 503);
    with(twilio_errc::refused, 502);
    with(twilio_errc::bad_answer, 502);
}

// --- video token ------------------------------------------------------------------------------------

TEST_F(http_api, gives_a_token_with_the_fields_of_the_contract) {
    const auto answer = get_token(patient);
    ASSERT_EQ(answer.status, 200U);
    const auto body = json(answer);
    EXPECT_EQ(body.as_object().size(), 8U);
    EXPECT_EQ(body.at("room_name").as_string(), "apt-123-1790000000-abc123de");
    EXPECT_EQ(body.at("user_identity").as_string(), "456-patient@example.com");
    EXPECT_EQ(body.at("expires_in").as_int64(), (10 + 60 + 30) * 60);
    EXPECT_EQ(body.at("appointment_id").as_int64(), 123);
    EXPECT_EQ(body.at("expires_at").as_string(), "2026-11-23T10:30:00Z");
    EXPECT_EQ(body.at("opens_at").as_string(), "2026-11-23T08:30:00Z");
    EXPECT_EQ(body.at("meeting_url").as_string(), "https://clinic.example/video-session/apt-123-1790000000-abc123de");
    EXPECT_EQ(header_of(answer, "Cache-Control"), "no-store");
}

TEST_F(http_api, binds_the_token_to_room_identity_and_end) {
    const auto token = std::string{json(get_token(psychologist)).at("access_token").as_string()};
    const auto first = token.find('.');
    const auto second = token.rfind('.');
    EXPECT_EQ(net::to_base64url(net::hmac{net::digest::sha256, "api-secret"}.mac(token.substr(0, second))),
              token.substr(second + 1));
    const auto claims = boost::json::parse(net::from_base64url(token.substr(first + 1, second - first - 1)).value());
    EXPECT_EQ(claims.at("iss").as_string(), "SK1");
    EXPECT_EQ(claims.at("sub").as_string(), "AC1");
    EXPECT_EQ(claims.at("grants").at("identity").as_string(), "789-doctor@example.com");
    EXPECT_EQ(claims.at("grants").at("video").at("room").as_string(), "apt-123-1790000000-abc123de");
    EXPECT_EQ(claims.at("exp").as_int64(),
              std::chrono::floor<std::chrono::seconds>(start + 90min).time_since_epoch().count());
}

TEST_F(http_api, keeps_addresses_out_of_an_opaque_identity) {
    settings.opaque_identity = true;
    make();
    EXPECT_EQ(json(get_token(patient)).at("user_identity").as_string(), "456-patient");
    EXPECT_EQ(json(get_token(psychologist)).at("user_identity").as_string(), "789-psychologist");
}

TEST_F(http_api, falls_back_to_an_opaque_identity_when_the_address_does_not_fit) {
    store.appointments[visit].patient_email = std::string(130, 'a') + "@example.com";
    EXPECT_EQ(json(get_token(patient)).at("user_identity").as_string(), "456-patient");
    store.appointments[visit].patient_email.clear();
    EXPECT_EQ(json(get_token(patient)).at("user_identity").as_string(), "456-patient");
}

TEST_F(http_api, gives_no_token_to_staff) {
    for (const auto user : {manager, admin}) {
        expect_problem(get_token(user), 403, "permission_denied", "Permission denied");
    }
}

TEST_F(http_api, opens_the_join_window_at_its_second_and_closes_it_at_its_end) {
    clock.now = start - 30min - 1us;
    const auto early = get_token(patient);
    EXPECT_EQ(early.status, 403U);
    EXPECT_EQ(json(early).at("code").as_string(), "too_early");
    EXPECT_EQ(json(early).at("opens_at").as_string(), "2026-11-23T08:30:00Z");
    EXPECT_TRUE(rooms.opened.empty());
    clock.now = start - 30min;
    EXPECT_EQ(get_token(patient).status, 200U);
    clock.now = start + 90min - 1s;
    EXPECT_EQ(json(get_token(patient)).at("expires_in").as_int64(), 1);
    clock.now = start + 90min;
    EXPECT_EQ(json(get_token(patient)).at("code").as_string(), "too_late");
}

TEST_F(http_api, gives_no_token_without_an_api_key) {
    settings.twilio_api_secret.clear();
    make();
    const auto answer = get_token(patient);
    EXPECT_EQ(answer.status, 503U);
    EXPECT_EQ(json(answer).at("code").as_string(), "video_not_configured");
    EXPECT_TRUE(rooms.opened.empty());
}

// --- lists ------------------------------------------------------------------------------------------

TEST_F(http_api, pages_through_what_is_coming_up) {
    for (domain::appointment_id id = 200; id < 205; ++id) {
        auto one = store.appointments[visit];
        one.id = id;
        store.appointments[id] = one;
    }
    std::string cursor;
    std::vector<std::int64_t> seen;
    for (int page = 0; page < 3; ++page) {
        const auto body = json(ask(
            method::get, "/api/appointments/upcoming/?limit=2" + (cursor.empty() ? "" : "&cursor=" + cursor), patient));
        for (const auto& one : body.at("results").as_array()) {
            seen.push_back(one.at("id").as_int64());
        }
        cursor = body.at("next_cursor").is_null() ? "" : std::string{body.at("next_cursor").as_string()};
        EXPECT_EQ(cursor.empty(), page == 2);
    }
    const std::vector<std::int64_t> expected{123, 200, 201, 202, 203, 204};
    EXPECT_EQ(seen, expected);
}

TEST_F(http_api, shows_people_their_own_and_staff_everything) {
    const auto count = [&](std::int64_t user) {
        return json(ask(method::get, "/api/appointments/upcoming/", user)).at("results").as_array().size();
    };
    EXPECT_EQ(count(patient), 1U);
    EXPECT_EQ(count(psychologist), 1U);
    EXPECT_EQ(count(stranger), 0U);
    EXPECT_EQ(count(manager), 1U);
    EXPECT_FALSE(ask(method::get, "/api/appointments/upcoming/", manager).body.contains("@"));
}

TEST_F(http_api, refuses_a_page_that_it_cannot_read) {
    for (const std::string_view query :
         {"limit=0", "limit=101", "limit=-1", "limit=x", "cursor=x", "cursor=1-", "cursor=1'--2", "limit=%zz"}) {
        EXPECT_EQ(ask(method::get, "/api/appointments/upcoming/?" + std::string{query}, patient).status, 400U) << query;
    }
}

TEST_F(http_api, shows_deliveries_to_staff_and_to_the_psychologist_of_it) {
    auto& row_in_store = store.delivery_rows.emplace_back();
    row_in_store.id = delivery;
    row_in_store.state = "skipped";
    row_in_store.reason = "no_consent";
    row_in_store.due_at = start - 1h;
    for (const auto user : {manager, admin, psychologist}) {
        const auto answer = ask(method::get, "/api/appointments/123/deliveries/", user);
        ASSERT_EQ(answer.status, 200U);
        const auto body = json(answer);
        EXPECT_EQ(body.at("appointment_id").as_int64(), 123);
        const auto& row = body.at("results").at(0);
        EXPECT_EQ(row.at("state").as_string(), "skipped");
        EXPECT_EQ(row.at("reason").as_string(), "no_consent");
        EXPECT_EQ(row.at("due_at").as_string(), "2026-11-23T08:00:00Z");
        EXPECT_TRUE(row.at("accepted_at").is_null());
    }
    EXPECT_EQ(ask(method::get, "/api/appointments/123/deliveries/", patient).status, 403U);
    for (const auto user : {stranger, other_psychologist}) {
        const auto theirs = ask(method::get, "/api/appointments/123/deliveries/", user);
        EXPECT_EQ(theirs.status, 404U);
        EXPECT_EQ(theirs.body, ask(method::get, "/api/appointments/124/deliveries/", user).body);
    }
}

TEST_F(http_api, shows_staff_the_deliveries_of_a_deleted_appointment) {
    store.delivery_rows.emplace_back().id = delivery;
    store.appointments.clear();
    EXPECT_EQ(ask(method::get, "/api/appointments/123/deliveries/", admin).status, 200U);
    store.delivery_rows.clear();
    EXPECT_EQ(ask(method::get, "/api/appointments/123/deliveries/", admin).status, 404U);
}

// --- webhooks ---------------------------------------------------------------------------------------

const std::string status_target = "/api/webhooks/twilio/messages/status/?delivery=" + std::string{delivery};

TEST_F(http_api, writes_a_message_status_down_before_it_answers) {
    store.known_delivery = delivery;
    const auto answer = webhook(status_target, "MessageSid=SM1&MessageStatus=delivered&To=%2B61&ErrorCode=");
    EXPECT_EQ(answer.status, 204U);
    const std::vector<std::string> expected{"record_callbacks"};
    EXPECT_EQ(store.calls, expected);
    ASSERT_EQ(store.webhooks.size(), 1U);
    EXPECT_EQ(store.webhooks[0].source, "message_status");
    EXPECT_EQ(store.webhooks[0].key, "SM1:delivered");
    EXPECT_EQ(store.webhooks[0].form,
              "MessageSid=SM1&MessageStatus=delivered&To=%2B61&ErrorCode=&delivery=" + std::string{delivery});
    ASSERT_EQ(store.statuses.size(), 1U);
    EXPECT_EQ(store.statuses[0].delivery, delivery);
    EXPECT_EQ(store.statuses[0].provider_id, "SM1");
    EXPECT_EQ(store.statuses[0].status, "delivered");
}

TEST_F(http_api, tells_at_once_of_an_sms_in_place_of_a_message_that_failed) {
    store.known_delivery = delivery;
    EXPECT_EQ(webhook(status_target, "MessageSid=SM1&MessageStatus=sent").status, 204U);
    EXPECT_EQ(sms_written, 0);
    EXPECT_EQ(webhook(status_target, "MessageSid=SM1&MessageStatus=failed").status, 204U);
    EXPECT_EQ(sms_written, 1);
}

TEST_F(http_api, counts_a_status_of_no_delivery_and_is_content) {
    EXPECT_EQ(webhook(status_target, "MessageSid=SM1&MessageStatus=sent").status, 204U);
    EXPECT_EQ(
        webhook("/api/webhooks/twilio/messages/status/?delivery=1'--", "MessageSid=SM1&MessageStatus=sent").status,
        204U);
    EXPECT_EQ(webhook("/api/webhooks/twilio/messages/status/", "MessageSid=SM1&MessageStatus=sent").status, 204U);
    EXPECT_EQ(store.webhooks.size(), 3U);
    EXPECT_TRUE(metrics->text().contains("punctual_http_webhooks_unknown_total 3"));
}

TEST_F(http_api, refuses_webhooks_that_twilio_did_not_sign) {
    const std::string body = "MessageSid=SM1&MessageStatus=delivered";
    const auto form = net::twilio::parse_form(body).value();
    const auto signed_for = [&](std::string_view url) { return net::twilio::sign_request(auth_token, url, form); };
    const std::vector<std::string> signatures{
        "forged", signed_for("https://evil.example" + status_target),
        signed_for(settings.backend_url + status_target + "&x=1"),
        signed_for(settings.backend_url + "/api/webhooks/twilio/messages/status/"),
        net::twilio::sign_request("other token", settings.backend_url + status_target, form)};
    for (const auto& signature : signatures) {
        expect_problem(webhook(status_target, body, signature), 403, "bad_signature",
                       "The request is not signed by Twilio");
    }
    EXPECT_EQ(ask(method::post, status_target, 0, {{"content-type", "application/x-www-form-urlencoded"}}, body).status,
              403U);
    // Host and X-Forwarded-* are what a caller likes them to be.
    EXPECT_EQ(ask(method::post, status_target, 0,
                  {{"content-type", "application/x-www-form-urlencoded"},
                   {"host", "evil.example"},
                   {"x-forwarded-host", "evil.example"},
                   {"x-twilio-signature", signatures[1]}},
                  body)
                  .status,
              403U);
    EXPECT_TRUE(store.calls.empty());
}

TEST_F(http_api, refuses_every_webhook_without_an_auth_token) {
    settings.twilio_auth_token.clear();
    make();
    EXPECT_EQ(webhook(status_target, "MessageSid=SM1&MessageStatus=delivered").status, 403U);
    EXPECT_EQ(
        webhook(status_target, "A=1", net::twilio::sign_request("", settings.backend_url + status_target, {{"A", "1"}}))
            .status,
        403U);
}

constexpr const char* inbound_target = "/api/webhooks/twilio/messages/inbound/";

TEST_F(http_api, gives_a_text_to_the_inbox_and_answers_with_empty_twiml) {
    inbox.effect.forward = true;
    const auto answer = webhook(inbound_target,
                                "MessageSid=SM2&From=whatsapp%3A%2B61412345678&To=whatsapp%3A%2B6140&"
                                "OriginalRepliedMessageSid=SM1&Body=please+call");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_TRUE(answer.content_type.starts_with("text/xml"));
    EXPECT_EQ(answer.body, R"(<?xml version="1.0" encoding="UTF-8"?><Response/>)");
    ASSERT_EQ(inbox.received.size(), 1U);
    const auto& came = inbox.received[0];
    EXPECT_EQ(came.key, "SM2");
    EXPECT_EQ(came.number, "+61412345678");
    EXPECT_EQ(came.sender, "whatsapp:+6140");
    EXPECT_EQ(came.replied_to, "SM1");
    EXPECT_EQ(came.intent, domain::inbound_intent::other);
    EXPECT_EQ(forwards, 1);
}

TEST_F(http_api, answers_a_confirmation_in_words_that_are_escaped) {
    inbox.effect = {.confirmed = visit, .locale = "zh", .forward = false};
    const auto answer = webhook(inbound_target, "MessageSid=SM2&From=%2B61412345678&To=%2B6140&Body=+c.%0A");
    EXPECT_EQ(answer.body, R"(<?xml version="1.0" encoding="UTF-8"?><Response><Message><Body>)"
                           "thank &lt;you&gt; zh</Body></Message></Response>");
    ASSERT_EQ(inbox.received.size(), 1U);
    EXPECT_EQ(inbox.received[0].intent, domain::inbound_intent::confirm);
    EXPECT_EQ(forwards, 0);
}

TEST_F(http_api, takes_a_button_and_twilio_s_own_word_before_the_text) {
    (void)webhook(inbound_target, "MessageSid=SM2&From=%2B61412345678&ButtonPayload=confirm&Body=Yes+I+will+come");
    (void)webhook(inbound_target, "MessageSid=SM3&From=%2B61412345678&OptOutType=STOP&Body=arret");
    (void)webhook(inbound_target, "MessageSid=SM4&From=SHORT&Body=hello");
    ASSERT_EQ(inbox.received.size(), 3U);
    EXPECT_EQ(inbox.received[0].intent, domain::inbound_intent::confirm);
    EXPECT_EQ(inbox.received[1].intent, domain::inbound_intent::stop);
    EXPECT_EQ(inbox.received[2].number, "");
}

TEST_F(http_api, keeps_the_number_that_a_callback_says_has_opted_out) {
    const std::string body = "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=21610&To=whatsapp%3A%2B61412345678";
    EXPECT_EQ(webhook(status_target, body).status, 204U);
    EXPECT_EQ(inbox.opted_out, std::vector<std::string>{"+61412345678"});
}

TEST_F(http_api, sends_a_delivery_again_for_staff_alone) {
    const auto target = "/api/appointments/123/deliveries/" + std::string{delivery} + "/resend/";
    inbox.answer = {.verdict = net::resend_verdict::retrying, .channel = domain::channel::sms};
    EXPECT_EQ(ask(method::post, target, patient).status, 403U);
    EXPECT_EQ(ask(method::post, target, psychologist).status, 403U);
    EXPECT_EQ(ask(method::post, target, stranger).status, 404U);
    EXPECT_EQ(ask(method::post, target).status, 401U);
    EXPECT_EQ(ask(method::get, target, admin).status, 405U);
    EXPECT_TRUE(inbox.resends.empty());
    const auto answer = ask(method::post, target, manager);
    EXPECT_EQ(answer.status, 202U);
    EXPECT_EQ(json(answer).at("state").as_string(), "retrying");
    ASSERT_EQ(inbox.resends.size(), 1U);
    EXPECT_EQ(inbox.resends[0], (std::tuple{visit, std::string{delivery}, manager}));
    EXPECT_EQ(sends, std::vector{domain::channel::sms});
}

TEST_F(http_api, says_why_a_delivery_is_not_sent_again) {
    using net::resend_verdict;
    const auto target = "/api/appointments/123/deliveries/" + std::string{delivery} + "/resend/";
    const auto ask_with = [&](resend_verdict verdict) {
        inbox.answer.verdict = verdict;
        return ask(method::post, target, admin);
    };
    expect_problem(ask_with(resend_verdict::not_found), 404, "not_found", "Delivery not found");
    expect_problem(ask_with(resend_verdict::under_way), 409, "under_way",
                   "The message is being sent, or waits for another try");
    expect_problem(ask_with(resend_verdict::superseded), 409, "superseded",
                   "The appointment was moved or cancelled since");
    expect_problem(ask_with(resend_verdict::too_late), 409, "too_late", "The message is of no use any more");
    expect_problem(ask_with(resend_verdict::not_this_plan), 409, "not_this_plan",
                   "The reminder plan has no such message any more");
    EXPECT_TRUE(sends.empty());
}

TEST_F(http_api, hands_the_end_of_a_room_on) {
    const std::string room = "RoomSid=RM1&RoomName=apt-123-1-a&";
    EXPECT_EQ(webhook("/api/webhooks/twilio/rooms/status/",
                      room + "StatusCallbackEvent=participant-connected&SequenceNumber=1")
                  .status,
              204U);
    EXPECT_TRUE(rooms.ended.empty());
    EXPECT_EQ(webhook("/api/webhooks/twilio/rooms/status/", room + "StatusCallbackEvent=room-ended").status, 204U);
    ASSERT_EQ(rooms.ended.size(), 1U);
    EXPECT_EQ(rooms.ended[0], (std::pair<std::string, std::string>{"apt-123-1-a", "RM1"}));
    ASSERT_EQ(store.webhooks.size(), 2U);
    EXPECT_EQ(store.webhooks[0].key, "RM1:1");
    EXPECT_EQ(store.webhooks[1].key, "RM1:room-ended");
}

// --- the database -----------------------------------------------------------------------------------

TEST_F(http_api, answers_503_while_the_database_is_away) {
    store.away = error{net::postgres::postgres_errc::not_connected, "host=10.0.0.1 password"};
    inbox.away = store.away;
    const std::vector<response> answers{post_room(patient),
                                        get_token(patient),
                                        ask(method::get, "/api/appointments/upcoming/", patient),
                                        ask(method::get, "/api/appointments/123/deliveries/", admin),
                                        webhook(status_target, "MessageSid=SM1"),
                                        webhook(inbound_target, "MessageSid=SM1"),
                                        webhook(status_target, "MessageSid=SM1&ErrorCode=21610&To=%2B61412345678"),
                                        ask(method::post, "/api/appointments/123/deliveries/x/resend/", admin),
                                        webhook("/api/webhooks/twilio/rooms/status/", "RoomSid=RM1")};
    for (const auto& answer : answers) {
        EXPECT_EQ(answer.status, 503U);
        EXPECT_NE(header_of(answer, "Retry-After"), "");
        EXPECT_FALSE(answer.body.contains("10.0.0.1"));
    }
    EXPECT_EQ(ask(method::get, "/healthz").status, 200U);
}

TEST_F(http_api, gives_the_database_less_than_two_seconds) {
    const auto before = net::boot_now();
    (void)post_room(patient);
    ASSERT_FALSE(store.deadlines.empty());
    for (const auto until : store.deadlines) {
        EXPECT_GT(until, before);
        EXPECT_LE(until, net::boot_now() + 2s);
    }
}

// --- routes -----------------------------------------------------------------------------------------

TEST_F(http_api, takes_paths_with_and_without_a_trailing_slash) {
    EXPECT_EQ(ask(method::get, "/api/appointments/video-token/123", patient).status, 200U);
    EXPECT_EQ(ask(method::get, "/api/appointments/video-token/123/", patient).status, 200U);
}

TEST_F(http_api, knows_no_appointment_by_anything_but_a_number) {
    for (const std::string_view id :
         {"-1", "1e3", "0x7b", "123abc", "9223372036854775808", "123;drop table x", "1 or 1=1"}) {
        const auto answer = ask(method::get, "/api/appointments/video-token/" + std::string{id} + "/", patient);
        expect_problem(answer, 404, "not_found", "Not found");
    }
    EXPECT_TRUE(store.calls.empty());
    EXPECT_EQ(ask(method::get, "/api/appointments/video-token/9223372036854775807/", patient).status, 404U);
}

TEST_F(http_api, names_the_allowed_methods) {
    const auto answer = ask(method::delete_, "/api/appointments/video-room/123/", patient);
    expect_problem(answer, 405, "method_not_allowed", "Method not allowed");
    EXPECT_EQ(header_of(answer, "Allow"), "POST, OPTIONS");
    EXPECT_EQ(header_of(ask(method::options, "/healthz"), "Allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(ask(method::options, "/nothing").status, 404U);
}

TEST_F(http_api, allows_the_front_end_across_origins_and_nobody_else) {
    const auto preflight = [&](std::string origin) {
        return ask(method::options, "/api/appointments/video-token/123/", 0,
                   {{"origin", std::move(origin)}, {"access-control-request-method", "GET"}});
    };
    const auto ours = preflight("https://clinic.example");
    EXPECT_EQ(ours.status, 204U);
    EXPECT_EQ(header_of(ours, "Access-Control-Allow-Origin"), "https://clinic.example");
    EXPECT_EQ(header_of(ours, "Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
    EXPECT_TRUE(header_of(ours, "Access-Control-Allow-Headers").contains("Authorization"));
    for (const std::string_view origin : {"https://evil.example", "https://clinic.example.evil",
                                          "http://clinic.example", "https://clinic.example:444", "null", "*"}) {
        const auto theirs = preflight(std::string{origin});
        EXPECT_EQ(header_of(theirs, "Access-Control-Allow-Origin"), "") << origin;
        EXPECT_EQ(header_of(theirs, "Vary"), "Origin");
    }
    const auto refused =
        ask(method::get, "/api/appointments/video-token/123/", 0, {{"origin", "https://clinic.example"}});
    EXPECT_EQ(refused.status, 401U);
    EXPECT_EQ(header_of(refused, "Access-Control-Allow-Origin"), "https://clinic.example");
}

// --- operations -------------------------------------------------------------------------------------

TEST_F(http_api, is_ready_or_says_what_is_wrong) {
    EXPECT_EQ(ask(method::get, "/readyz").status, 200U);
    health.report.listening = false;
    health.report.worst_lateness = 61s;
    const auto answer = ask(method::get, "/readyz");
    EXPECT_EQ(answer.status, 503U);
    EXPECT_EQ(json(answer).at("code").as_string(), "not_ready");
    EXPECT_EQ(json(answer).at("detail").as_string(), "Not ready: not_listening, messages_late");
    EXPECT_EQ(json(answer).at("reasons").as_array().size(), 2U);
}

TEST_F(http_api, gives_figures_and_its_own_description) {
    const auto figures = ask(method::get, "/metrics");
    EXPECT_TRUE(figures.content_type.starts_with("text/plain; version=0.0.4"));
    EXPECT_TRUE(figures.body.contains("punctual_http_responses_total"));
    EXPECT_EQ(json(ask(method::get, "/api/openapi.json")).at("info").at("title").as_string(), "punctual");
}

TEST_F(http_api, is_served_over_a_socket) {
    test::running_server server{*api, {}};
    test::raw_client client{server.port()};
    client.send("GET /api/appointments/video-token/123/ HTTP/1.1\r\nHost: x\r\nAuthorization: " + bearer_of(patient) +
                "\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto token = client.read_answer();
    EXPECT_EQ(test::status_of(token), 200);
    EXPECT_TRUE(token.contains("\"user_identity\":\"456-patient@example.com\""));
    EXPECT_TRUE(client.read_answer().ends_with(R"({"status":"ok"})"));
}

}  // namespace
}  // namespace punctual::http
