// What the triggers write, whoever the writer is.

#include "net/store/migrate.hpp"
#include "support/private_postgres.hpp"
#include "support/sql_session.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace punctual::test {
namespace {

class schema_feed : public testing::Test {
protected:
    schema_feed() {
        const auto done = net::migrate(server.conninfo(), net::adapter::standalone);
        if (!done) {
            throw std::runtime_error{done.error().message()};
        }
        server.psql(
            "insert into punctual.person (full_name, role) values ('P', 'patient'), ('Q', 'psychologist'); "
            "delete from punctual.change");
    }
    std::string psql(std::string_view sql) { return server.psql(sql); }
    // version, what, old and new start, old image, in the order written.
    std::string feed() {
        return psql(
            "select appointment_id, version, what, old_starts_at is not null, new_starts_at is not null, "
            "old is not null from punctual.change order by id");
    }
    void book(int count = 1) {
        psql(
            "insert into punctual.appointment (patient_id, psychologist_id, starts_at) "
            "select 1, 2, now() + i * interval '1 minute' from generate_series(1, " +
            std::to_string(count) + ") i");
    }

    private_postgres server;
};

TEST_F(schema_feed, an_insert_is_version_one_and_needs_no_state) {
    book();
    EXPECT_EQ(feed(), "1|1|insert|f|t|f");
    EXPECT_EQ(psql("select count(*) from punctual.appointment_state"), "0");
}

TEST_F(schema_feed, each_change_that_people_are_told_of_raises_the_version) {
    book();
    psql(
        "update punctual.appointment set starts_at = starts_at + interval '1 hour'; "
        "update punctual.appointment set starts_at = starts_at - interval '1 hour'; "
        "update punctual.appointment set duration_minutes = 30, session_type = 'in_person'; "
        "update punctual.appointment set status = 'cancelled'; "
        "update punctual.appointment set status = 'scheduled'; "
        "delete from punctual.appointment");
    EXPECT_EQ(feed(),
              "1|1|insert|f|t|f\n1|2|starts_at|t|t|t\n1|3|starts_at|t|t|t\n"
              "1|4|duration_minutes,session_type|t|t|t\n1|5|status|t|t|t\n1|6|status|t|t|t\n1|7|delete|t|f|t");
}

TEST_F(schema_feed, being_confirmed_completed_or_missed_is_recorded_under_the_same_version) {
    book();
    psql(
        "update punctual.appointment set status = 'confirmed'; "
        "update punctual.appointment set status = 'completed'; "
        "update punctual.appointment set status = 'no_show'");
    EXPECT_EQ(psql("select string_agg(version || what, ' ' order by id) from punctual.change"),
              "1insert 1status 1status 1status");
}

TEST_F(schema_feed, an_update_that_changes_nothing_writes_nothing) {
    book();
    const auto before = psql("select updated_at from punctual.appointment");
    psql(
        "update punctual.appointment set starts_at = starts_at, location = null; "
        "update punctual.appointment set location = ''; "
        "update punctual.appointment set cancellation_reason = 'x'; "
        "update punctual.appointment set status = 'cancelled' where false");
    EXPECT_EQ(feed(), "1|1|insert|f|t|f");
    EXPECT_NE(psql("select updated_at from punctual.appointment"), before);
}

TEST_F(schema_feed, an_id_that_comes_back_goes_on_counting) {
    book();
    psql(
        "delete from punctual.appointment; "
        "insert into punctual.appointment (id, patient_id, psychologist_id, starts_at) values (1, 1, 2, now())");
    // The booking itself looks nothing up.
    EXPECT_EQ(psql("select version || what from punctual.unhandled order by id desc limit 1"), "3insert");
    psql("update punctual.appointment set location = 'x'");
    EXPECT_EQ(psql("select version || what from punctual.unhandled order by id desc limit 1"), "4location");
}

TEST_F(schema_feed, an_id_that_was_changed_is_gone_and_goes_on_counting_when_it_comes_back) {
    book();
    psql(
        "update punctual.appointment set id = 50; "
        "insert into punctual.appointment (id, patient_id, psychologist_id, starts_at) values (1, 1, 2, now())");
    EXPECT_EQ(
        psql("select string_agg(appointment_id || what, ' ' order by id, appointment_id) from punctual.unhandled"),
        "1insert 1delete 50insert 1insert");
    EXPECT_EQ(psql("select version || what from punctual.unhandled order by id desc limit 1"), "3insert");
}

TEST_F(schema_feed, columns_of_the_clinic_s_own_of_any_type_stand_in_nobody_s_way) {
    psql(
        "alter table punctual.appointment add column notes json, add column place point; "
        "alter table punctual.person add column card json, add column photo xml, add column last_seen timestamptz");
    book();
    const auto before = psql("select updated_at from punctual.appointment");
    psql("update punctual.appointment set notes = '{}', place = '(1,2)'; update punctual.person set card = '{}'");
    EXPECT_NE(psql("select updated_at from punctual.appointment"), before);
    psql("update punctual.appointment set starts_at = starts_at + interval '1 hour'");
    // What the daemon does not read is no change.
    psql("update punctual.person set card = '[]', photo = '<a/>', last_seen = now()");
    EXPECT_EQ(psql("select string_agg(what, ' ' order by id) from punctual.change"), "insert starts_at");
    psql("update punctual.person set is_active = false where id = 1");
    EXPECT_EQ(psql("select person_id from punctual.change where what = 'person'"), "1");
}

TEST_F(schema_feed, what_is_rolled_back_was_never_there) {
    sql_session session{server.conninfo()};
    session.run(
        "begin; insert into punctual.appointment (patient_id, psychologist_id, starts_at) "
        "values (1, 2, now()); rollback");
    EXPECT_EQ(feed(), "");
}

TEST_F(schema_feed, truncate_is_a_deletion_of_each) {
    book(3);
    psql("truncate punctual.appointment");
    EXPECT_EQ(psql("select count(*) from punctual.change where what = 'delete' and version = 2 and old is not null"),
              "3");
}

TEST_F(schema_feed, an_import_of_a_hundred_thousand_rows_in_one_statement_works) {
    book(100'000);
    EXPECT_EQ(psql("select count(*), min(version), max(version) from punctual.change"), "100000|1|1");
    psql("update punctual.appointment set location = 'x'; delete from punctual.appointment");
    EXPECT_EQ(psql("select what, count(*), min(version), max(version) from punctual.change group by 1 order by 1"),
              "delete|100000|3|3\ninsert|100000|1|1\nlocation|100000|2|2");
}

// The planner knows the feed as it was at the last ANALYZE: with a handful of rows, a scan looks cheaper than the
// index.
TEST_F(schema_feed, a_change_of_many_rows_looks_each_version_up_by_the_index) {
    book(20'000);
    psql(
        "truncate punctual.change; analyze punctual.change; "
        "select pg_stat_reset_single_table_counters('punctual.change'::regclass)");
    psql("update punctual.appointment set location = 'x'; delete from punctual.appointment");
    // A few come from TRUNCATE's own work; it was one a row.
    EXPECT_LT(std::stoi(psql("select seq_scan from pg_stat_user_tables where relid = 'punctual.change'::regclass")),
              100);
    EXPECT_EQ(psql("select what, count(*), max(version) from punctual.change group by 1 order by 1"),
              "delete|20000|3\nlocation|20000|2");
}

TEST_F(schema_feed, copy_and_a_writer_without_rights_of_its_own_here_are_seen_too) {
    psql(
        "create role clinic; grant usage on schema punctual to clinic; "
        "grant select, insert, update on punctual.appointment to clinic");
    psql(
        "set role clinic; copy punctual.appointment (patient_id, psychologist_id, starts_at) from stdin;\n"
        "1\t2\t2030-01-01\n\\.\n"
        "update punctual.appointment set starts_at = '2030-01-02'");
    EXPECT_EQ(psql("select string_agg(version || what, ' ' order by id) from punctual.change"), "1insert 2starts_at");
}

TEST_F(schema_feed, people_s_changes_name_the_person_and_wait_for_nobody) {
    psql("update punctual.person set phone = '1' where id = 1; update punctual.person set phone = phone");
    EXPECT_EQ(psql("select person_id, what, handled_at is not null from punctual.change"), "1|person|t");
}

TEST_F(schema_feed, the_bell_rings_once_for_a_burst) {
    sql_session listener{server.conninfo()};
    listener.run("listen punctual_change");
    // The fixture's people may have rung a moment ago.
    psql("select setval('punctual.bell', 0)");
    book();
    EXPECT_EQ(listener.notifications(), 1);
    // Each as if it had just been rung by somebody.
    const std::string rung_now =
        "select setval('punctual.bell', (extract(epoch from clock_timestamp()) * 1000)::bigint + 900)";
    sql_session writer{server.conninfo()};
    for (int i = 0; i < 50; ++i) {
        writer.run(rung_now +
                   "; insert into punctual.appointment (patient_id, psychologist_id, starts_at) "
                   "values (1, 2, now())");
    }
    const auto rung = listener.notifications();
    EXPECT_LT(rung, 20);
    psql("select setval('punctual.bell', 0)");
    book(1000);
    EXPECT_EQ(listener.notifications(), rung + 1);
}

TEST_F(schema_feed, a_bell_left_quiet_by_a_clock_that_was_set_back_is_woken) {
    sql_session listener{server.conninfo()};
    listener.run("listen punctual_change");
    psql("select setval('punctual.bell', (extract(epoch from now()) * 1000)::bigint + 3600000)");
    book();
    EXPECT_EQ(listener.notifications(), 0);
    EXPECT_EQ(psql("select punctual.wake_bell()"), "t");
    EXPECT_EQ(psql("select punctual.wake_bell()"), "f");
    book();
    EXPECT_EQ(listener.notifications(), 1);
}

TEST_F(schema_feed, the_clinic_waits_for_nothing_that_the_daemon_holds) {
    book();
    sql_session daemon{server.conninfo()};
    daemon.run(
        "begin; insert into punctual.appointment_state (appointment_id) values (1); "
        "update punctual.change set handled_at = now(); "
        "select * from punctual.change for update");
    psql("set lock_timeout = '2s'; update punctual.appointment set location = 'x'; delete from punctual.appointment");
    daemon.run("commit");
    EXPECT_EQ(psql("select count(*) from punctual.change"), "3");
}

}  // namespace
}  // namespace punctual::test
