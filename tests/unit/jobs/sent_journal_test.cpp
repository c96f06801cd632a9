#include "jobs/sent_journal.hpp"

#include "support/sample_delivery.hpp"

#include <gtest/gtest.h>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;

constexpr boot_time start{1h};

domain::claimed_delivery sample() {
    return sample_delivery(domain::kind::confirmation, 48h);
}
domain::outcome accepted() {
    domain::outcome how;
    how.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    how.provider_id = "queue-1";
    return how;
}

TEST(sent_journal, is_silent_without_a_failover) {
    jobs::sent_journal journal;
    journal.remember(sample(), accepted(), start);
    EXPECT_FALSE(journal.find(sample(), start + 1s));
}

TEST(sent_journal, knows_a_message_by_what_it_is_and_not_by_its_row) {
    jobs::sent_journal journal;
    journal.remember(sample(), accepted(), start);
    journal.failed_over(start + 5s);
    auto again = sample();
    again.id = "11111111-d9cb-469f-a165-70867728950e";
    again.attempts = 3;
    const auto found = journal.find(again, start + 6s);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, again.id);
    EXPECT_EQ(found->attempts, 3);
    EXPECT_EQ(found->provider_id, "queue-1");
    EXPECT_EQ(found->state, domain::delivery_state::accepted);
    EXPECT_EQ(found->reason, domain::reason::reconciled);
}

TEST(sent_journal, takes_a_booking_that_got_a_lost_id_for_another_one) {
    jobs::sent_journal journal;
    journal.remember(sample(), accepted(), start);
    journal.failed_over(start + 5s);
    auto other = sample();
    other.what.starts_at += 1h;
    EXPECT_FALSE(journal.find(other, start + 6s));
    other = sample();
    other.recipient.id = 8;
    EXPECT_FALSE(journal.find(other, start + 6s));
    other = sample();
    other.version = 3;
    EXPECT_FALSE(journal.find(other, start + 6s));
}

TEST(sent_journal, says_nothing_of_what_was_sent_after_the_failover_or_long_before_it) {
    jobs::sent_journal journal;
    journal.remember(sample(), accepted(), start);
    journal.failed_over(start + jobs::sent_journal::kept_for + 1s);
    EXPECT_FALSE(journal.find(sample(), start + jobs::sent_journal::kept_for + 2s));
    journal.remember(sample(), accepted(), start + jobs::sent_journal::kept_for + 3s);
    EXPECT_FALSE(journal.find(sample(), start + jobs::sent_journal::kept_for + 4s));
}

TEST(sent_journal, is_asked_for_a_while_only) {
    jobs::sent_journal journal;
    journal.remember(sample(), accepted(), start);
    journal.failed_over(start + 5s);
    EXPECT_TRUE(journal.find(sample(), start + 5s + jobs::sent_journal::kept_for));
    EXPECT_FALSE(journal.find(sample(), start + 6s + jobs::sent_journal::kept_for));
}

TEST(sent_journal, forgets_what_is_old_and_what_is_too_much) {
    jobs::sent_journal journal;
    auto one = sample();
    for (std::size_t i = 0; i < jobs::sent_journal::most_kept + 10; ++i) {
        one.appointment = static_cast<domain::appointment_id>(i);
        journal.remember(one, accepted(), start);
    }
    EXPECT_EQ(journal.size(), jobs::sent_journal::most_kept);
    journal.remember(sample(), accepted(), start + jobs::sent_journal::kept_for + 1s);
    EXPECT_EQ(journal.size(), 1U);
}

}  // namespace
}  // namespace punctual::test
