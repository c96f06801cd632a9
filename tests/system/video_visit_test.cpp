// A visit by video from the first click to what came of it: the whole daemon, a real Postgres, and rooms that come
// and go as Twilio's do (a minute of a room lasts a second).

#include "support/clinic.hpp"
#include "support/server_process.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class video_visit : public testing::Test {
protected:
    // Sixty minutes long, and `ago` since it began.
    std::string begin(clinic& where, std::chrono::milliseconds ago) {
        if (patient == 0) {
            patient = where.add_patient();
            psychologist = where.add_psychologist();
        }
        const auto id = std::to_string(where.book(patient, psychologist, -ago));
        return id;
    }
    static std::string room_name(const clinic& where, const std::string& id) {
        return where.sql("select room_name from punctual.appointment_state where appointment_id = " + id);
    }
    static std::string status(const clinic& where, const std::string& id) {
        return where.sql("select status from punctual.appointment where id = " + id);
    }
    // What a click does: the token, and in with it. The status of the second.
    static int click(const clinic& where, const std::string& id, std::int64_t who) {
        const auto token = where.get("/api/appointments/video-token/" + id + "/", who);
        if (token.status != 200) {
            return token.status;
        }
        const auto parsed = boost::json::parse(token.body);
        const std::string text{parsed.at("access_token").as_string()};
        const std::string room{parsed.at("room_name").as_string()};
        return where.sandbox_post("/sandbox/rooms/" + room + "/join", R"({"token":")" + text + "\"}").status;
    }
    int click(const clinic& where, const std::string& id) const { return click(where, id, patient); }
    static void leave(const clinic& where, const std::string& id, std::int64_t who, std::string_view mail) {
        const auto identity = std::to_string(who) + "-" + std::string{mail};
        const auto path = "/sandbox/rooms/" + room_name(where, id) + "/leave";
        EXPECT_EQ(where.sandbox_post(path, R"({"identity":")" + identity + "\"}").status, 204);
    }
    void both_leave(const clinic& where, const std::string& id) const {
        leave(where, id, patient, "robin@patient.example");
        leave(where, id, psychologist, "sam@harbour.example");
    }
    // Rooms at Twilio: all that there ever were, or those in progress.
    static std::size_t rooms(const clinic& where, bool in_progress) {
        const auto parsed = boost::json::parse(where.sandbox_get("/sandbox/rooms.json").body);
        const auto& all = parsed.at("rooms").as_array();
        return static_cast<std::size_t>(std::ranges::count_if(
            all, [&](const auto& one) { return !in_progress || one.at("status").as_string() == "in-progress"; }));
    }

    std::int64_t patient = 0;
    std::int64_t psychologist = 0;
};

TEST_F(video_visit, is_attended_and_completed_when_its_room_ends_after_its_end) {
    clinic clinic{"[video]\nempty_room_timeout = \"2m\"\n"};
    clinic.start();
    const auto id = begin(clinic, 60min - 4s);
    ASSERT_TRUE(becomes_true([&] { return click(clinic, id) == 200; }, 30s)) << clinic.daemon().output();
    ASSERT_EQ(click(clinic, id, psychologist), 200);
    const auto path = "/api/appointments/" + id + "/deliveries/";
    const auto in_room = [&](std::size_t count) {
        const auto body = boost::json::parse(clinic.get(path, psychologist).body);
        const auto& people = body.at("attendance").as_array();
        return people.size() == 2 && static_cast<std::size_t>(std::ranges::count_if(
                                         people, [](const auto& one) { return one.at("in_room").as_bool(); })) == count;
    };
    EXPECT_TRUE(becomes_true([&] { return in_room(2); }, 30s)) << clinic.get(path, psychologist).body;
    ASSERT_TRUE(becomes_true(
        [&] { return clinic.sql("select now() > starts_at + interval '1 hour' from punctual.appointment") == "t"; },
        30s));
    EXPECT_EQ(status(clinic, id), "scheduled");
    both_leave(clinic, id);
    EXPECT_TRUE(becomes_true([&] { return status(clinic, id) == "completed"; }, 30s)) << clinic.daemon().output();
    EXPECT_TRUE(in_room(0));
    program explain{
        {clinic.program_path("punctuald"), "explain", id}, clinic.whole_environment(), clinic.folder() / "explain.log"};
    EXPECT_EQ(explain.wait(30s), 0);
    EXPECT_THAT(explain.output(), AllOf(HasSubstr("in the room    patient"), HasSubstr("in the room    psychologist"),
                                        Not(HasSubstr("@"))));
    EXPECT_EQ(clinic.stop(), 0);
}

TEST_F(video_visit, to_which_one_side_came_is_proposed_as_a_no_show) {
    clinic clinic{"[video]\njoin_after_end = \"4s\"\n"};
    clinic.start();
    const auto id = begin(clinic, 60min - 2s);
    ASSERT_TRUE(becomes_true([&] { return click(clinic, id) == 200; }, 30s)) << clinic.daemon().output();
    const auto path = "/api/appointments/" + id + "/deliveries/";
    EXPECT_TRUE(becomes_true(
        [&] { return clinic.get(path, psychologist).body.contains(R"("no_show":{"absent":"psychologist")"); }, 30s))
        << clinic.daemon().output();
    EXPECT_EQ(status(clinic, id), "scheduled");
    EXPECT_THAT(clinic.get("/metrics").body, HasSubstr("punctual_no_shows_proposed_total 1"));
    // Whoever is still there is not put out.
    EXPECT_EQ(rooms(clinic, true), 1U);
    EXPECT_EQ(clinic.stop(), 0);
}

// Twilio calls once: what it told while nobody listened is asked for before anything is decided.
TEST_F(video_visit, is_completed_though_the_daemon_was_dead_when_they_left) {
    clinic clinic{"[video]\njoin_after_end = \"5s\"\n"};
    clinic.start();
    const auto id = begin(clinic, 60min - 5s);
    ASSERT_TRUE(becomes_true([&] { return click(clinic, id) == 200; }, 30s)) << clinic.daemon().output();
    clinic.kill();
    const auto name = room_name(clinic, id);
    const auto sam = std::to_string(psychologist) + "-sam@harbour.example";
    EXPECT_EQ(clinic.sandbox_post("/sandbox/rooms/" + name + "/join", R"({"identity":")" + sam + "\"}").status, 200);
    both_leave(clinic, id);
    EXPECT_EQ(clinic.sandbox_post("/sandbox/rooms/" + name + "/end", "{}").status, 204);
    clinic.start();
    EXPECT_TRUE(becomes_true([&] { return status(clinic, id) == "completed"; }, 30s)) << clinic.daemon().output();
    EXPECT_EQ(clinic.sql("select count(*) from punctual.attendance(" + id + ", 'epoch') where left_at is not null"),
              "2");
    EXPECT_EQ(clinic.stop(), 0);
}

TEST_F(video_visit, that_is_cancelled_has_no_room_and_nobody_in_it_at_once) {
    clinic clinic{""};
    clinic.start();
    const auto id = begin(clinic, 5min);
    ASSERT_TRUE(becomes_true([&] { return click(clinic, id) == 200; }, 30s)) << clinic.daemon().output();
    clinic.sql("update punctual.appointment set status = 'cancelled' where id = " + id);
    EXPECT_TRUE(becomes_true([&] { return rooms(clinic, true) == 0; }, 30s)) << clinic.daemon().output();
    EXPECT_EQ(click(clinic, id), 409);
    EXPECT_TRUE(becomes_true(
        [&] { return clinic.sql("select left_at is not null from punctual.stay where appointment_id = " + id) == "t"; },
        30s));
    EXPECT_EQ(clinic.stop(), 0);
}

TEST_F(video_visit, in_which_one_waits_for_the_other_is_told_of_once) {
    clinic clinic{"[messages.nudge]\npatient = [\"email\"]\nclinic = [\"email\"]\n"};
    clinic.start();
    const auto first = begin(clinic, 3min - 5s);
    const auto second = begin(clinic, 3min - 5s);
    ASSERT_TRUE(becomes_true([&] { return click(clinic, first, psychologist) == 200; }, 30s));
    ASSERT_TRUE(becomes_true([&] { return click(clinic, second, patient) == 200; }, 30s));
    ASSERT_TRUE(clinic.arrives("nudge", 2, 30s)) << clinic.daemon().output();
    for (const auto& one : clinic.arrivals()) {
        if (one.kind != "nudge") {
            continue;
        }
        const bool to_patient = one.to == "robin@patient.example";
        EXPECT_EQ(one.to, to_patient ? "robin@patient.example" : "desk@harbour.example");
        EXPECT_THAT(one.subject, HasSubstr("is waiting"));
        EXPECT_THAT(one.body,
                    HasSubstr("https://front.example/video-session/" + room_name(clinic, to_patient ? first : second)));
    }
    EXPECT_EQ(clinic.stop(), 0);
    EXPECT_EQ(clinic.count("nudge"), 2U);
}

// "Rooms that die after unused minutes": here two seconds, and one when they have emptied.
TEST_F(video_visit, has_a_live_room_at_every_click_and_never_two) {
    clinic clinic{"[video]\nunused_room_timeout = \"2m\"\nempty_room_timeout = \"1m\"\n"};
    clinic.start();
    const auto id = begin(clinic, -24h);
    ASSERT_TRUE(clinic.arrives("confirmation", 2, 30s));
    EXPECT_EQ(rooms(clinic, false), 0U) << "a day ahead there is none";
    EXPECT_EQ(click(clinic, id), 403);
    const auto name = room_name(clinic, id);
    clinic.sql("update punctual.appointment set starts_at = now() - interval '1 minute' where id = " + id);
    // Made just in time, and dead before anybody comes.
    ASSERT_TRUE(becomes_true([&] { return rooms(clinic, false) == 1 && rooms(clinic, true) == 0; }, 30s))
        << clinic.daemon().output();
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(click(clinic, id, patient), 200);
        EXPECT_EQ(click(clinic, id, psychologist), 200);
        EXPECT_EQ(rooms(clinic, true), 1U);
        both_leave(clinic, id);
        ASSERT_TRUE(becomes_true([&] { return rooms(clinic, true) == 0; }, 30s));
    }
    // Ended between the look at it and the click: the next request makes it again.
    EXPECT_EQ(clinic.get("/api/appointments/video-token/" + id + "/", patient).status, 200);
    EXPECT_EQ(clinic.sandbox_post("/sandbox/rooms/" + name + "/end", "{}").status, 204);
    EXPECT_TRUE(becomes_true([&] { return click(clinic, id) == 200; }, 30s));
    EXPECT_EQ(rooms(clinic, true), 1U);
    EXPECT_EQ(room_name(clinic, id), name);
    EXPECT_EQ(clinic.stop(), 0);
}

// How many of its lines say 200.
int ask(const std::string& command) {
    FILE* pipe = ::popen(command.c_str(), "r");
    int good = 0;
    std::array<char, 64> line{};
    while (std::fgets(line.data(), line.size(), pipe) != nullptr) {
        good += std::string_view{line.data()} == "200\n" ? 1 : 0;
    }
    ::pclose(pipe);
    return good;
}

// All at once from one curl; how many were answered 200.
int clicks(const clinic& where, const std::string& id, std::int64_t who, std::string_view range, std::uint16_t port) {
    return ask(
        "curl -s -Z --parallel-immediate --parallel-max 250 --max-time 60 -o /dev/null -w '%{http_code}\\n' -H "
        "'Authorization: Bearer " +
        where.bearer(who) + "' 'http://127.0.0.1:" + std::to_string(port) + "/api/appointments/video-token/" + id +
        "/?n=[" + std::string{range} + "]' 2>/dev/null");
}

TEST_F(video_visit, has_one_room_after_a_thousand_clicks_at_once_at_two_daemons) {
    clinic clinic{"[video]\nroom_before = \"1s\"\n"};
    clinic.start();
    const auto other_port = find_free_port();
    const auto other = clinic.launch_another({{"PORT", std::to_string(other_port)}});
    const auto id = begin(clinic, -5min);
    ASSERT_TRUE(clinic.arrives("confirmation", 2, 30s));
    ASSERT_TRUE(becomes_true(
        [&] {
            return ask("curl -s -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:" + std::to_string(other_port) +
                       "/readyz") == 1;
        },
        30s));
    EXPECT_EQ(rooms(clinic, false), 0U);
    // The second daemon is asked while the first one's thousand are on their way.
    int at_the_other = 0;
    program at_once{{"/bin/sh", "-c",
                     "curl -s -Z --parallel-immediate --parallel-max 250 --max-time 60 -o /dev/null -w "
                     "'%{http_code}\\n' -H 'Authorization: Bearer " +
                         clinic.bearer(psychologist) + "' 'http://127.0.0.1:" + std::to_string(other_port) +
                         "/api/appointments/video-token/" + id + "/?n=[1-250]' 2>/dev/null"},
                    program::environment{{"PATH", "/usr/bin:/bin"}},
                    clinic.folder() / "curl.log"};
    const int here = clicks(clinic, id, patient, "1-1000", clinic.port());
    EXPECT_EQ(at_once.wait(60s), 0);
    const auto answers = at_once.output();
    for (std::size_t at = answers.find("200\n"); at != std::string::npos; at = answers.find("200\n", at + 4)) {
        ++at_the_other;
    }
    EXPECT_EQ(here, 1000);
    EXPECT_EQ(at_the_other, 250);
    EXPECT_EQ(rooms(clinic, false), 1U);
    EXPECT_EQ(clinic.stop(), 0);
}

}  // namespace
