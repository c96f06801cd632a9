// Lanes whose channels may send only so many messages a second.

#include "support/jobs_fixture.hpp"

#include <algorithm>

namespace punctual::test {
namespace {

using domain::channel;
using domain::delivery_state;

class lane_pace : public jobs_fixture {
protected:
    lane_pace() { run(recorder.run()); }

    jobs::lane& start(fake_sender& sender, domain::channel_counts per_second) {
        sender.judge = [this](const auto& what, const auto&) { stamps[what.channel].push_back(clock.boot_now()); };
        subject = make_lane(sender, recorder, {.name = "paced", .instance = "one", .per_second = per_second});
        run(subject->run());
        settle();
        return *subject;
    }
    std::vector<domain::planned_delivery> due_by(channel by, std::size_t count) {
        std::vector<domain::planned_delivery> made;
        for (std::size_t i = 0; i < count; ++i) {
            made.push_back(due(book(24h), by));
        }
        return made;
    }
    void leave_waiting(const std::vector<domain::planned_delivery>& rows_due) {
        memory_store other{rows, clock};
        auto left = rows_due;
        for (auto& row : left) {
            row.state = delivery_state::retrying;
            row.next_attempt_at = clock.wall_now();
        }
        ASSERT_TRUE(run_task(context, other.claim(left, {.instance = "other", .length = 30s, .granted_at = {}}, {})));
    }
    [[nodiscard]] std::size_t sent(channel by) { return stamps[by].size(); }
    // The most in any second.
    [[nodiscard]] std::size_t busiest_second(channel by) {
        const auto& all = stamps[by];
        std::size_t most = 0;
        for (auto first = all.begin(); first != all.end(); ++first) {
            most = std::max(most, static_cast<std::size_t>(std::lower_bound(first, all.end(), *first + 1s) - first));
        }
        return most;
    }

    std::map<channel, std::vector<boot_time>> stamps;
    fake_sender mails{clock};
    fake_sender texts{clock, {channel::whatsapp, channel::sms}};
    jobs::recorder recorder{store, clock, log};
    std::unique_ptr<jobs::lane> subject;
};

TEST_F(lane_pace, sends_what_is_due_at_once_no_faster_than_its_limit) {
    auto& lane = start(mails, {20, 0, 0});
    lane.push(due_by(channel::email, 100));
    advance(1s);
    EXPECT_GE(sent(channel::email), 20U);
    EXPECT_LE(sent(channel::email), 22U);
    advance(5s);
    EXPECT_EQ(sent(channel::email), 100U);
    EXPECT_LE(busiest_second(channel::email), 22U);
}

TEST_F(lane_pace, sends_one_that_is_due_alone_at_once) {
    auto& lane = start(mails, {1, 0, 0});
    lane.push(due_by(channel::email, 1));
    settle();
    EXPECT_EQ(sent(channel::email), 1U);
}

TEST_F(lane_pace, claims_a_burst_at_a_time_and_not_each_message) {
    auto& lane = start(mails, {200, 0, 0});
    lane.push(due_by(channel::email, 200));
    advance(2s);
    EXPECT_EQ(sent(channel::email), 200U);
    EXPECT_LE(store.calls["claim"], 12);
}

TEST_F(lane_pace, wakes_up_for_a_burst_and_not_in_between) {
    auto& lane = start(mails, {10, 0, 0});
    lane.push(due_by(channel::email, 2));
    settle();
    EXPECT_EQ(clock.next_alarm() - clock.boot_now(), 100ms);
}

TEST_F(lane_pace, lets_a_slow_channel_hold_up_no_other) {
    auto& lane = start(texts, {0, 0, 1});
    lane.push(due_by(channel::sms, 10));
    lane.push(due_by(channel::whatsapp, 50));
    settle();
    EXPECT_EQ(sent(channel::whatsapp), 50U);
    EXPECT_EQ(sent(channel::sms), 1U);
    advance(9s);
    EXPECT_EQ(sent(channel::sms), 10U);
    EXPECT_LE(busiest_second(channel::sms), 2U);
}

TEST_F(lane_pace, takes_up_what_waits_in_the_database_no_faster_than_its_limit) {
    auto& lane = start(texts, {0, 0, 20});
    auto left = due_by(channel::sms, 100);
    const auto others = due_by(channel::whatsapp, 30);
    left.insert(left.end(), others.begin(), others.end());
    leave_waiting(left);
    lane.retry_at(clock.wall_now());
    settle();
    EXPECT_EQ(sent(channel::whatsapp), 30U);
    EXPECT_LE(sent(channel::sms), 2U);
    advance(6s);
    EXPECT_EQ(sent(channel::sms), 100U);
    EXPECT_LE(busiest_second(channel::sms), 22U);
    // About a claim for each burst and the look for the next; not one each millisecond.
    EXPECT_LE(store.calls["claim_retries"], 130);
}

// One row that waits for its turn is no reason to write down all that is due by other channels.
TEST_F(lane_pace, parks_no_queue_behind_a_channel_that_it_does_not_wait_for) {
    texts.slots = 1;
    auto& lane = start(texts, {0, 0, 1});
    leave_waiting(due_by(channel::sms, 3));
    lane.retry_at(clock.wall_now());
    texts.gate.close();
    lane.push(due_by(channel::whatsapp, 100));
    settle();
    EXPECT_GT(lane.queued(), 80U);
    EXPECT_LT(count(delivery_state::retrying), 4U);
    texts.gate.open();
    advance(5s);
    EXPECT_EQ(sent(channel::whatsapp), 100U);
    EXPECT_EQ(sent(channel::sms), 3U);
}

// Its place among the messages of its second must not be lost with it.
TEST_F(lane_pace, sends_what_was_given_back_before_its_turn_when_the_provider_works_again) {
    texts.slots = 1;
    auto& lane = start(texts, {0, 0, 1});
    texts.gate.close();
    lane.push(due_by(channel::whatsapp, 3));
    settle();
    lane.push(due_by(channel::sms, 1));
    settle();
    ASSERT_EQ(lane.under_way(), 4U);
    bool busy = true;
    const auto stamp = texts.judge;
    texts.judge = [&](const auto& what, jobs::attempt& made) {
        if (busy) {
            made.sign = jobs::provider_sign::busy;
            made.hold = 5s;
        }
        stamp(what, made);
    };
    texts.gate.open();
    settle();
    ASSERT_EQ(sent(channel::sms), 0U);
    busy = false;
    advance(20s);
    EXPECT_EQ(sent(channel::sms), 1U);
    EXPECT_EQ(sent(channel::whatsapp), 3U);
}

// Its lease had run out, and it was taken up anew by the same process while another took the place: given back, it
// would go twice.
TEST_F(lane_pace, gives_back_nothing_that_is_under_way) {
    auto& lane = start(mails, {1, 0, 0});
    mails.gate.close();
    lane.push(due_by(channel::email, 1));
    settle();
    ASSERT_EQ(lane.under_way(), 1U);
    advance(10s);  // there is a message to spare again
    auto& row = rows.deliveries.begin()->second;
    row.state = delivery_state::retrying;
    row.next_attempt_at = clock.wall_now();
    const auto other = run_task(
        context, store.claim(due_by(channel::email, 1), {.instance = "one", .length = 30s, .granted_at = {}}, {}));
    ASSERT_TRUE(other);
    store.fault = [&](std::string_view call) {
        if (call == "claim_retries") {
            lane.adopt(*other);
        }
        return store_fault::none;
    };
    lane.retry_at(clock.wall_now());
    settle();
    store.fault = nullptr;
    EXPECT_EQ(lane.under_way(), 2U);
    EXPECT_EQ(count(delivery_state::claimed), 2U);
    mails.gate.open();
    advance(10s);
    EXPECT_EQ(sent(channel::email), 2U);
    EXPECT_EQ(count(delivery_state::accepted), 2U);
}

TEST_F(lane_pace, gives_back_what_is_adopted_over_its_limit_and_sends_it_later) {
    auto& lane = start(mails, {10, 0, 0});
    const auto claimed = run_task(
        context, store.claim(due_by(channel::email, 20), {.instance = "one", .length = 30s, .granted_at = {}}, {}));
    ASSERT_TRUE(claimed);
    lane.adopt(*claimed);
    settle();
    EXPECT_EQ(sent(channel::email), 1U);
    EXPECT_EQ(lane.under_way(), 0U);
    advance(5s);
    EXPECT_EQ(sent(channel::email), 20U);
    EXPECT_LE(busiest_second(channel::email), 11U);
}

TEST_F(lane_pace, counts_nothing_that_was_skipped) {
    auto& lane = start(mails, {2, 0, 0});
    mails.skips = [](const auto&) { return true; };
    lane.push(due_by(channel::email, 100));
    advance(1ms);
    EXPECT_EQ(count(delivery_state::skipped), 100U);
}

// Else those that had waited for a connection would go together when the provider wakes up.
TEST_F(lane_pace, has_no_more_under_way_than_connections_while_the_provider_stands) {
    mails.slots = 5;
    auto& lane = start(mails, {20, 0, 0});
    mails.gate.close();
    lane.push(due_by(channel::email, 100));
    advance(10s);
    EXPECT_EQ(lane.under_way(), 5U);
    mails.gate.open();
    advance(10s);
    EXPECT_EQ(sent(channel::email), 100U);
    EXPECT_LE(busiest_second(channel::email), 20U + 2U + 5U);
}

TEST_F(lane_pace, sends_without_a_limit_all_that_is_due) {
    auto& lane = start(mails, domain::channel_counts{});
    lane.push(due_by(channel::email, 500));
    settle();
    EXPECT_EQ(sent(channel::email), 500U);
}

// The provider takes fewer at a time than when they were claimed.
TEST_F(lane_pace, gives_back_in_time_what_waits_for_a_connection_while_no_channel_may_send_more) {
    texts.gate.close();
    texts.slots = 4;
    auto& lane = start(texts, {0, 100, 100});
    lane.push(due_by(channel::whatsapp, 4));
    settle();
    ASSERT_EQ(lane.under_way(), 4U);
    texts.slots = 1;
    lane.push(due_by(channel::sms, 1));
    settle();
    ASSERT_EQ(lane.under_way(), 5U) << "one more, that has no connection";
    leave_waiting(due_by(channel::whatsapp, 1));
    lane.retry_at(clock.wall_now());
    advance(4999ms);
    EXPECT_EQ(lane.under_way(), 5U);
    const auto written = store.calls["record"];
    advance(1ms);
    EXPECT_EQ(store.calls["record"], written + 1) << "somebody else may have room for it";
}

}  // namespace
}  // namespace punctual::test
