#include "component/http/api_fixture.hpp"

namespace punctual::http {
namespace {

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

TEST_F(http_api, shows_who_was_in_the_room_and_what_was_proposed) {
    rows.stays["PA1"] = {visit, {"PA1", "RM1", patient, start, start + 10min}};
    rows.stays["PA2"] = {visit, {"PA2", "RM1", patient, start + 15min, {}}};
    rows.no_shows[visit] = {start + 90min, 1, "psychologist", false};
    clock.now = start + 16min;
    const auto body = json(ask(method::get, "/api/appointments/123/deliveries/", admin));
    ASSERT_EQ(body.at("attendance").as_array().size(), 1U);
    const auto& one = body.at("attendance").at(0);
    EXPECT_EQ(one.at("person_id").as_int64(), patient);
    EXPECT_EQ(one.at("joined_at").as_string(), "2026-11-23T09:00:00Z");
    EXPECT_TRUE(one.at("left_at").is_null());
    EXPECT_TRUE(one.at("in_room").as_bool());
    EXPECT_EQ(one.at("stays").as_int64(), 2);
    EXPECT_EQ(one.at("seconds").as_int64(), 660);
    EXPECT_EQ(body.at("no_show").at("absent").as_string(), "psychologist");
    EXPECT_FALSE(body.at("no_show").at("written").as_bool());
}

TEST_F(http_api, does_not_show_a_no_show_of_an_earlier_time) {
    rows.no_shows[visit] = {start + 90min, 1, "both", false};
    store.appointments[visit].version = 2;
    EXPECT_TRUE(json(ask(method::get, "/api/appointments/123/deliveries/", admin)).at("no_show").is_null());
}

TEST_F(http_api, shows_staff_the_deliveries_of_a_deleted_appointment) {
    store.delivery_rows.emplace_back().id = delivery;
    store.appointments.clear();
    EXPECT_EQ(ask(method::get, "/api/appointments/123/deliveries/", admin).status, 200U);
    store.delivery_rows.clear();
    EXPECT_EQ(ask(method::get, "/api/appointments/123/deliveries/", admin).status, 404U);
}

}  // namespace
}  // namespace punctual::http
