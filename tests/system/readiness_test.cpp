// /readyz, /healthz and the API while Postgres is frozen or gone, and what becomes of a reminder that fell due
// meanwhile (contract §4, faults D1, D8, P4).

#include "support/clinic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using std::chrono::system_clock;
using testing::HasSubstr;
using testing::Not;

// What the contract gives 2 s, on a machine that has other things to do.
constexpr auto two_seconds = 4s;

constexpr const char* one_reminder =
    "[[reminder]]\nname = \"reminder_24h\"\nbefore = \"60s\"\npatient = [\"email\", \"whatsapp\"]\n"
    "[timing]\nshort_notice = \"1s\"\nstaff_alert_before = \"1s\"\n[video]\nroom_before = \"1s\"\n";

// The postmaster and every process it has begun.
void signal_server(const private_postgres& server, int number) {
    std::vector<pid_t> all{server.pid()};
    std::ifstream children{"/proc/" + std::to_string(server.pid()) + "/task/" + std::to_string(server.pid()) +
                           "/children"};
    for (pid_t child = 0; children >> child;) {
        all.push_back(child);
    }
    for (const auto pid : all) {
        ::kill(pid, number);
    }
}

// Stopped processes would not answer the fixture's end.
struct frozen_server {
    explicit frozen_server(const private_postgres& which) : server{which} { signal_server(server, SIGSTOP); }
    ~frozen_server() { thaw(); }
    frozen_server(const frozen_server&) = delete;
    frozen_server& operator=(const frozen_server&) = delete;
    void thaw() const { signal_server(server, SIGCONT); }

    const private_postgres& server;
};

class readiness_of_the_daemon : public testing::Test {
protected:
    // The reminder is due soon after; gives back when.
    system_clock::time_point book() {
        place.start();
        patient = place.add_patient();
        const auto psychologist = place.add_psychologist();
        const auto due = system_clock::now() + 5s;
        place.book(patient, psychologist, 65s);
        EXPECT_TRUE(place.arrives("confirmation", 2, 30s));
        return due;
    }
    void goes_without_the_database_until(system_clock::time_point when) {
        EXPECT_TRUE(becomes_true([&] { return place.get("/readyz").status == 503; }, two_seconds));
        const auto asked = system_clock::now();
        EXPECT_EQ(place.get("/api/appointments/upcoming/", patient).status, 503);
        EXPECT_LT(system_clock::now() - asked, two_seconds);
        bool lived = true;
        EXPECT_TRUE(becomes_true(
            [&] {
                lived = lived && place.get("/healthz").status == 200 && place.get("/readyz").status == 503;
                return system_clock::now() > when;
            },
            30s));
        EXPECT_TRUE(lived);
    }
    void is_well_again() {
        EXPECT_TRUE(becomes_true([&] { return place.get("/readyz").status == 200; }, 30s)) << place.get("/readyz").body;
        EXPECT_TRUE(place.arrives("reminder_24h", 2, 30s));
        EXPECT_EQ(place.get("/api/appointments/upcoming/", patient).status, 200);
        EXPECT_EQ(place.stop(), 0);
        EXPECT_EQ(place.count("reminder_24h", "email"), 1U);
        EXPECT_EQ(place.count("reminder_24h", "whatsapp"), 1U);
    }

    clinic place{one_reminder};
    std::int64_t patient = 0;
};

TEST_F(readiness_of_the_daemon, is_told_within_two_seconds_of_a_freeze_and_the_reminder_goes_late_and_once) {
    const auto due = book();
    const frozen_server frozen{place.postgres()};
    goes_without_the_database_until(due + 1s);
    frozen.thaw();
    is_well_again();
}

TEST_F(readiness_of_the_daemon, is_told_within_two_seconds_of_a_crash_and_the_reminder_goes_late_and_once) {
    const auto due = book();
    place.postgres().stop(stop_mode::immediate);
    goes_without_the_database_until(due + 1s);
    place.postgres().start();
    is_well_again();
}

class stop : public testing::Test {
protected:
    std::unique_ptr<program> begin() {
        return std::make_unique<program>(std::vector<std::string>{place.program_path("punctuald"), "serve"},
                                         place.whole_environment(), place.folder() / "begun.log");
    }

    // Far below the drain limit (20 s) and systemd's.
    static constexpr auto promptly = 15s;
    clinic place{""};
};

TEST_F(stop, does_not_wait_for_a_slow_snapshot) {
    place.book(place.add_patient(), place.add_psychologist(), 48h);
    place.sql(
        "alter view punctual.feed_appointment rename to feed_appointment_quick; "
        "create view punctual.feed_appointment as select q.* from (select pg_sleep(90)::text as t offset 0) s, "
        "punctual.feed_appointment_quick q where s.t is not null");
    const auto daemon = begin();
    const auto loading = [&] {
        return place.sql(
                   "select count(*) from pg_stat_activity where query ilike '%copy%' and state = 'active' "
                   "and pid <> pg_backend_pid()") != "0";
    };
    ASSERT_TRUE(becomes_true(loading, 30s)) << daemon->output();
    EXPECT_EQ(place.get("/readyz").status, 503);
    daemon->signal(SIGTERM);
    EXPECT_EQ(daemon->wait(promptly), 0) << daemon->output();
    EXPECT_THAT(daemon->output(), Not(HasSubstr("drain_limit_reached")));
}

TEST_F(stop, is_prompt_before_the_database_was_ever_there_and_a_second_signal_does_nothing) {
    place.postgres().stop(stop_mode::immediate);
    const auto daemon = begin();
    ASSERT_TRUE(becomes_true([&] { return place.get("/healthz").status == 200; }, 30s)) << daemon->output();
    daemon->signal(SIGTERM);
    daemon->signal(SIGTERM);
    EXPECT_EQ(daemon->wait(promptly), 0) << daemon->output();
}

TEST_F(stop, is_prompt_while_the_database_is_frozen_and_a_second_signal_does_nothing) {
    place.start();
    const frozen_server frozen{place.postgres()};
    EXPECT_TRUE(becomes_true([&] { return place.get("/readyz").status == 503; }, 30s));
    place.daemon().signal(SIGTERM);
    EXPECT_TRUE(becomes_true([&] { return place.daemon().output().contains("stopping"); }, 30s));
    place.daemon().signal(SIGTERM);
    EXPECT_EQ(place.daemon().wait(promptly), 0) << place.daemon().output();
}

}  // namespace
