#include "component/jobs/feed_follower_fixture.hpp"
#include "jobs/attempts.hpp"
#include "net/async/keep_running.hpp"

#include <stdexcept>

namespace punctual::test {
namespace {

using domain::delivery_state;

TEST_F(feed_follower, confirms_a_booking_at_the_bell) {
    start();
    book(48h);
    settle();
    EXPECT_EQ(kinds(), (std::vector{domain::kind::confirmation, domain::kind::confirmation}));
}

TEST_F(feed_follower, confirms_a_booking_within_a_second_without_a_bell) {
    start();
    rings = false;
    book(48h);
    advance(900ms);
    EXPECT_EQ(sender.sent.size(), 2U);
}

TEST_F(feed_follower, confirms_what_was_booked_while_nobody_looked) {
    book(48h);
    start();
    EXPECT_EQ(sender.sent.size(), 2U);
}

TEST_F(feed_follower, has_tried_again_at_its_time_what_another_process_left_waiting) {
    start();
    auto row = due(book(24h));
    advance(2s);
    sender.sent.clear();
    row.state = delivery_state::retrying;
    row.next_attempt_at = clock.wall_now() + 5s;
    memory_store other{rows, clock};
    ASSERT_TRUE(run_task(context, other.claim({row}, {.instance = "other", .length = 30s, .granted_at = {}}, {})));
    advance(4999ms);
    EXPECT_TRUE(sender.sent.empty());
    advance(1ms);
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(feed_follower, holds_what_the_tables_say_when_a_failover_has_lost_a_move_and_a_cancellation) {
    start();
    const auto moved = book(48h);
    const auto cancelled = book(48h);
    settle();
    const auto was = rows;
    move(moved, 240h);
    auto off = image(48h);
    off.status = domain::appointment_status::cancelled;
    rows.change_to(cancelled, off, clock.wall_now());
    settle();
    ASSERT_EQ(schedule.find(moved)->version, 2);
    ASSERT_FALSE(schedule.find(cancelled)->open);
    rows.lose_commits_since(was);
    subject.resync();
    settle();
    ASSERT_TRUE(schedule.find(moved));
    EXPECT_EQ(schedule.find(moved)->starts_at, rows.appointments.at(moved).what.starts_at);
    EXPECT_TRUE(schedule.find(cancelled)->open);
    std::vector<domain::due_moment> due;
    schedule.fire(clock.wall_now() + 24h, 10, due);
    EXPECT_EQ(due.size(), 2U);
}

TEST_F(feed_follower, tells_when_the_lease_of_another_process_ends) {
    start();
    const auto row = due(book(24h));
    advance(2s);
    memory_store other{rows, clock};
    ASSERT_TRUE(run_task(context, other.claim({row}, {.instance = "other", .length = 30s, .granted_at = {}}, {})));
    const auto end = clock.wall_now() + 30s;
    advance(900ms);
    EXPECT_EQ(lease_end, end);
}

TEST_F(feed_follower, wakes_the_schedule_when_the_clock_was_set_and_nobody_said_so) {
    start();
    advance(2s);
    const auto before = wakes;
    clock.step_wall(3h);
    advance(900ms);
    EXPECT_EQ(wakes, before + 1);
    clock.step_wall(-3h);
    advance(900ms);
    EXPECT_EQ(wakes, before + 2);
    advance(10s);
    EXPECT_EQ(wakes, before + 2);
}

TEST_F(feed_follower, tells_of_a_change_once) {
    start();
    book(48h);
    advance(10s);
    subject.bell();
    advance(10s);
    EXPECT_EQ(sender.sent.size(), 2U);
}

TEST_F(feed_follower, folds_changes_that_come_in_one_look_into_one_notice) {
    start();
    const auto id = book(48h);
    settle();
    rings = false;
    move(id, 72h);
    move(id, 96h);
    advance(900ms);
    EXPECT_EQ(std::ranges::count(kinds(), domain::kind::reschedule), 2);
}

TEST_F(feed_follower, says_nothing_of_a_change_that_was_taken_back) {
    start();
    const auto id = book(48h);
    settle();
    const auto first = rows.appointments.at(id);
    rings = false;
    move(id, 72h);
    rows.change_to(id, first, clock.wall_now());
    advance(900ms);
    EXPECT_EQ(std::ranges::count(kinds(), domain::kind::reschedule), 0);
}

TEST_F(feed_follower, tells_of_a_deleted_appointment_and_asks_for_its_room_to_be_ended) {
    start();
    const auto id = book(48h);
    settle();
    rows.remove(id, clock.wall_now());
    settle();
    EXPECT_EQ(std::ranges::count(kinds(), domain::kind::cancellation), 2);
    EXPECT_EQ(cancellations, 1);
    EXPECT_EQ(schedule.size(), 0U);
}

TEST_F(feed_follower, holds_what_is_booked_in_the_schedule) {
    start();
    book(48h);
    settle();
    EXPECT_EQ(schedule.next_deadline(), clock.wall_now() + 48h - 37h);  // the look at the night
}

TEST_F(feed_follower, reads_a_page_again_that_could_not_be_settled) {
    start();
    int refused = 0;
    store.fault = [&](std::string_view call) {
        return call == "settle" && refused++ < 3 ? store_fault::away : store_fault::none;
    };
    book(48h);
    settle();
    EXPECT_TRUE(sender.sent.empty());
    advance(3s);
    EXPECT_EQ(sender.sent.size(), 2U);
}

TEST_F(feed_follower, does_not_send_on_a_settlement_whose_answer_was_lost) {
    start();
    int lost = 0;
    store.fault = [&](std::string_view call) {
        return call == "settle" && lost++ == 0 ? store_fault::unknown : store_fault::none;
    };
    book(48h);
    advance(10s);
    EXPECT_TRUE(sender.sent.empty());
    EXPECT_EQ(count(delivery_state::claimed), 2U);
}

TEST_F(feed_follower, leaves_in_the_database_what_its_lane_cannot_carry_now) {
    sender.slots = 1;
    sender.gate.close();
    start();
    rings = false;
    for (int i = 0; i < 10; ++i) {
        book(48h);
    }
    advance(900ms);
    EXPECT_EQ(count(delivery_state::claimed), 8U);
    EXPECT_EQ(count(delivery_state::retrying), 12U);
}

TEST_F(feed_follower, sends_what_was_left_when_the_lane_has_room_again) {
    sender.slots = 1;
    sender.gate.close();
    start();
    rings = false;
    for (int i = 0; i < 10; ++i) {
        book(48h);
    }
    advance(900ms);
    sender.gate.open();
    advance(2s);
    EXPECT_EQ(count(delivery_state::accepted), 20U);
}

TEST_F(feed_follower, says_that_it_is_loaded_after_the_snapshot) {
    EXPECT_FALSE(subject.loaded());
    start();
    EXPECT_TRUE(subject.loaded());
    EXPECT_EQ(loads, 1);
}

TEST_F(feed_follower, is_not_loaded_from_a_lost_connection_to_the_next_snapshot) {
    start();
    store.fault = [](std::string_view) { return store_fault::away; };
    subject.resync();
    advance(5s);
    EXPECT_FALSE(subject.loaded());
    store.fault = nullptr;
    advance(500ms);
    EXPECT_TRUE(subject.loaded());
    EXPECT_EQ(loads, 2);
}

TEST_F(feed_follower, loads_again_when_the_connection_is_lost_during_the_snapshot) {
    int loading = 0;
    store.fault = [&](std::string_view call) {
        if (call == "snapshot" && loading++ == 0) {
            subject.resync();
        }
        return store_fault::none;
    };
    run(subject.run());
    run(subject.run_comparisons());
    advance(2s);
    EXPECT_EQ(loading, 2);
    EXPECT_EQ(loads, 1);
}

TEST_F(feed_follower, drops_what_has_gone_while_it_was_away) {
    start();
    const auto id = book(48h);
    settle();
    ASSERT_EQ(schedule.size(), 1U);
    // As after a restored backup: no trace in the feed.
    rows.appointments.erase(id);
    subject.resync();
    settle();
    EXPECT_EQ(schedule.size(), 0U);
}

TEST_F(feed_follower, does_not_storm_a_database_that_fails) {
    store.fault = [](std::string_view) { return store_fault::away; };
    start();
    advance(10s);
    EXPECT_LE(store.calls["snapshot"], 21);
    EXPECT_GE(store.calls["snapshot"], 20);
}

TEST_F(feed_follower, looks_at_the_feed_no_more_than_needed) {
    start();
    const auto before = store.calls["look"];
    advance(90s);
    EXPECT_EQ(store.calls["look"] - before, 100);
}

// What is booked while the third page of an import of twenty is read.
class feed_follower_import : public feed_follower {
protected:
    void import() {
        rings = false;
        for (int i = 0; i < imported; ++i) {
            book(48h);
        }
        int settlements = 0;
        store.fault = [this, settlements](std::string_view call) mutable {
            if (call == "settle" && ++settlements == 3) {
                late = book(72h);
            }
            if (late != 0 && told_after < 0 && rows.states[late].told) {
                told_after = settlements - 3;
            }
            return store_fault::none;
        };
        advance(900ms);
    }

    static constexpr int imported = 2000;
    domain::appointment_id late = 0;
    int told_after = -1;  // settlements
};

TEST_F(feed_follower_import, does_not_keep_a_booking_waiting) {
    start();
    import();
    EXPECT_GT(told_after, 0);
    EXPECT_LE(told_after, 2);
}

TEST_F(feed_follower_import, is_settled_whole_and_once) {
    start();
    import();
    EXPECT_EQ(rows.deliveries.size(), 2U * (imported + 1));
    EXPECT_TRUE(std::ranges::all_of(rows.changes, &memory_database::change::handled));
    const auto looks = store.calls["look"];
    advance(900ms);
    EXPECT_EQ(store.calls["look"], looks + 1);
}

TEST_F(feed_follower, is_not_loaded_while_the_snapshot_is_read) {
    bool early = false;
    store.fault = [&](std::string_view call) {
        early = early || (call == "snapshot" && subject.loaded());
        return store_fault::none;
    };
    start();
    EXPECT_FALSE(early);
    EXPECT_TRUE(subject.loaded());
}

TEST_F(feed_follower, says_when_it_could_last_read_the_feed) {
    start();
    advance(10s);
    EXPECT_LE(clock.boot_now() - subject.last_look(), 900ms);
    store.fault = [](std::string_view) { return store_fault::away; };
    advance(3s);
    EXPECT_GT(clock.boot_now() - subject.last_look(), 2s);
}

TEST_F(feed_follower, ends_when_it_is_stopped) {
    start();
    const auto before = group.size();
    subject.stop();
    settle();
    EXPECT_EQ(group.size(), before - 2);
}

// --- claimed, and not yet sent -----------------------------------------------------------------------

TEST_F(feed_follower, arms_again_what_a_clock_that_ran_ahead_has_fired) {
    const auto id = book(25h);
    start();
    advance(1s);
    clock.step_wall(3h);
    std::vector<domain::due_moment> due;
    schedule.fire(clock.wall_now(), 10, due);
    EXPECT_EQ(due.size(), 1U);
    clock.step_wall(-3h);
    subject.clock_was_set(-3h);
    advance(1s);
    EXPECT_EQ(loads, 2);
    ASSERT_TRUE(schedule.find(id));
    due.clear();
    schedule.fire(clock.wall_now(), 10, due);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due.front().what.what, domain::moment_type::quiet_texts);
    EXPECT_EQ(schedule.next_deadline(), rows.appointments.at(id).what.starts_at - 24h);
}

TEST_F(feed_follower, claims_first_what_is_of_use_for_the_shortest_time) {
    // Committed while nobody looked: many bookings of next month, and then a cancellation of a visit that is near.
    for (int i = 0; i < 100; ++i) {
        book(20 * 24h);
    }
    const auto near = book(40min);
    rows.states[near].told = rows.appointments.at(near);
    rows.remove(near, clock.wall_now());
    start();
    advance(10s);
    ASSERT_GT(sender.sent.size(), 200U);
    const auto all = kinds();
    const auto first = all.begin();
    EXPECT_EQ(std::count(first, first + 2, domain::kind::cancellation), 2);
}

TEST_F(feed_follower, claims_nothing_of_a_page_while_what_was_due_before_waits) {
    start();
    rings = false;
    const auto reminders = due_many(500);
    for (auto& one : rows.changes) {
        one.handled = true;
    }
    store.pause = [&](std::string_view call) -> net::task<> {
        if (call == "claim") {
            const auto alarm = clock.make_alarm();
            co_await alarm->wait_until(clock.boot_now() + 2s);
        }
    };
    lane->push(reminders);
    book(20 * 24h);
    advance(1s);
    ASSERT_EQ(lane->under_way(), 0U);
    ASSERT_GT(lane->room(), 0U);
    EXPECT_EQ(count(delivery_state::retrying), 2U);
    store.pause = nullptr;
    advance(10s);
    EXPECT_EQ(sender.sent.size(), 502U);
}

TEST_F(feed_follower, reads_everything_again_after_a_round_that_broke) {
    bool breaks = true;
    store.fault = [&](std::string_view call) {
        if (call == "snapshot" && std::exchange(breaks, false)) {
            throw std::runtime_error{"a bug"};
        }
        return store_fault::none;
    };
    book(48h);
    run(net::keep_running("feed", [this] { return subject.run(); }, clock, log, *metrics));
    settle();
    EXPECT_FALSE(subject.loaded());
    EXPECT_TRUE(sender.sent.empty());
    advance(1s);
    EXPECT_TRUE(subject.loaded());
    EXPECT_EQ(sender.sent.size(), 2U);
    EXPECT_TRUE(logged("task_broke task=feed"));
}

TEST_F(feed_follower, sends_nothing_when_the_row_of_a_completed_visit_is_deleted) {
    start();
    const auto id = book(10min);
    settle();
    sender.sent.clear();
    auto held = rows.appointments.at(id);
    held.status = domain::appointment_status::completed;
    rows.change_to(id, held, clock.wall_now());
    rows.remove(id, clock.wall_now());
    advance(2s);
    EXPECT_TRUE(sender.sent.empty());
    EXPECT_EQ(schedule.size(), 0U);
}

TEST_F(feed_follower, counts_the_changes_that_no_bell_told_of) {
    start();
    book(48h);
    settle();
    book(48h);  // in the silence after the bell, which is looked through
    advance(100ms);
    EXPECT_NE(metrics->text().find("punctual_unrung_changes_total 0\n"), std::string::npos);
    rings = false;
    book(48h);
    advance(1s);
    EXPECT_NE(metrics->text().find("punctual_unrung_changes_total 1\n"), std::string::npos);
}

TEST_F(feed_follower, tells_once_that_the_database_is_away) {
    start();
    store.fault = [](std::string_view) { return store_fault::away; };
    subject.resync();
    advance(5min);
    const auto complaints = std::ranges::count_if(log.lines, [](const auto& line) {
        return line.starts_with("snapshot_failed") || line.starts_with("feed_not");
    });
    EXPECT_EQ(complaints, 1);
}

}  // namespace
}  // namespace punctual::test
