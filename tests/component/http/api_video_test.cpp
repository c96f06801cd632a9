#include "component/http/api_fixture.hpp"

namespace punctual::http {
namespace {

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

TEST_F(http_api, opens_no_room_that_nobody_could_enter_any_more) {
    const auto end = start + store.appointments[visit].image.what.duration;
    for (const auto now : {end + 30min, end + 1h, end + 24h}) {
        clock.now = now;
        for (const auto user : {patient, psychologist, manager, admin}) {
            const auto answer = post_room(user);
            expect_problem(answer, 403, "too_late", "The video session is over");
            EXPECT_EQ(json(answer).at("opens_at").as_string(), "2026-11-23T08:30:00Z");
        }
        EXPECT_EQ(post_room(stranger).status, 404U);
    }
    EXPECT_TRUE(rooms.opened.empty());
}

TEST_F(http_api, opens_a_room_long_before_and_until_the_window_closes) {
    clock.now = start - 24h * 7;
    EXPECT_EQ(post_room(psychologist).status, 200U);
    clock.now = start + store.appointments[visit].image.what.duration + 30min - 1us;
    EXPECT_EQ(post_room(patient).status, 200U);
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
    EXPECT_EQ(domain::to_base64url(net::hmac{net::digest::sha256, "api-secret"}.mac(token.substr(0, second))),
              token.substr(second + 1));
    const auto claims = boost::json::parse(domain::from_base64url(token.substr(first + 1, second - first - 1)).value());
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

}  // namespace
}  // namespace punctual::http
