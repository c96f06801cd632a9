#include "component/http/api_fixture.hpp"

namespace punctual::http {
namespace {

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

// --- the database -----------------------------------------------------------------------------------

TEST_F(http_api, answers_503_while_the_database_is_away) {
    store.away = error{net::store_errc::not_connected, "host=10.0.0.1 password"};
    room_events.away = store.away;
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
