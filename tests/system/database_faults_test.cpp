// The whole daemon while its database restarts, loses connections, locks tables, stands still. The far end counts:
// nothing lost, nothing twice, and what nobody was unsure of is not marked as unsure.

#include "support/clinic.hpp"
#include "support/pooler.hpp"
#include "support/postgres_proxy.hpp"
#include "support/sql_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using clock = std::chrono::steady_clock;

std::string url(std::uint16_t port) {
    return "postgresql://postgres@127.0.0.1:" + std::to_string(port) + "/clinic";
}

// Each delivery as often as it arrived, where that is not once.
std::string not_once(const clinic& at) {
    std::map<std::string, int> times;
    for (const auto& one : at.arrivals()) {
        ++times[one.delivery];
    }
    std::string found;
    for (const auto& [delivery, count] : times) {
        if (count != 1) {
            found += delivery + " x" + std::to_string(count) + "\n";
        }
    }
    return found;
}

std::size_t lines_with(const std::string& text, std::string_view word) {
    std::size_t found = 0;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        found += line.find(word) != std::string::npos ? 1U : 0U;
    }
    return found;
}

// What Twilio called and how it was answered, a line each.
std::string callbacks(const clinic& at) {
    auto text = at.sandbox_get("/sandbox/callbacks.json").body;
    std::ranges::replace(text, '}', '\n');
    return text;
}

// Whatever was claimed and not sent, recorded and not known: nothing of it is left.
// An alert to staff may come too late for a visit that is booked a second ahead.
bool all_accepted(const clinic& at) {
    return at.sql(
               "select count(*) from punctual.delivery where state not in ('accepted', 'delivered', 'skipped') and "
               "kind <> 'staff_alert'") == "0";
}

TEST(database_faults, what_was_due_during_a_restart_goes_out_once_and_late) {
    clinic clinic{compressed_plan(30, 20, 1)};
    clinic.start();
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    for (const auto how : {stop_mode::fast, stop_mode::immediate}) {
        const auto before = clinic.count("reminder_15m");
        const auto confirmed = clinic.count("confirmation");
        const auto booked = std::chrono::system_clock::now();
        clinic.book(patient, psychologist, 3s);  // its reminder is due 2 s from now
        ASSERT_TRUE(clinic.arrives("confirmation", confirmed + 1, 2s)) << clinic.daemon().output();
        clinic.postgres().stop(how);
        EXPECT_TRUE(becomes_true([&] { return clinic.get("/readyz").status == 503; }, 2s));
        EXPECT_EQ(clinic.get("/healthz").status, 200);
        ASSERT_TRUE(becomes_true([&] { return std::chrono::system_clock::now() > booked + 2500ms; }, 5s));
        clinic.postgres().start();
        const auto up = clock::now();
        ASSERT_TRUE(becomes_true([&] { return clinic.get("/readyz").status == 200; }, 20s));
        EXPECT_LE(clock::now() - up, 5s);
        EXPECT_TRUE(clinic.arrives("reminder_15m", before + 3, 10s)) << clinic.daemon().output();
    }
    EXPECT_TRUE(becomes_true([&] { return all_accepted(clinic); }, 20s));
    EXPECT_EQ(clinic.stop(), 0);
    EXPECT_EQ(not_once(clinic), "");
    EXPECT_EQ(clinic.sql("select count(*) from punctual.delivery where reason = 'outcome_unknown'"), "0");
    EXPECT_EQ(clinic.sql("select count(*) from punctual.delivery where accepted_at < due_at"), "0");
    // Two outages: a handful of lines each, not one for each try.
    EXPECT_LT(lines_with(clinic.daemon().output(), "error="), 40U) << clinic.daemon().output();
}

TEST(database_faults, a_lost_answer_or_a_reset_at_any_statement_loses_nothing_and_doubles_nothing) {
    clinic clinic{compressed_plan(30, 20, 1)};
    postgres_proxy proxy{clinic.postgres().port()};
    clinic.environment["DATABASE_URL"] = url(proxy.port());
    clinic.start();
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    struct statement {
        std::string_view name, text;
    };
    // Words that stand in one statement each.
    constexpr std::array<statement, 5> statements{{{"settle", "with entry as materialized"},
                                                   {"claim", "select w.*, a.session_type"},
                                                   {"record", "with o as materialized"},
                                                   {"status callback", "/* status */"},
                                                   {"webhook", "insert into punctual.webhook"}}};
    std::size_t visits = 0;
    std::size_t broken = 0;
    using when = postgres_proxy::when;
    for (const auto moment : {when::answered, when::amid, when::asked}) {
        for (const auto& one : statements) {
            proxy.break_at(std::string{one.text}, moment);
            clinic.book(patient, psychologist, 1500ms);
            ++visits;
            ++broken;
            ASSERT_TRUE(becomes_true([&] { return proxy.broken() == broken; }, 10s)) << one.name << "\n"
                                                                                     << clinic.daemon().output();
        }
    }
    EXPECT_TRUE(clinic.arrives("reminder_15m", 3 * visits, 30s)) << clinic.daemon().output();
    EXPECT_TRUE(clinic.arrives("confirmation", visits, 30s));
    EXPECT_TRUE(becomes_true([&] { return all_accepted(clinic); }, 30s))
        << clinic.sql(
               "select kind, channel, state, reason from punctual.delivery where state not in ('accepted', "
               "'delivered', 'skipped')")
        << clinic.daemon().output();
    EXPECT_EQ(not_once(clinic), "");
    // Twilio says each thing once: only what it was told of in time that it could not be taken in is unknown (none,
    // unless the machine is so busy that a new connection takes longer than an answer may).
    EXPECT_TRUE(becomes_true(
        [&] {
            const auto unknown =
                clinic.sql("select count(*) from punctual.delivery where channel = 'whatsapp' and state = 'accepted'");
            return std::stoul(unknown) <= lines_with(callbacks(clinic), "\"status\":503");
        },
        20s));
    // A claim that never came back was nobody's try.
    EXPECT_EQ(clinic.sql("select count(*) from punctual.delivery where reason = 'outcome_unknown'"), "0");
    EXPECT_THAT(clinic.get("/metrics").body, Not(HasSubstr("punctual_reclaimed_claims_total 0\n")));
    EXPECT_EQ(clinic.stop(), 0);
}

// Nothing comes through and nobody is told. By a proxy that stands still, which takes what is written to it; with
// PUNCTUAL_BLACKHOLE (scripts/partition, in a network namespace of its own) by the kernel, which drops every packet.
class partition {
public:
    explicit partition(std::uint16_t server) : server_{server} {
        if (std::getenv("PUNCTUAL_BLACKHOLE") == nullptr) {
            proxy_ = std::make_unique<postgres_proxy>(server);
        }
    }
    ~partition() { mend(); }
    partition(const partition&) = delete;
    partition& operator=(const partition&) = delete;

    [[nodiscard]] std::uint16_t port() const { return proxy_ ? proxy_->port() : server_; }
    void cut() {
        if (proxy_) {
            proxy_->stall();
            return;
        }
        cut_ = true;
        rules("add");
    }
    void mend() {
        if (proxy_) {
            proxy_->resume();
        } else if (std::exchange(cut_, false)) {
            rules("del");
        }
    }

private:
    void rules(std::string_view what) const {
        for (const auto* end : {"dport", "sport"}) {
            const auto command = "ip rule " + std::string{what} + " pref 10 ipproto tcp " + end + " " +
                                 std::to_string(server_) + " blackhole";
            if (std::system(command.c_str()) != 0) {
                throw std::runtime_error{"ip rule does not work here"};
            }
        }
    }

    std::uint16_t server_;
    std::unique_ptr<postgres_proxy> proxy_;
    bool cut_ = false;
};

TEST(database_faults, a_partition_that_tells_nobody_is_an_error_within_ten_seconds) {
    clinic clinic{compressed_plan(30, 20, 1)};
    partition wires{clinic.postgres().port()};
    clinic.environment["DATABASE_URL"] = url(wires.port());
    clinic.start();
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    const auto visit = clinic.book(patient, psychologist, 6s);
    ASSERT_TRUE(clinic.arrives("confirmation", 1, 5s));
    const auto began = clock::now();
    wires.cut();
    EXPECT_TRUE(becomes_true([&] { return clinic.get("/readyz").status == 503; }, 4s));
    const auto asked = clock::now();
    EXPECT_EQ(clinic.get("/api/appointments/" + std::to_string(visit) + "/deliveries/", psychologist).status, 503);
    EXPECT_LE(clock::now() - asked, 2500ms);
    EXPECT_EQ(clinic.get("/healthz").status, 200);
    EXPECT_TRUE(becomes_true([&] { return lines_with(clinic.daemon().output(), "postgres_lost") >= 2; }, 20s))
        << clinic.daemon().output();
    // The statement was sent up to 0.9 s after the wires went dead.
    EXPECT_LE(clock::now() - began, 11500ms);
    wires.mend();
    EXPECT_TRUE(becomes_true([&] { return clinic.get("/readyz").status == 200; }, 15s)) << clinic.daemon().output();
    EXPECT_TRUE(clinic.arrives("reminder_15m", 3, 15s)) << clinic.daemon().output();
    EXPECT_TRUE(becomes_true([&] { return all_accepted(clinic); }, 20s));
    EXPECT_EQ(not_once(clinic), "");
    EXPECT_EQ(clinic.stop(), 0);
}

TEST(database_faults, a_locked_table_holds_nothing_up_but_what_needs_it) {
    clinic clinic{compressed_plan(30, 20, 1)};
    clinic.start();
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    const auto visit = std::to_string(clinic.book(patient, psychologist, 3s));
    ASSERT_TRUE(clinic.arrives("confirmation", 1, 5s));
    sql_session migration{clinic.postgres().conninfo("clinic")};
    migration.run("begin");
    migration.run(
        "lock table punctual.appointment, punctual.delivery, punctual.appointment_state in access exclusive mode");
    const auto asked = clock::now();
    const auto answer = clinic.get("/api/appointments/" + visit + "/deliveries/", psychologist);
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_LE(clock::now() - asked, 2s);
    // Longer than a claim waits for a lock.
    ASSERT_TRUE(becomes_true([&] { return clinic.daemon().output().find("claim_failed") != std::string::npos; }, 15s))
        << clinic.daemon().output();
    EXPECT_EQ(clinic.get("/healthz").status, 200);
    EXPECT_EQ(clinic.count("reminder_15m"), 0U);
    migration.run("commit");
    EXPECT_TRUE(clinic.arrives("reminder_15m", 3, 10s)) << clinic.daemon().output();
    EXPECT_EQ(clinic.get("/api/appointments/" + visit + "/deliveries/", psychologist).status, 200);
    EXPECT_TRUE(becomes_true([&] { return all_accepted(clinic); }, 20s));
    EXPECT_EQ(not_once(clinic), "");
    EXPECT_EQ(clinic.stop(), 0);
}

TEST(database_faults, bells_that_are_lost_false_or_too_many_change_nothing_and_the_listener_holds_no_transaction) {
    clinic clinic{""};
    clinic.start();
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    clinic.sql(
        "select pg_notify('punctual_change', 'drop table punctual.delivery'), pg_notify('punctual_change', '{\"id\": "
        "' || repeat('9', 400)), pg_notify('punctual_change', repeat('x', 7999))");
    clinic.sql("select count(pg_notify('punctual_change', repeat('y', 90) || n)) from generate_series(1, 20000) n");
    clinic.book(patient, psychologist, 48h);
    EXPECT_TRUE(clinic.arrives("confirmation", 2, 3s)) << clinic.daemon().output();
    EXPECT_TRUE(becomes_true([&] { return clinic.get("/readyz").status == 200; }, 5s));
    const auto listener = "from pg_stat_activity where application_name = 'punctuald listen'";
    EXPECT_EQ(clinic.sql(std::string{"select count(*) "} + listener), "1");
    EXPECT_EQ(
        clinic.sql(std::string{"select count(*) "} + listener + " and (state <> 'idle' or xact_start is not null)"),
        "0");
    EXPECT_EQ(clinic.sql("select pg_notification_queue_usage() < 0.01"), "t");
    EXPECT_THAT(clinic.get("/metrics").body, HasSubstr("punctual_unrung_changes_total 0\n"));

    // And with no bell at all.
    clinic.sql("create or replace function punctual.ring() returns boolean language sql as 'select true'");
    clinic.book(patient, psychologist, 72h);
    EXPECT_TRUE(clinic.arrives("confirmation", 4, 1500ms)) << clinic.daemon().output();
    EXPECT_THAT(clinic.get("/metrics").body, HasSubstr("punctual_unrung_changes_total 1\n"));
    EXPECT_EQ(clinic.stop(), 0);
}

TEST(database_faults, what_no_trigger_told_of_is_found_by_comparing_and_counted) {
    clinic clinic{"[limits]\nreconcile = \"1s\"\n" + compressed_plan(30, 20, 10)};
    clinic.start();
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    clinic.sql("alter table punctual.appointment disable trigger user");
    clinic.book(patient, psychologist, 14s);
    clinic.sql("alter table punctual.appointment enable trigger user");
    EXPECT_TRUE(clinic.arrives("reminder_15m", 3, 15s)) << clinic.daemon().output();
    // A notice comes from the feed alone.
    EXPECT_EQ(clinic.count("confirmation"), 0U);
    EXPECT_THAT(clinic.get("/metrics").body, HasSubstr("punctual_drift_total 1\n"));
    EXPECT_THAT(clinic.daemon().output(), HasSubstr("schedule_drifted appointments=1"));
    clinic.book(patient, psychologist, 48h);
    EXPECT_TRUE(clinic.arrives("confirmation", 2, 5s));
    EXPECT_THAT(clinic.get("/metrics").body, HasSubstr("punctual_drift_total 1\n"));
    EXPECT_EQ(clinic.stop(), 0);
}

// The very words of a server whose disk is full, for every statement that writes what the daemon does.
TEST(database_faults, a_full_disk_at_the_server_delays_and_doubles_nothing) {
    clinic clinic{compressed_plan(30, 20, 1)};
    clinic.start();
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    clinic.book(patient, psychologist, 4s);
    ASSERT_TRUE(clinic.arrives("confirmation", 1, 3s)) << clinic.daemon().output();
    clinic.sql(
        "create function punctual.full() returns trigger language plpgsql as $$ begin raise exception using errcode = "
        "'disk_full', message = 'could not extend file \"base/5/16400\": No space left on device'; end $$; "
        "create trigger full_disk before insert or update on punctual.delivery for each statement execute function "
        "punctual.full()");
    ASSERT_TRUE(becomes_true([&] { return clinic.daemon().output().contains("claim_failed"); }, 15s))
        << clinic.daemon().output();
    EXPECT_EQ(clinic.get("/healthz").status, 200);
    EXPECT_EQ(clinic.get("/api/appointments/upcoming/", patient).status, 200);
    EXPECT_EQ(clinic.count("reminder_15m"), 0U) << "sent without a claim";
    clinic.sql("drop trigger full_disk on punctual.delivery");
    EXPECT_TRUE(clinic.arrives("reminder_15m", 3, 10s)) << clinic.daemon().output();
    EXPECT_TRUE(becomes_true([&] { return all_accepted(clinic); }, 20s));
    EXPECT_EQ(not_once(clinic), "");
    EXPECT_LT(lines_with(clinic.daemon().output(), "No space left"), 5U) << clinic.daemon().output();
    EXPECT_EQ(clinic.stop(), 0);
}

TEST(database_faults, a_pooler_in_transaction_mode_is_refused_by_name) {
    clinic clinic{""};
    pooler between{clinic.postgres(), "transaction"};
    auto with = clinic.whole_environment();
    with["DATABASE_URL"] = between.url("clinic");
    program daemon{{clinic.program_path("punctuald"), "serve"}, with, clinic.folder() / "pooled.log"};
    program check{{clinic.program_path("punctuald"), "check"}, with, clinic.folder() / "check.log"};
    EXPECT_EQ(daemon.wait(30s), 1) << daemon.output();
    EXPECT_THAT(daemon.output(), HasSubstr("pooler_refused"));
    EXPECT_THAT(daemon.output(), HasSubstr("127.0.0.1:" + std::to_string(between.port())));
    EXPECT_THAT(daemon.output(), HasSubstr("give DATABASE_URL a direct connection"));
    EXPECT_EQ(check.wait(40s), 1);
    // By its LISTEN that does not hear, or by the statements of another client that it meets before.
    EXPECT_THAT(check.output(), HasSubstr("database: FAIL ")) << check.output();
    EXPECT_THAT(check.output(), HasSubstr("pooler"));
}

TEST(database_faults, a_column_that_is_gone_is_named_at_start_and_costs_its_own_statements_while_it_runs) {
    clinic clinic{""};
    clinic.start();
    const auto patient = clinic.add_patient();
    const auto psychologist = clinic.add_psychologist();
    clinic.book(patient, psychologist, 48h);
    ASSERT_TRUE(clinic.arrives("confirmation", 2, 5s));
    // Written by the webhooks alone.
    clinic.sql("alter table punctual.webhook rename column form to shape");
    clinic.sql("update punctual.appointment set status = 'cancelled'");
    EXPECT_TRUE(clinic.arrives("cancellation", 3, 5s)) << clinic.daemon().output();
    EXPECT_TRUE(becomes_true(
        [&] { return clinic.sandbox_get("/sandbox/callbacks.json").body.find("503") != std::string::npos; }, 10s));
    EXPECT_EQ(clinic.get("/api/appointments/upcoming/", patient).status, 200);
    clinic.book(patient, psychologist, 72h);
    EXPECT_TRUE(clinic.arrives("confirmation", 4, 5s)) << clinic.daemon().output();
    EXPECT_EQ(clinic.get("/readyz").status, 200);
    EXPECT_EQ(clinic.stop(), 0);

    clinic.sql("alter table punctual.opt_out alter column sender drop default, alter column sender type varchar(10)");
    for (const auto* command : {"serve", "check"}) {
        program again{
            {clinic.program_path("punctuald"), command}, clinic.whole_environment(), clinic.folder() / command};
        EXPECT_EQ(again.wait(30s), 1) << again.output();
        EXPECT_THAT(again.output(), HasSubstr("punctual.webhook.form text"));
        EXPECT_THAT(again.output(), HasSubstr("punctual.opt_out.sender text"));
    }
}

TEST(database_faults, odd_rows_are_passed_over_and_ids_are_exact) {
    clinic clinic{""};
    clinic.start();
    // Beyond what a JavaScript number, and an int, can hold; no phone; a zone that is none.
    clinic.sql(
        "insert into punctual.person (id, full_name, email, role, time_zone, texts_enabled) overriding system value "
        "values (9007199254740993, 'Robin', 'robin@patient.example', 'patient', 'Mars/Olympus_Mons', true), "
        "(4294967299, 'Dr Sam', 'sam@harbour.example', 'psychologist', null, true)");
    clinic.sql(
        "insert into punctual.appointment (id, patient_id, psychologist_id, starts_at) overriding system value values "
        "(7, 9007199254740993, 4294967299, 'infinity'), (8, 9007199254740993, 4294967299, '-infinity'), "
        "(9007199254740995, 9007199254740993, 4294967299, now() + interval '48 hours'), "
        "(9007199254740996, 9007199254740993, 4294967299, now() + interval '48 hours')");
    EXPECT_TRUE(clinic.arrives("confirmation", 4, 5s)) << clinic.daemon().output();
    EXPECT_THAT(clinic.daemon().output(), HasSubstr("appointment_refused"));
    EXPECT_THAT(clinic.daemon().output(), ContainsRegex("appointment=.?7"));
    const auto list = clinic.get("/api/appointments/upcoming/", 9007199254740993).body;
    EXPECT_THAT(list, HasSubstr("9007199254740995"));
    EXPECT_THAT(list, HasSubstr("9007199254740996"));
    const auto shown = clinic.get("/api/appointments/9007199254740995/deliveries/", 4294967299);
    EXPECT_EQ(shown.status, 200);
    EXPECT_THAT(shown.body, HasSubstr("9007199254740993"));
    EXPECT_EQ(clinic.sql("select count(*) from punctual.delivery where appointment_id in (7, 8)"), "0");
    EXPECT_EQ(clinic.stop(), 0);
}

}  // namespace
