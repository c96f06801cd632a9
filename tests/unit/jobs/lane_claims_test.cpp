#include "jobs/lane_claims.hpp"

#include "support/sample_delivery.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::channel;

constexpr boot_time now{1h};
constexpr std::size_t largest = 200;
constexpr std::size_t connections = 4;

class lane_claims_test : public testing::Test {
protected:
    void push(channel by, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            domain::planned_delivery one;
            one.channel = by;
            one.due_at = test::sample_now;
            subject.push(one);
        }
    }

    const std::vector<channel> channels{channel::email, channel::whatsapp, channel::sms};
    lane_claims subject{channels, {0, 20, 0}, largest};
};

TEST_F(lane_claims_test, has_what_was_not_written_in_its_queue_again) {
    push(channel::email, 3);
    EXPECT_EQ(subject.take(2, lane_claims::everything).size(), 2U);
    EXPECT_EQ(subject.queued(), 1U);
    subject.put_back();
    EXPECT_EQ(subject.queued(), 3U);
    EXPECT_EQ(subject.take(2, lane_claims::everything).size(), 2U);
    subject.written();
    subject.put_back();
    EXPECT_EQ(subject.queued(), 1U);
}

TEST_F(lane_claims_test, allows_a_limited_channel_a_burst_and_the_others_all_that_waits) {
    push(channel::email, 10);
    push(channel::whatsapp, 10);
    EXPECT_EQ(subject.claimable(subject.allowed(now, connections)), 12U) << "a tenth of a second's twenty";
    EXPECT_EQ(subject.claimable(lane_claims::everything), 20U);
}

TEST_F(lane_claims_test, says_when_a_limited_channel_may_send_again) {
    push(channel::whatsapp, 10);
    for (int i = 0; i < 2; ++i) {
        subject.started(channel::whatsapp);
        subject.handed_over(channel::whatsapp, now);
        subject.ended(channel::whatsapp, true);
    }
    EXPECT_EQ(subject.claimable(subject.allowed(now, connections)), 0U);
    EXPECT_EQ(subject.next_allowed(now), now + 100ms);
}

TEST_F(lane_claims_test, says_nothing_of_time_when_nothing_waits) {
    EXPECT_EQ(subject.next_allowed(now), boot_time::max());
}

TEST_F(lane_claims_test, asks_for_unlimited_channels_together_and_for_each_limited_one_alone) {
    const auto shares = subject.retry_shares(now, 50, connections);
    ASSERT_EQ(shares.size(), 2U);
    EXPECT_EQ(shares[0].channels, (std::vector{channel::email, channel::sms}));
    EXPECT_EQ(shares[0].limit, 50U);
    EXPECT_EQ(shares[1].channels, std::vector{channel::whatsapp});
    EXPECT_EQ(shares[1].limit, 2U);
}

TEST_F(lane_claims_test, lets_what_comes_new_wait_behind_a_backlog_of_its_own_channel_alone) {
    push(channel::email, 1);
    push(channel::sms, 1);
    subject.note_backlog(channel::sms, true);
    const auto parked = subject.behind_backlog();
    EXPECT_EQ(subject.claimable(parked), 1U);
    EXPECT_EQ(parked.at(index_of(channel::sms)), largest);
    EXPECT_FALSE(subject.waits(channel::whatsapp, test::sample_now));
    EXPECT_TRUE(subject.waits(channel::sms, test::sample_now));
}

TEST_F(lane_claims_test, remembers_the_first_retry_it_was_told_of) {
    EXPECT_TRUE(subject.retry_at(test::sample_now + 10s));
    EXPECT_FALSE(subject.retry_at(test::sample_now + 20s));
    EXPECT_TRUE(subject.retry_at(test::sample_now + 5s));
    EXPECT_EQ(subject.next_retry(), test::sample_now + 5s);
    EXPECT_FALSE(subject.retries_due(test::sample_now + 4s));
    EXPECT_TRUE(subject.retries_due(test::sample_now + 5s));
    EXPECT_TRUE(subject.waits(channel::whatsapp, test::sample_now + 5s));
    subject.forget_retry();
    EXPECT_FALSE(subject.retries_due(test::sample_now + 5s));
}

TEST_F(lane_claims_test, leaves_a_channel_alone_that_waits_for_a_connection) {
    for (std::size_t i = 0; i < connections; ++i) {
        subject.started(channel::whatsapp);
        subject.handed_over(channel::whatsapp, now);
    }
    EXPECT_EQ(subject.pause_of(channel::whatsapp, now + 1min, connections), 100ms);
    EXPECT_EQ(subject.pause_of(channel::email, now, connections), 0ms);
}

}  // namespace
}  // namespace punctual::jobs
