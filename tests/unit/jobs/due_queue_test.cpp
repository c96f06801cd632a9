#include "jobs/due_queue.hpp"

#include "support/sample_delivery.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::channel;

constexpr domain::channel_counts any{1000, 1000, 1000};

domain::planned_delivery row(std::size_t reminder, channel by, std::chrono::seconds due) {
    domain::planned_delivery made;
    made.kind = domain::reminder_kind(reminder);
    made.channel = by;
    made.due_at = test::sample_now + due;
    return made;
}

std::vector<channel> channels_of(const std::vector<domain::planned_delivery>& batch) {
    std::vector<channel> found;
    for (const auto& one : batch) {
        found.push_back(one.channel);
    }
    return found;
}

TEST(due_queue, gives_the_reminder_nearest_to_its_visit_first) {
    due_queue queue;
    queue.push(row(0, channel::email, 0s));
    queue.push(row(2, channel::email, 9s));
    const auto batch = queue.take(1, any);
    ASSERT_EQ(batch.size(), 1U);
    EXPECT_EQ(batch[0].kind, domain::reminder_kind(2));
    EXPECT_EQ(queue.size(), 1U);
}

TEST(due_queue, gives_what_has_been_due_longest_first_whatever_its_channel) {
    due_queue queue;
    queue.push(row(0, channel::whatsapp, 2s));
    queue.push(row(0, channel::whatsapp, 4s));
    queue.push(row(0, channel::sms, 1s));
    queue.push(row(0, channel::sms, 3s));
    EXPECT_EQ(channels_of(queue.take(10, any)),
              (std::vector{channel::sms, channel::whatsapp, channel::sms, channel::whatsapp}));
}

TEST(due_queue, lets_a_channel_that_may_not_send_hold_up_no_other) {
    due_queue queue;
    for (int i = 0; i < 5; ++i) {
        queue.push(row(2, channel::sms, 0s));
        queue.push(row(0, channel::whatsapp, 1s));
    }
    EXPECT_EQ(channels_of(queue.take(10, {0, 2, 1})),
              (std::vector{channel::sms, channel::whatsapp, channel::whatsapp}));
    EXPECT_EQ(queue.size(channel::sms), 4U);
    EXPECT_EQ(queue.size(channel::whatsapp), 3U);
}

TEST(due_queue, has_what_is_put_back_in_front_and_in_its_order) {
    due_queue queue;
    for (int i = 1; i <= 3; ++i) {
        queue.push(row(0, channel::email, std::chrono::seconds{i}));
    }
    queue.put_back(queue.take(2, any));
    EXPECT_EQ(queue.size(), 3U);
    const auto batch = queue.take(3, any);
    EXPECT_TRUE(std::ranges::is_sorted(batch, {}, &domain::planned_delivery::due_at));
}

TEST(due_queue, knows_since_when_something_waits) {
    due_queue queue;
    EXPECT_FALSE(queue.oldest_due());
    queue.push(row(2, channel::email, 9s));
    queue.push(row(0, channel::sms, 3s));
    EXPECT_EQ(queue.oldest_due(), test::sample_now + 3s);
    std::ignore = queue.take(2, any);
    EXPECT_FALSE(queue.oldest_due());
}

}  // namespace
}  // namespace punctual::jobs
