// The whole daemon with a primary and a standby: promotion, the old primary that lives on or comes back, commits that
// went with it.

#include "support/clinic.hpp"
#include "support/sql_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using testing::HasSubstr;

// A clinic whose database has an asynchronous standby. Which of the two is the primary changes, so that
// clinic::sql(), which speaks to the first one, is not asked here.
class failover : public testing::Test {
protected:
    failover() {
        clinic_.environment["DATABASE_URL"] = "postgresql://postgres@127.0.0.1:" + std::to_string(standby_.port()) +
                                              ",127.0.0.1:" + std::to_string(old_.port()) + "/clinic";
    }

    void list_old_first() {
        clinic_.environment["DATABASE_URL"] = "postgresql://postgres@127.0.0.1:" + std::to_string(old_.port()) +
                                              ",127.0.0.1:" + std::to_string(standby_.port()) +
                                              "/clinic?target_session_attrs=read-write";
    }
    static std::string on(const private_postgres& server, std::string_view text) { return server.psql(text, "clinic"); }
    static void book(const private_postgres& at, std::string_view ahead) {
        on(at,
           "insert into punctual.appointment (patient_id, psychologist_id, starts_at) values (1, 2, now() + interval "
           "'" +
               std::string{ahead} + "')");
    }
    // The standby has all that the primary has committed.
    bool caught_up() {
        return becomes_true(
            [&] {
                return old_.psql(
                           "select coalesce(bool_and(replay_lsn >= pg_current_wal_lsn()), false) from "
                           "pg_stat_replication") == "t";
            },
            20s);
    }
    bool ready() {
        return becomes_true([&] { return clinic_.get("/readyz").status == 200; }, 20s);
    }
    // Messages at the far end: not by clinic::arrivals(), which asks a server that may be down.
    std::size_t arrived() {
        const auto text = clinic_.sandbox_get("/sandbox/messages.json?limit=10000").body;
        std::size_t found = 0;
        for (auto at = text.find("\"received_at\""); at != std::string::npos;
             at = text.find("\"received_at\"", at + 1)) {
            ++found;
        }
        return found;
    }
    bool arrive(std::size_t count) {
        return becomes_true([&] { return arrived() >= count; }, 15s);
    }
    std::string log() { return clinic_.daemon().output(); }
    bool logs(std::string_view word) {
        return becomes_true([&] { return log().find(word) != std::string::npos; }, 20s);
    }

    clinic clinic_{""};
    private_postgres& old_ = clinic_.postgres();
    private_postgres standby_{{.follows = &old_}};
};

TEST_F(failover, goes_on_with_the_promoted_standby_and_refuses_the_old_primary_that_comes_back) {
    clinic_.add_patient();
    clinic_.add_psychologist();
    // The standby is listed first: the next host is the one.
    clinic_.start();
    book(old_, "48 hours");
    ASSERT_TRUE(arrive(2)) << log();
    ASSERT_TRUE(becomes_true(
        [&] { return on(old_, "select count(*) from punctual.delivery where state = 'accepted'") == "2"; }, 10s));
    ASSERT_TRUE(caught_up());
    old_.stop(stop_mode::immediate);
    standby_.promote();
    ASSERT_TRUE(ready()) << log();
    EXPECT_THAT(log(), HasSubstr("postgres_failed_over"));
    book(standby_, "72 hours");
    ASSERT_TRUE(arrive(4)) << log();

    // Un-rewound, on its own address, writable.
    old_.start();
    book(old_, "96 hours");
    EXPECT_TRUE(logs("postgres_old_primary")) << log();
    EXPECT_EQ(clinic_.get("/readyz").status, 200);
    EXPECT_EQ(clinic_.stop(), 0);

    // Nor is it taken by a daemon that never saw the other one before, though it is listed first.
    list_old_first();
    clinic_.start();
    book(standby_, "120 hours");
    ASSERT_TRUE(arrive(6)) << log();
    EXPECT_THAT(log(), HasSubstr("postgres_old_primary"));
    EXPECT_TRUE(becomes_true(
        [&] { return on(standby_, "select count(*) from punctual.delivery where state = 'accepted'") == "6"; }, 10s));
    EXPECT_EQ(clinic_.stop(), 0);
    EXPECT_EQ(arrived(), 6U);
    EXPECT_EQ(on(old_, "select count(*) from punctual.change where handled_at is null"), "1");
}

TEST_F(failover, leaves_an_old_primary_that_was_never_stopped) {
    list_old_first();
    clinic_.add_patient();
    clinic_.add_psychologist();
    clinic_.start();
    ASSERT_TRUE(caught_up());
    standby_.promote();
    ASSERT_TRUE(logs("postgres_failed_over")) << log();
    ASSERT_TRUE(ready()) << log();
    book(old_, "48 hours");
    book(standby_, "72 hours");
    ASSERT_TRUE(arrive(2)) << log();
    EXPECT_TRUE(becomes_true(
        [&] { return on(standby_, "select count(*) from punctual.delivery where state = 'accepted'") == "2"; }, 10s));
    EXPECT_EQ(clinic_.stop(), 0);
    EXPECT_EQ(arrived(), 2U);
    EXPECT_EQ(on(old_, "select count(*) from punctual.delivery"), "0");
}

TEST_F(failover, sends_nothing_again_whose_commits_were_lost) {
    clinic_.add_patient();
    clinic_.add_psychologist();
    clinic_.start();
    book(old_, "48 hours");
    ASSERT_TRUE(arrive(2)) << log();
    ASSERT_TRUE(becomes_true(
        [&] { return on(old_, "select count(*) from punctual.delivery where state = 'accepted'") == "2"; }, 10s));
    ASSERT_TRUE(caught_up());
    // The next booking reaches the standby; what the daemon writes of it does not.
    sql_session holding{old_.conninfo("clinic")};
    holding.run("begin");
    holding.run("lock table punctual.delivery in exclusive mode");
    book(old_, "72 hours");
    ASSERT_TRUE(caught_up());
    standby_.psql("alter system set primary_conninfo = ''");
    standby_.psql("select pg_reload_conf()");
    ASSERT_TRUE(becomes_true([&] { return standby_.psql("select count(*) from pg_stat_wal_receiver") == "0"; }, 10s));
    holding.run("commit");
    ASSERT_TRUE(arrive(4)) << log();
    ASSERT_TRUE(becomes_true(
        [&] { return on(old_, "select count(*) from punctual.delivery where state = 'accepted'") == "4"; }, 10s));
    old_.stop(stop_mode::immediate);
    standby_.promote();
    ASSERT_TRUE(ready()) << log();
    EXPECT_TRUE(becomes_true(
        [&] { return on(standby_, "select count(*) from punctual.delivery where state = 'accepted'") == "4"; }, 30s))
        << log();
    EXPECT_EQ(arrived(), 4U);
    EXPECT_EQ(on(standby_, "select count(*) from punctual.delivery where reason = 'reconciled'"), "2");
    EXPECT_THAT(clinic_.get("/metrics").body, HasSubstr("punctual_lost_commits_total 2"));
    EXPECT_EQ(clinic_.stop(), 0);
}

TEST_F(failover, reminds_of_visits_whose_move_or_cancellation_was_lost) {
    clinic_.add_patient();
    clinic_.add_psychologist();
    clinic_.start();
    book(old_, "24 hours 20 seconds");
    book(old_, "24 hours 20 seconds");
    ASSERT_TRUE(arrive(4)) << log();
    ASSERT_TRUE(becomes_true(
        [&] { return on(old_, "select count(*) from punctual.delivery where state = 'accepted'") == "4"; }, 10s));
    ASSERT_TRUE(caught_up());
    standby_.psql("alter system set primary_conninfo = ''");
    standby_.psql("select pg_reload_conf()");
    ASSERT_TRUE(becomes_true([&] { return standby_.psql("select count(*) from pg_stat_wal_receiver") == "0"; }, 10s));
    on(old_, "update punctual.appointment set starts_at = starts_at + interval '3 days' where id = 1");
    on(old_, "update punctual.appointment set status = 'cancelled' where id = 2");
    ASSERT_TRUE(arrive(8)) << log();
    old_.stop(stop_mode::immediate);
    standby_.promote();
    ASSERT_TRUE(ready()) << log();
    EXPECT_TRUE(logs("versions_went_back appointments=2")) << log();
    EXPECT_TRUE(becomes_true(
        [&] {
            return on(standby_,
                      "select count(distinct appointment_id) from punctual.delivery where kind = 'reminder_24h' and "
                      "state = 'accepted'") == "2";
        },
        60s))
        << log();
    EXPECT_EQ(clinic_.stop(), 0);
}

}  // namespace
