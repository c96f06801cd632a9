#include "domain/join_window.hpp"

#include "unit/domain/fixtures.hpp"

#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;

const policy rules = default_policy();

TEST(join_window, is_half_an_hour_before_the_start_to_half_an_hour_after_the_end) {
    const auto window = join_window_of(image_at(two_pm).what, rules);
    EXPECT_EQ(window.opens_at, two_pm - 30min);
    EXPECT_EQ(window.closes_at, two_pm + 90min);
}

TEST(join_window, tells_too_early_open_and_too_late_at_its_edges) {
    const auto window = join_window_of(image_at(two_pm).what, rules);
    EXPECT_EQ(window.at(window.opens_at - 1us), join_verdict::too_early);
    EXPECT_EQ(window.at(window.opens_at), join_verdict::open);
    EXPECT_EQ(window.at(window.closes_at - 1us), join_verdict::open);
    EXPECT_EQ(window.at(window.closes_at), join_verdict::too_late);
}

TEST(join_window, lets_tokens_live_to_the_end_and_the_grace) {
    const auto window = join_window_of(image_at(two_pm).what, rules);
    EXPECT_EQ(window.token_lifetime(window.opens_at), 7200s);
    EXPECT_EQ(window.token_lifetime(window.opens_at + 1ms), 7199s);
    EXPECT_EQ(window.token_lifetime(window.closes_at - 1ms), 0s);
    EXPECT_EQ(window.token_lifetime(window.opens_at - 1s), 0s);
    EXPECT_EQ(window.token_lifetime(window.closes_at + 1s), 0s);
}

TEST(join_window, stays_on_the_time_line_at_infinity) {
    const auto window = join_window_of(image_at(wall_time::max()).what, rules);
    EXPECT_EQ(window.closes_at, wall_time::max());
    EXPECT_EQ(window.at(two_pm), join_verdict::too_early);
}

}  // namespace
}  // namespace punctual::domain
