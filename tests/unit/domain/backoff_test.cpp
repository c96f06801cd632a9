#include "domain/backoff.hpp"

#include "unit/domain/fixtures.hpp"

#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;

backoff_terms general(int attempts, double fraction = 0.5) {
    return {.failure = passing_failure::general, .attempts = attempts, .fraction = fraction};
}
backoff_terms smtp(int attempts, double fraction = 0.0) {
    return {.failure = passing_failure::smtp_4xx, .attempts = attempts, .fraction = fraction};
}

TEST(backoff, doubles_from_two_seconds_up_to_five_minutes) {
    EXPECT_EQ(backoff_delay(general(1)), 2s);
    EXPECT_EQ(backoff_delay(general(2)), 4s);
    EXPECT_EQ(backoff_delay(general(8)), 256s);
    EXPECT_EQ(backoff_delay(general(9)), 5min);
    EXPECT_EQ(backoff_delay(general(1'000'000)), 5min);
}

TEST(backoff, spreads_by_twenty_per_cent_within_the_cap) {
    EXPECT_EQ(backoff_delay(general(1, 0.0)), 1600ms);
    EXPECT_EQ(backoff_delay(general(1, 1.0)), 2400ms);
    EXPECT_EQ(backoff_delay(general(20, 0.0)), 4min);
    EXPECT_EQ(backoff_delay(general(20, 1.0)), 5min);
}

TEST(backoff, takes_a_fraction_out_of_range_for_the_nearest_end) {
    EXPECT_EQ(backoff_delay(general(1, -3.0)), 1600ms);
    EXPECT_EQ(backoff_delay(general(1, 7.0)), 2400ms);
    EXPECT_EQ(backoff_delay(general(0)), 2s);
    EXPECT_EQ(backoff_delay(general(-5)), 2s);
}

TEST(backoff, waits_a_minute_after_an_smtp_4xx_and_an_hour_at_most) {
    EXPECT_EQ(backoff_delay(smtp(1)), 60s);
    EXPECT_EQ(backoff_delay(smtp(1, 1.0)), 72s);
    EXPECT_EQ(backoff_delay(smtp(2)), 120s);
    EXPECT_EQ(backoff_delay(smtp(6)), 32min);
    EXPECT_EQ(backoff_delay(smtp(7)), 1h);
    EXPECT_EQ(backoff_delay(smtp(50, 1.0)), 1h);
}

TEST(backoff, honours_retry_after_up_to_five_minutes) {
    auto terms = general(1);
    for (const auto& [said, waited] : {std::pair{7s, 7s}, std::pair{1s, 2s}, std::pair{0s, 2s}, std::pair{-5s, 2s},
                                       std::pair{300s, 300s}, std::pair{301s, 300s}, std::pair{99999999999s, 300s}}) {
        terms.retry_after = said;
        EXPECT_EQ(backoff_delay(terms), waited) << said.count();
    }
}

TEST(backoff, gives_up_when_the_next_try_would_not_be_useful) {
    EXPECT_EQ(next_attempt(general(1), two_pm, two_pm + 3s), two_pm + 2s);
    EXPECT_EQ(next_attempt(general(1), two_pm, two_pm + 2s + 1us), two_pm + 2s);
    EXPECT_EQ(next_attempt(general(1), two_pm, two_pm + 2s), std::nullopt);
    EXPECT_EQ(next_attempt(smtp(1), two_pm, two_pm - 1h), std::nullopt);
}

}  // namespace
}  // namespace punctual::domain
