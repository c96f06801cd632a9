#include "component/jobs/feed_follower_fixture.hpp"

namespace punctual::test {
namespace {

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

TEST_F(feed_follower, finds_what_has_gone_back_to_an_earlier_version_and_counts_it) {
    start();
    const auto moved = book(48h);
    settle();
    const auto was = rows;
    move(moved, 240h);
    settle();
    rows.lose_commits_since(was);
    advance(61s);
    EXPECT_EQ(schedule.find(moved)->starts_at, rows.appointments.at(moved).what.starts_at);
    EXPECT_NE(metrics->text().find("punctual_drift_total 1\n"), std::string::npos) << metrics->text();
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

TEST_F(feed_follower, counts_no_drift_of_what_changes_while_the_horizon_moves) {
    start();
    const auto id = book(40 * 24h);
    settle();
    ASSERT_FALSE(schedule.find(id));
    advance(59min);
    // Into the hour that comes into range; committed behind the read's snapshot and told before its end.
    bool moved = false;
    std::vector<domain::appointment_image> hidden;
    store.pause = [&](std::string_view call) -> net::task<> {
        if (call != "snapshot" || std::exchange(moved, true)) {
            co_return;
        }
        move(id, rules.horizon - 10min);
        const auto alarm = clock.make_alarm();
        co_await alarm->wait_until(clock.boot_now() + 2s);
        hidden.push_back(rows.appointments.at(id));
        rows.appointments.erase(id);
    };
    for (int i = 0; i < 600 && hidden.empty(); ++i) {
        advance(1s);
    }
    ASSERT_EQ(hidden.size(), 1U);
    rows.appointments[id] = hidden.front();
    advance(5min);
    EXPECT_TRUE(schedule.find(id));
    EXPECT_NE(metrics->text().find("punctual_drift_total 0\n"), std::string::npos) << metrics->text();
}

TEST_F(feed_follower, reads_what_came_into_range_again_when_that_failed) {
    start();
    const auto id = book(rules.horizon + 30min);
    settle();
    ASSERT_FALSE(schedule.find(id));
    advance(59min);
    store.fault = [](std::string_view call) { return call == "snapshot" ? store_fault::away : store_fault::none; };
    advance(10min);
    EXPECT_FALSE(schedule.find(id));
    store.fault = nullptr;
    advance(5s);
    EXPECT_TRUE(schedule.find(id));
    EXPECT_NE(metrics->text().find("punctual_drift_total 0\n"), std::string::npos) << metrics->text();
}

}  // namespace
}  // namespace punctual::test
