// The snapshot and the change feed, as the daemon reads them.

#include "support/sql_session.hpp"
#include "support/store_fixture.hpp"

#include <gmock/gmock.h>

#include <set>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;

class store_feed : public store_fixture {};

TEST_F(store_feed, finds_the_schema_as_it_needs_it) {
    const auto checked = run(store->check_schema(soon()));
    EXPECT_TRUE(checked) << checked.error().message();
}

TEST_F(store_feed, names_what_the_schema_lacks) {
    psql(
        "alter table punctual.delivery drop column fallback_at; "
        "alter table punctual.appointment disable trigger punctual_insert; "
        "alter table punctual.person disable trigger punctual_update");
    const auto checked = run(store->check_schema(soon()));
    ASSERT_FALSE(checked);
    EXPECT_THAT(checked.error().detail, testing::HasSubstr("punctual.delivery.fallback_at timestamp with time zone"));
    EXPECT_THAT(checked.error().detail, testing::HasSubstr("trigger appointment_inserted"));
    EXPECT_THAT(checked.error().detail, testing::HasSubstr("trigger person_updated"));
}

TEST_F(store_feed, tells_of_a_booking_with_nothing_told_before) {
    auto at = mark();
    look(at);
    const auto id = book();
    const auto changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].appointment, id);
    EXPECT_EQ(changes[0].version, 1);
    EXPECT_FALSE(changes[0].told);
    ASSERT_TRUE(changes[0].now);
    EXPECT_EQ(changes[0].now->patient, 1);
    EXPECT_EQ(changes[0].now->psychologist, 2);
    EXPECT_EQ(changes[0].now->what.duration, 60min);
    EXPECT_EQ(changes[0].change_ids.size(), 1U);
    EXPECT_TRUE(look(at).empty());
}

TEST_F(store_feed, folds_several_changes_of_one_appointment_into_one) {
    const auto id = book();
    settle_all();
    auto at = mark();
    psql(
        "update punctual.appointment set starts_at = starts_at + interval '1 hour'; "
        "update punctual.appointment set location = 'Room 5', duration_minutes = 30");
    const auto changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].appointment, id);
    EXPECT_EQ(changes[0].version, 3);
    EXPECT_EQ(changes[0].told->what.duration, 60min);
    EXPECT_EQ(changes[0].now->what.starts_at - changes[0].told->what.starts_at, 1h);
    EXPECT_EQ(changes[0].now->what.location, "Room 5");
    EXPECT_EQ(changes[0].change_ids.size(), 2U);
}

TEST_F(store_feed, knows_what_was_told_of_an_appointment_older_than_the_daemon) {
    book();
    psql("delete from punctual.change");
    auto at = mark();
    psql("update punctual.appointment set starts_at = starts_at + interval '1 hour'");
    const auto changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    ASSERT_TRUE(changes[0].told);
    EXPECT_EQ(changes[0].now->what.starts_at - changes[0].told->what.starts_at, 1h);
    EXPECT_EQ(changes[0].version, 2);
}

TEST_F(store_feed, tells_of_a_deletion_with_how_it_stood) {
    const auto id = book();
    settle_all();
    auto at = mark();
    psql("delete from punctual.appointment");
    const auto changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].appointment, id);
    EXPECT_EQ(changes[0].version, 2);
    EXPECT_TRUE(changes[0].told);
    EXPECT_FALSE(changes[0].now);
}

TEST_F(store_feed, tells_what_the_status_was_before_the_last_change) {
    book();
    auto at = mark();
    EXPECT_FALSE(look(at).at(0).before);
    settle_all();
    at = mark();
    psql("update punctual.appointment set status = 'completed'");
    EXPECT_EQ(look(at).at(0).before, domain::appointment_status::scheduled);
    // Both in one look.
    psql("delete from punctual.appointment");
    const auto both = look(at);
    ASSERT_EQ(both.size(), 1U);
    EXPECT_EQ(both[0].before, domain::appointment_status::completed);
    EXPECT_FALSE(both[0].now);
}

TEST_F(store_feed, gives_what_happened_while_it_was_away) {
    const auto id = book();
    auto at = mark();
    ASSERT_TRUE(visits.contains(id));
    const auto changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_FALSE(changes[0].change_ids.empty());
}

TEST_F(store_feed, shows_what_another_daemon_has_settled_without_change_ids) {
    auto mine = mark();
    look(mine);
    book();
    settle_all();
    const auto changes = look(mine);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_TRUE(changes[0].change_ids.empty());
    EXPECT_TRUE(changes[0].now);
}

TEST_F(store_feed, loses_no_row_when_the_earlier_transaction_commits_later) {
    auto at = mark();
    look(at);
    sql_session slow{server.conninfo()};
    slow.run(
        "begin; insert into punctual.appointment (id, patient_id, psychologist_id, starts_at) "
        "values (901, 1, 2, now() + interval '1 day')");
    psql(
        "insert into punctual.appointment (id, patient_id, psychologist_id, starts_at) "
        "values (902, 1, 2, now() + interval '1 day')");
    const auto first = look(at);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].appointment, 902);
    EXPECT_TRUE(look(at).empty()) << "rows are given once, however long another transaction stays open";
    slow.run("commit");
    const auto second = look(at);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].appointment, 901);
    EXPECT_TRUE(look(at).empty());
}

TEST_F(store_feed, pages_through_a_long_round_and_what_commits_meanwhile) {
    auto at = mark();
    look(at);
    psql(
        "insert into punctual.appointment (patient_id, psychologist_id, starts_at) "
        "select 1, 2, now() + i * interval '1 minute' from generate_series(1, 25) i");
    auto page = must(run(store->look(at, 10, soon())));
    EXPECT_TRUE(page.more);
    EXPECT_EQ(page.changes.size(), 10U);
    const auto late = book();
    std::set<domain::appointment_id> seen;
    for (const auto& change : page.changes) {
        seen.insert(change.appointment);
    }
    at = page.next;
    for (int rounds = 0; rounds < 2; ++rounds) {
        for (const auto& change : look(at, 10)) {
            EXPECT_TRUE(seen.insert(change.appointment).second) << "twice: " << change.appointment;
        }
    }
    EXPECT_EQ(seen.size(), 26U);
    EXPECT_TRUE(seen.contains(late));
}

TEST_F(store_feed, counts_on_for_an_id_that_was_deleted_and_comes_back) {
    const auto id = std::to_string(book());
    const auto again = "insert into punctual.appointment (id, patient_id, psychologist_id, starts_at) values (" + id +
                       ", 1, 2, now() + interval '1 day')";
    settle_all();
    psql("delete from punctual.appointment");
    settle_all();
    psql(again);
    auto at = mark();
    EXPECT_EQ(visits.begin()->second.version, 3);
    auto changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].version, 3);
    settle_all();
    EXPECT_EQ(psql("select string_agg(version || what, ' ' order by id) from punctual.change"),
              "1insert 2delete 3insert");

    // And all of it between two looks.
    psql("delete from punctual.appointment; " + again + "; update punctual.appointment set location = 'x'");
    changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].version, 6);
    psql("delete from punctual.appointment");
    changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].version, 7);
    EXPECT_FALSE(changes[0].now);
}

TEST_F(store_feed, begins_at_what_is_unhandled_wherever_the_kept_start_points) {
    book();
    settle_all();
    must_do(run(store->purge(soon())));
    const auto start = "select xact from punctual.feed_start";
    const auto moved = psql(start);
    EXPECT_EQ(psql("select bool_and(xact < '" + moved + "') from punctual.change"), "t");

    const auto open = book();
    must_do(run(store->purge(soon())));
    EXPECT_EQ(psql("select xact >= (select xact from punctual.feed_start) from punctual.change "
                   "where handled_at is null"),
              "t");
    // Restored into a younger cluster: nothing there is numbered as high.
    psql("update punctual.feed_start set xact = '1000000000'");
    auto at = mark();
    const auto changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].appointment, open);
    EXPECT_EQ(changes[0].change_ids.size(), 1U);
    must_do(run(store->purge(soon())));
    EXPECT_NE(psql(start), "1000000000");
}

TEST_F(store_feed, tells_who_changed) {
    auto at = mark();
    look(at);
    people.clear();
    psql(
        "update punctual.person set email = 'new@example.com' where id = 1; "
        "update punctual.person set email = email where id = 2");
    look(at);
    EXPECT_THAT(people, testing::ElementsAre(1));
}

TEST_F(store_feed, refuses_an_odd_row_by_its_id_and_serves_the_others) {
    auto at = mark();
    look(at);
    const auto odd = book();
    const auto good = book();
    psql("update punctual.appointment set starts_at = 'infinity' where id = " + std::to_string(odd));
    const auto changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].appointment, good);
    EXPECT_THAT(refused, testing::ElementsAre(odd));
    visits.clear();
    mark();
    EXPECT_EQ(visits.size(), 1U);
    psql("update punctual.appointment set starts_at = now() + interval '1 day' where id = " + std::to_string(odd));
    const auto mended = look(at);
    ASSERT_EQ(mended.size(), 1U);
    EXPECT_EQ(mended[0].version, 3);
    EXPECT_FALSE(mended[0].told);
}

TEST_F(store_feed, snapshot_holds_open_appointments_in_range_with_their_versions) {
    const auto kept = book();
    const auto moved = book();
    const auto cancelled = book(", status", ", 'cancelled'");
    const auto in_person = book(", session_type", ", 'in_person'");
    const auto huge = std::int64_t{1} << 60;
    psql("update punctual.appointment set duration_minutes = 30 where id = " + std::to_string(moved));
    psql("insert into punctual.appointment (id, patient_id, psychologist_id, starts_at) values (" +
         std::to_string(huge) +
         ", 1, 2, now() + interval '1 day'), (7001, 1, 2, now() + interval '3 years'), "
         "(7002, 1, 2, now() - interval '3 days')");
    mark();
    EXPECT_EQ(visits.size(), 4U);
    EXPECT_TRUE(visits.contains(huge));
    EXPECT_FALSE(visits.contains(cancelled));
    EXPECT_EQ(visits.at(kept).version, 1);
    EXPECT_EQ(visits.at(moved).version, 2);
    EXPECT_EQ(visits.at(moved).duration, 30min);
    EXPECT_GT(visits.at(moved).booked_at, visits.at(kept).booked_at);
    EXPECT_TRUE(visits.at(kept).telehealth);
    EXPECT_FALSE(visits.at(in_person).telehealth);
    EXPECT_EQ(
        psql("select extract(epoch from starts_at)::bigint from punctual.appointment where id = " +
             std::to_string(kept)),
        std::to_string(
            std::chrono::duration_cast<std::chrono::seconds>(visits.at(kept).starts_at.time_since_epoch()).count()));
}

TEST_F(store_feed, a_confirmation_by_the_patient_leaves_the_version_and_its_time) {
    const auto id = book();
    settle_all();
    auto at = mark();
    const auto booked = visits.at(id).booked_at;
    psql("update punctual.appointment set status = 'confirmed'");
    const auto changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].version, 1);
    EXPECT_EQ(changes[0].changed_at, booked);
    EXPECT_EQ(changes[0].now->status, domain::appointment_status::confirmed);
}

TEST_F(store_feed, tells_with_each_look_what_waits_whoever_wrote_it) {
    auto at = mark();
    const auto nothing = must(run(store->look(at, 100, soon()))).waiting;
    EXPECT_TRUE(nothing.tries.empty());
    EXPECT_FALSE(nothing.lease_end);
    const auto row = [&](std::string_view kind, std::string_view channel, std::string_view state,
                         std::string_view column, std::string_view when) {
        psql(
            "insert into punctual.delivery (appointment_id, kind, channel, recipient_id, recipient_role, version, "
            "state, due_at, useless_after, " +
            std::string{column} + ") values (1, '" + std::string{kind} + "', '" + std::string{channel} +
            "', 1, 'patient', 1, '" + std::string{state} + "', now(), now(), '" + std::string{when} + "')");
    };
    row("reminder_24h", "email", "retrying", "next_attempt_at", "2030-01-01 12:00Z");
    row("reminder_1h", "email", "retrying", "next_attempt_at", "2030-01-01 11:00Z");
    row("reminder_48h", "email", "retrying", "next_attempt_at", "2030-01-01 10:00Z");  // of no plan
    row("reminder_24h", "sms", "retrying", "next_attempt_at", "2030-01-01 14:00Z");
    row("reminder_24h", "whatsapp", "accepted", "fallback_at", "2030-01-01 13:00Z");
    row("reminder_1h", "whatsapp", "claimed", "lease_until", "2030-01-01 15:00Z");
    row("reminder_15m", "whatsapp", "claimed", "lease_until", "2030-01-01 14:59Z");
    const auto waiting = must(run(store->look(at, 100, soon()))).waiting;
    const auto noon = wall_time{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}} + 12h;
    EXPECT_THAT(waiting.tries, testing::ElementsAre(std::pair{domain::channel::email, noon - 1h},
                                                    std::pair{domain::channel::sms, noon + 1h}));
    EXPECT_EQ(waiting.lease_end, noon + 2h + 59min);
}

TEST_F(store_feed, an_empty_look_reads_no_table_pages) {
    psql(
        "insert into punctual.appointment (patient_id, psychologist_id, starts_at) "
        "select 1, 2, now() + i * interval '1 second' from generate_series(1, 20000) i; analyze");
    const auto plan = psql(
        "explain (analyze, buffers, costs off) select c.xact, c.id from punctual.change c "
        "where (c.xact, c.id) > (pg_snapshot_xmin(pg_current_snapshot()), 0) "
        "and not pg_visible_in_snapshot(c.xact, pg_current_snapshot()) order by c.xact, c.id limit 500");
    EXPECT_THAT(plan, testing::HasSubstr("change_pkey"));
    EXPECT_THAT(plan, testing::Not(testing::HasSubstr("Seq Scan")));
}

}  // namespace
}  // namespace punctual::test
