#include "jobs/feed_follower.hpp"

#include "jobs/attempts.hpp"

#include "support/jobs_fixture.hpp"

namespace punctual::test {
namespace {

using domain::delivery_state;

class feed_follower : public jobs_fixture {
protected:
    feed_follower() {
        rows.bell = [this] {
            if (rings) {
                subject.bell();
            }
        };
        run(recorder.run());
        run(lane->run());
    }

    void start() {
        run(subject.run());
        run(subject.run_comparisons());
        settle();
    }
    void move(domain::appointment_id id, std::chrono::seconds ahead) {
        rows.change_to(id, image(ahead), clock.wall_now());
    }
    // Kinds in the order in which they were sent.
    [[nodiscard]] std::vector<domain::kind> kinds() const {
        std::vector<domain::kind> sent;
        for (const auto& one : sender.sent) {
            sent.push_back(one.kind);
        }
        return sent;
    }

    bool rings = true;
    int loads = 0;
    int cancellations = 0;
    int wakes = 0;
    std::optional<wall_time> lease_end;
    fake_sender sender{clock};
    jobs::recorder recorder{store, clock, log};
    std::unique_ptr<jobs::lane> lane = make_lane(sender, recorder);
    domain::schedule schedule{rules, clock.wall_now()};
    jobs::feed_follower subject{"one",
                                30s,
                                schedule,
                                rules,
                                {lane.get()},
                                store,
                                clock,
                                log,
                                *metrics,
                                {.loaded = [this] { ++loads; },
                                 .schedule_changed = [this] { ++wakes; },
                                 .person_changed = [](domain::person_id) {},
                                 .cancelled = [this] { ++cancellations; },
                                 .lease_ends = [this](wall_time when) { lease_end = when; }}};
};

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

TEST_F(feed_follower, takes_up_what_comes_into_range) {
    start();
    book(40 * 24h);
    settle();
    EXPECT_EQ(schedule.size(), 0U);
    clock.pass(5 * 24h);
    advance(1s);
    EXPECT_EQ(schedule.size(), 1U);
}

TEST_F(feed_follower, drops_what_is_moved_out_of_range) {
    start();
    const auto id = book(48h);
    settle();
    move(id, 40 * 24h);
    settle();
    EXPECT_EQ(schedule.size(), 0U);
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

// As senders do: nothing is written without the lease.
class feed_follower_with_waiting_sends : public feed_follower {
protected:
    feed_follower_with_waiting_sends() {
        sender.judge = [this](const auto& what, jobs::attempt& made) {
            if (what.lease.holds(clock.boot_now())) {
                written.push_back(what.kind);
            } else {
                made.sign = jobs::provider_sign::none;
                made.outcome = jobs::untried(what, clock.wall_now(), clock.wall_now());
            }
        };
        start();
        id = book(48h);
        settle();
        written.clear();
        sender.gate.close();
        lane->push(std::vector{due(id)});
        settle();
    }
    void go_on() {
        sender.gate.open();
        advance(2s);
    }
    [[nodiscard]] const memory_database::delivery& reminder() const {
        return rows.deliveries.at(rows.keys.at({id, domain::reminder_kind(0), domain::channel::email, patient, 1}));
    }

    std::vector<domain::kind> written;
    domain::appointment_id id = 0;
};

TEST_F(feed_follower_with_waiting_sends, do_not_write_a_reminder_of_what_was_cancelled_meanwhile) {
    auto off = rows.appointments.at(id);
    off.status = domain::appointment_status::cancelled;
    rows.change_to(id, off, clock.wall_now());
    advance(1s);
    go_on();
    EXPECT_EQ(written, (std::vector{domain::kind::cancellation, domain::kind::cancellation}));
    EXPECT_EQ(reminder().state, delivery_state::superseded);
    EXPECT_EQ(reminder().attempts, 0);
}

TEST_F(feed_follower_with_waiting_sends, do_not_write_a_reminder_of_the_former_time) {
    move(id, 72h);
    advance(1s);
    go_on();
    EXPECT_EQ(written, (std::vector{domain::kind::reschedule, domain::kind::reschedule}));
    EXPECT_EQ(reminder().state, delivery_state::superseded);
}

TEST_F(feed_follower_with_waiting_sends, do_not_write_without_a_bell_either_after_a_second) {
    rings = false;
    rows.remove(id, clock.wall_now());
    advance(1s);
    go_on();
    EXPECT_EQ(std::ranges::count(written, domain::reminder_kind(0)), 0);
    EXPECT_EQ(reminder().state, delivery_state::superseded);
}

// Another daemon settles the change before this one can look again: the feed does not tell of it here.
TEST_F(feed_follower_with_waiting_sends, are_read_again_after_a_lost_connection) {
    rings = false;
    move(id, 72h);
    rows.states[id].version = rows.version_of(id);
    for (auto& one : rows.changes) {
        one.handled = true;
    }
    subject.resync();
    advance(1s);
    go_on();
    EXPECT_TRUE(written.empty());
    EXPECT_EQ(reminder().state, delivery_state::superseded);
}

TEST_F(feed_follower_with_waiting_sends, still_tell_of_a_cancellation_that_is_followed_by_its_deletion) {
    auto off = rows.appointments.at(id);
    off.status = domain::appointment_status::cancelled;
    rows.change_to(id, off, clock.wall_now());
    advance(1s);
    rows.remove(id, clock.wall_now());
    advance(1s);
    go_on();
    EXPECT_EQ(written, (std::vector{domain::kind::cancellation, domain::kind::cancellation}));
}

TEST_F(feed_follower_with_waiting_sends, read_a_person_again_who_has_changed) {
    rows.people.at(patient).email = "new@example.com";
    rows.person_changed(patient, clock.wall_now());
    advance(1s);
    const auto before = sender.sent.size();
    go_on();
    ASSERT_EQ(sender.sent.size(), before + 1);
    EXPECT_EQ(sender.sent.back().recipient.email, "new@example.com");
    EXPECT_EQ(written, std::vector{domain::reminder_kind(0)});
    EXPECT_EQ(reminder().attempts, 1);
}

TEST_F(feed_follower, holds_at_once_what_a_step_forward_brought_within_the_horizon) {
    start();
    advance(10min);
    const auto far = book(60 * 24h);
    advance(1s);
    EXPECT_FALSE(schedule.find(far));
    clock.step_wall(30 * 24h);
    subject.clock_was_set(30 * 24h);
    settle();
    EXPECT_TRUE(schedule.find(far));
    EXPECT_EQ(loads, 1);
}

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

TEST_F(feed_follower, acts_on_a_booking_within_a_second_while_everything_is_compared) {
    start();
    store.pause = [&](std::string_view call) -> net::task<> {
        if (call == "snapshot") {
            const auto alarm = clock.make_alarm();
            co_await alarm->wait_until(clock.boot_now() + 20s);
        }
    };
    for (int i = 0; i < 10'000 && store.calls["snapshot"] < 2; ++i) {
        advance(500ms);
    }
    ASSERT_EQ(store.calls["snapshot"], 2);
    book(48h);  // rings
    advance(1s);
    EXPECT_FALSE(sender.sent.empty());
}

TEST_F(feed_follower, finds_what_the_feed_never_told_of_and_counts_it) {
    start();
    const auto told = book(72h);
    settle();
    // Written while the triggers were disabled.
    const domain::appointment_id untold = 999;
    rows.appointments[untold] = image(48h);
    rows.booked_at[untold] = clock.wall_now();
    rows.appointments.at(told).what.starts_at += 1h;
    advance(61s);
    ASSERT_TRUE(schedule.find(untold));
    EXPECT_EQ(schedule.find(told)->starts_at, rows.appointments.at(told).what.starts_at);
    EXPECT_NE(metrics->text().find("punctual_drift_total 2\n"), std::string::npos) << metrics->text();
    // A notice comes from the feed alone.
    EXPECT_EQ(sender.sent.size(), 2U);
    advance(125min);
    EXPECT_NE(metrics->text().find("punctual_drift_total 2\n"), std::string::npos);
    EXPECT_TRUE(subject.loaded());
}

TEST_F(feed_follower, counts_no_drift_of_what_the_feed_is_about_to_tell_of) {
    start();
    rings = false;
    int snapshots = 0;
    // Committed between the comparison's start and its answer.
    store.pause = [&](std::string_view call) -> net::task<> {
        if (call == "snapshot" && snapshots++ == 0) {
            book(48h);
        }
        co_return;
    };
    advance(61s);
    EXPECT_EQ(snapshots, 1);
    EXPECT_EQ(schedule.size(), 1U);
    EXPECT_EQ(sender.sent.size(), 2U);
    EXPECT_NE(metrics->text().find("punctual_drift_total 0\n"), std::string::npos) << metrics->text();
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
