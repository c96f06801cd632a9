#include "domain/message_pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;

constexpr boot_time start{1h};

void go(message_pace& pace, boot_time now) {
    pace.reserve();
    pace.spend(now);
}

// The most in any second that begins with one of them.
std::size_t busiest_second(const std::vector<boot_time>& sent) {
    std::size_t most = 0;
    for (auto first = sent.begin(); first != sent.end(); ++first) {
        const auto last = std::lower_bound(first, sent.end(), *first + 1s);
        most = std::max(most, static_cast<std::size_t>(last - first));
    }
    return most;
}

TEST(message_pace, lets_a_burst_of_a_tenth_of_a_second_go_at_once) {
    message_pace pace{80};
    EXPECT_EQ(pace.available(start), 8U);
    for (int i = 0; i < 8; ++i) {
        go(pace, start);
    }
    EXPECT_EQ(pace.available(start), 0U);
}

TEST(message_pace, gives_one_more_after_each_interval) {
    message_pace pace{10};
    go(pace, start);
    EXPECT_EQ(pace.available(start + 99ms), 0U);
    EXPECT_EQ(pace.available(start + 100ms), 1U);
    EXPECT_EQ(pace.when(start, 1), start + 100ms);
}

TEST(message_pace, saves_no_more_than_a_burst_however_long_it_was_quiet) {
    message_pace pace{20};
    go(pace, start);
    EXPECT_EQ(pace.available(start + 24h), 2U);
}

TEST(message_pace, waits_for_a_whole_burst_when_more_is_wanted) {
    message_pace pace{80};
    for (int i = 0; i < 8; ++i) {
        go(pace, start);
    }
    EXPECT_EQ(pace.when(start, 3), start + 37500us);
    EXPECT_EQ(pace.when(start, 1000), start + 100ms);
    EXPECT_FALSE(pace.is_ready(start + 99ms, 1000));
    EXPECT_TRUE(pace.is_ready(start + 100ms, 1000));
}

TEST(message_pace, takes_nothing_for_what_is_given_back) {
    message_pace pace{10};
    for (int i = 0; i < 1000; ++i) {
        pace.reserve();
        pace.give_back();
    }
    EXPECT_EQ(pace.available(start), 1U);
}

TEST(message_pace, keeps_a_place_for_what_is_reserved) {
    message_pace pace{20};
    pace.reserve();
    EXPECT_EQ(pace.available(start), 1U);
    pace.reserve();
    EXPECT_EQ(pace.available(start + 24h), 0U);
    EXPECT_GT(pace.when(start + 24h, 1), start + 24h);
}

TEST(message_pace, is_ready_at_the_very_moment_that_it_names) {
    for (const std::size_t rate : {1U, 3U, 7U, 80U, 999U, 10'000U}) {
        message_pace pace{rate};
        auto now = start;
        for (std::size_t i = 0; i < 3 * rate; ++i) {
            now = pace.when(now, 1);
            ASSERT_GE(pace.available(now), 1U) << rate;
            go(pace, now);
        }
        EXPECT_LE(now, start + 3s + 1us) << rate;
    }
}

// At random moments, some reserved and given back, some spent later than they were reserved.
TEST(message_pace, lets_no_second_see_more_than_the_rate_and_a_burst) {
    std::mt19937_64 random{20261122};
    for (const std::size_t rate : {1U, 3U, 20U, 80U, 333U}) {
        message_pace pace{rate};
        std::vector<boot_time> sent;
        std::size_t reserved = 0;
        auto now = start;
        while (now < start + 30s) {
            now += std::chrono::microseconds{random() % (2'000'000 / rate)};
            while (pace.available(now) > 0 && random() % 4 != 0) {
                pace.reserve();
                ++reserved;
            }
            while (reserved > 0 && random() % 3 != 0) {
                --reserved;
                if (random() % 5 == 0) {
                    pace.give_back();
                } else {
                    pace.spend(now);
                    sent.push_back(now);
                }
            }
        }
        EXPECT_LE(busiest_second(sent), rate + pace.burst()) << rate;
        EXPECT_GT(sent.size(), 10 * rate) << rate;
    }
}

}  // namespace
}  // namespace punctual::domain
