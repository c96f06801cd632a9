#include "jobs/channel_paces.hpp"

#include <gtest/gtest.h>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::channel;

constexpr std::size_t many = 1000;
constexpr boot_time now{1h};

class channel_paces_test : public testing::Test {
protected:
    channel_paces subject{domain::channel_counts{100, 0, 0}};
};

TEST_F(channel_paces_test, leaves_a_channel_without_a_limit_alone) {
    EXPECT_FALSE(subject.limits(channel::sms));
    for (std::size_t i = 0; i < many; ++i) {
        subject.started(channel::sms);
    }
    EXPECT_GE(subject.room(channel::sms, now, 1), many);
    EXPECT_EQ(subject.when(channel::sms, now, many), now);
}

TEST_F(channel_paces_test, gives_no_place_back_for_what_was_never_started) {
    subject.ended(channel::email, false);
    subject.ended(channel::email, true);
    EXPECT_EQ(subject.room(channel::email, now, 2), 2U);
    subject.started(channel::email);
    subject.started(channel::email);
    EXPECT_EQ(subject.room(channel::email, now, 2), 0U);
}

TEST_F(channel_paces_test, starts_no_more_than_there_are_connections) {
    ASSERT_TRUE(subject.limits(channel::email));
    EXPECT_EQ(subject.room(channel::email, now, 2), 2U);
    subject.started(channel::email);
    subject.started(channel::email);
    EXPECT_EQ(subject.room(channel::email, now, 2), 0U);
    subject.ended(channel::email, false);
    EXPECT_EQ(subject.room(channel::email, now, 2), 1U);
}

TEST_F(channel_paces_test, loses_no_place_and_makes_none_when_messages_are_given_back) {
    const auto before = subject.room(channel::email, now, many);
    for (std::size_t i = 0; i < many; ++i) {
        subject.started(channel::email);
        subject.ended(channel::email, false);
        ASSERT_EQ(subject.room(channel::email, now, many), before) << i;
    }
}

TEST_F(channel_paces_test, waits_when_a_burst_has_gone) {
    const auto burst = subject.room(channel::email, now, many);
    for (std::size_t i = 0; i < burst; ++i) {
        subject.started(channel::email);
        subject.handed_over(channel::email, now);
        subject.ended(channel::email, true);
    }
    EXPECT_EQ(subject.room(channel::email, now, many), 0U);
    const auto next = subject.when(channel::email, now, 1);
    EXPECT_EQ(next, now + 10ms);
    EXPECT_EQ(subject.worthwhile(channel::email, next - 1ns, many, 1), 0U);
    EXPECT_EQ(subject.worthwhile(channel::email, next, many, 1), 1U);
    // A commit for a handful, not for each.
    EXPECT_EQ(subject.worthwhile(channel::email, next, many, 2), 0U);
}

}  // namespace
}  // namespace punctual::jobs
