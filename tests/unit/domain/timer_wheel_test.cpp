#include "domain/timer_wheel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::size_t no_limit = 1'000'000;
constexpr wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

std::vector<timer_wheel::timer_id> fire(timer_wheel& wheel, wall_time now, std::size_t limit = no_limit) {
    std::vector<timer_wheel::timer_id> fired;
    wheel.advance(now, limit, [&](timer_wheel::timer_id id) { fired.push_back(id); });
    return fired;
}

TEST(timer_wheel, fires_at_its_moment_and_not_a_microsecond_early) {
    timer_wheel wheel{noon};
    wheel.schedule(7, noon + 10s);
    EXPECT_THAT(fire(wheel, noon + 10s - 1us), IsEmpty());
    EXPECT_THAT(fire(wheel, noon + 10s), ElementsAre(7));
}

TEST(timer_wheel, rounds_a_moment_between_ticks_up) {
    timer_wheel wheel{noon};
    wheel.schedule(1, noon + 1us);
    EXPECT_THAT(fire(wheel, noon + 1us), IsEmpty());
    EXPECT_EQ(wheel.next_deadline(), noon + 1ms);
    EXPECT_THAT(fire(wheel, noon + 1ms), ElementsAre(1));
}

TEST(timer_wheel, fires_once) {
    timer_wheel wheel{noon};
    wheel.schedule(1, noon + 1s);
    EXPECT_THAT(fire(wheel, noon + 1h), ElementsAre(1));
    EXPECT_THAT(fire(wheel, noon + 2h), IsEmpty());
    EXPECT_TRUE(wheel.empty());
    EXPECT_EQ(wheel.next_deadline(), std::nullopt);
}

TEST(timer_wheel, fires_at_once_what_is_scheduled_in_the_past) {
    timer_wheel wheel{noon};
    wheel.schedule(1, noon - 1h);
    wheel.schedule(2, wall_time{-1s});
    wheel.schedule(3, wall_time::min() + 1s);
    EXPECT_LE(wheel.next_deadline(), noon);
    EXPECT_THAT(fire(wheel, noon), UnorderedElementsAre(1, 2, 3));
}

TEST(timer_wheel, forgets_a_cancelled_timer) {
    timer_wheel wheel{noon};
    wheel.schedule(1, noon + 1s);
    EXPECT_TRUE(wheel.cancel(1));
    EXPECT_FALSE(wheel.cancel(1));
    EXPECT_FALSE(wheel.cancel(99));
    EXPECT_EQ(wheel.next_deadline(), std::nullopt);
    EXPECT_THAT(fire(wheel, noon + 1h), IsEmpty());
}

TEST(timer_wheel, fires_a_moved_timer_at_its_new_moment_alone) {
    timer_wheel wheel{noon};
    wheel.schedule(1, noon + 1s);
    wheel.schedule(1, noon + 3s);
    EXPECT_EQ(wheel.size(), 1U);
    EXPECT_EQ(wheel.armed_for(1), noon + 3s);
    EXPECT_THAT(fire(wheel, noon + 2s), IsEmpty());
    EXPECT_THAT(fire(wheel, noon + 3s), ElementsAre(1));
}

TEST(timer_wheel, fires_once_when_moved_away_and_back) {
    timer_wheel wheel{noon};
    wheel.schedule(1, noon + 1s);
    wheel.schedule(1, noon + 3s);
    wheel.schedule(1, noon + 1s);
    EXPECT_THAT(fire(wheel, noon + 10s), ElementsAre(1));
}

TEST(timer_wheel, names_the_exact_next_deadline_at_every_distance) {
    for (const auto distance : {1ms, 255ms, 256ms, 65'535ms, 65'536ms, 86'400'000ms, 3'110'400'000ms}) {
        timer_wheel wheel{noon};
        wheel.schedule(1, noon + distance + 5min);
        wheel.schedule(0, noon + distance);
        EXPECT_EQ(wheel.next_deadline(), noon + distance);
        EXPECT_THAT(fire(wheel, noon + distance), ElementsAre(0)) << distance.count();
        EXPECT_EQ(wheel.next_deadline(), noon + distance + 5min);
    }
}

TEST(timer_wheel, wakes_a_sleeper_once_for_each_distinct_moment) {
    timer_wheel wheel{noon};
    for (timer_wheel::timer_id id = 0; id < 36; ++id) {
        wheel.schedule(id, noon + std::chrono::days{id} + 1h);
    }
    int wake_ups = 0;
    while (const auto next = wheel.next_deadline()) {
        ++wake_ups;
        ASSERT_EQ(fire(wheel, *next).size(), 1U);
    }
    EXPECT_EQ(wake_ups, 36);
}

TEST(timer_wheel, does_not_wrap_for_moments_that_are_centuries_away) {
    const wall_time year_2100{std::chrono::sys_days{std::chrono::year{2100} / 1 / 1}};
    timer_wheel wheel{noon};
    wheel.schedule(1, year_2100);
    wheel.schedule(2, wall_time::max());
    // The period of the 32 low bits, and that of the levels.
    EXPECT_THAT(fire(wheel, noon + std::chrono::milliseconds{1LL << 32}), IsEmpty());
    EXPECT_THAT(fire(wheel, noon + std::chrono::milliseconds{1LL << 40}), IsEmpty());
    EXPECT_EQ(wheel.next_deadline(), year_2100);
    EXPECT_THAT(fire(wheel, year_2100 - 1us), IsEmpty());
    EXPECT_THAT(fire(wheel, year_2100), ElementsAre(1));
    EXPECT_EQ(wheel.next_deadline(), wall_time::max());
}

TEST(timer_wheel, keeps_timers_before_1970) {
    const wall_time start{-std::chrono::days{365}};
    timer_wheel wheel{start};
    wheel.schedule(1, start + 1h);
    wheel.schedule(2, wall_time{} + 1h);
    EXPECT_EQ(wheel.next_deadline(), start + 1h);
    EXPECT_THAT(fire(wheel, start + 1h - 1us), IsEmpty());
    EXPECT_THAT(fire(wheel, start + 1h), ElementsAre(1));
    EXPECT_THAT(fire(wheel, wall_time{}), IsEmpty());
    EXPECT_THAT(fire(wheel, wall_time{} + 1h), ElementsAre(2));
}

TEST(timer_wheel, fires_what_a_forward_step_made_due_once) {
    timer_wheel wheel{noon};
    wheel.schedule(1, noon + 1h);
    wheel.schedule(2, noon + 2h);
    wheel.schedule(3, noon + 4h);
    EXPECT_THAT(fire(wheel, noon + 3h), UnorderedElementsAre(1, 2));
    EXPECT_THAT(fire(wheel, noon + 3h), IsEmpty());
    EXPECT_EQ(wheel.next_deadline(), noon + 4h);
}

TEST(timer_wheel, fires_nothing_early_or_again_after_a_backward_step) {
    timer_wheel wheel{noon};
    wheel.schedule(1, noon + 1h);
    wheel.schedule(2, noon + 5h);
    EXPECT_THAT(fire(wheel, noon + 3h), ElementsAre(1));
    EXPECT_THAT(fire(wheel, noon), IsEmpty());
    // Scheduled between the clock and where the wheel stood.
    wheel.schedule(3, noon + 2h);
    EXPECT_EQ(wheel.next_deadline(), noon + 2h);
    EXPECT_THAT(fire(wheel, noon + 2h - 1ms), IsEmpty());
    EXPECT_THAT(fire(wheel, noon + 2h), ElementsAre(3));
    EXPECT_THAT(fire(wheel, noon + 5h), ElementsAre(2));
}

TEST(timer_wheel, fires_at_most_its_limit_and_says_that_there_is_more) {
    timer_wheel wheel{noon};
    for (timer_wheel::timer_id id = 0; id < 250; ++id) {
        wheel.schedule(id, noon + 1min);
    }
    std::size_t fired = 0;
    const auto count = [&](timer_wheel::timer_id) { ++fired; };
    EXPECT_TRUE(wheel.advance(noon + 1min, 100, count));
    EXPECT_EQ(fired, 100U);
    EXPECT_LE(wheel.next_deadline(), noon + 1min);
    EXPECT_TRUE(wheel.advance(noon + 1min, 100, count));
    EXPECT_FALSE(wheel.advance(noon + 1min, 100, count));
    EXPECT_EQ(fired, 250U);
}

TEST(timer_wheel, moves_a_bounded_number_of_entries_a_call) {
    timer_wheel wheel{noon};
    constexpr timer_wheel::timer_id many = 20'000;
    for (timer_wheel::timer_id id = 0; id < many; ++id) {
        wheel.schedule(id, noon + 30h + std::chrono::milliseconds{id});
    }
    const auto just_before = noon + 30h - 1ms;
    std::size_t calls = 1;
    while (wheel.advance(just_before, 10, [](timer_wheel::timer_id id) { ADD_FAILURE() << "fired early: " << id; })) {
        ++calls;
    }
    EXPECT_GE(calls, many / (timer_wheel::moves_per_call + 10));
    EXPECT_EQ(wheel.next_deadline(), noon + 30h);
    EXPECT_EQ(fire(wheel, noon + 31h).size(), many);
}

TEST(timer_wheel, lets_the_sink_arm_and_cancel_timers) {
    timer_wheel wheel{noon};
    wheel.schedule(1, noon + 1s);
    wheel.schedule(2, noon + 1s);
    std::vector<timer_wheel::timer_id> fired;
    const auto sink = [&](timer_wheel::timer_id id) {
        fired.push_back(id);
        if (id == 1) {
            EXPECT_EQ(wheel.armed_for(1), std::nullopt);
            wheel.cancel(2);
            wheel.schedule(1, noon + 2s);
            wheel.schedule(3, noon);
        } else if (id == 2) {
            wheel.cancel(1);
        }
    };
    wheel.advance(noon + 1s, no_limit, sink);
    EXPECT_THAT(fired, ::testing::AnyOf(ElementsAre(1, 3), ElementsAre(2)));
    EXPECT_FALSE(wheel.advance(noon + 1s, no_limit, sink));
}

TEST(timer_wheel, ends_although_the_sink_rearms_in_the_past) {
    timer_wheel wheel{noon};
    wheel.schedule(1, noon);
    int fired = 0;
    EXPECT_TRUE(wheel.advance(noon, 50, [&](timer_wheel::timer_id id) {
        ++fired;
        wheel.schedule(id, noon - 1s);
    }));
    EXPECT_EQ(fired, 50);
}

TEST(timer_wheel, stays_small_when_timers_are_moved_again_and_again) {
    timer_wheel wheel{noon};
    for (int round = 0; round < 200'000; ++round) {
        // To and fro: the same moments come again, which must not pass for live entries.
        wheel.schedule(static_cast<timer_wheel::timer_id>(round % 10), noon + 1h + std::chrono::minutes{round % 7});
    }
    EXPECT_EQ(wheel.size(), 10U);
    EXPECT_LT(wheel.memory_bytes(), 400'000U);
    EXPECT_EQ(fire(wheel, noon + 2h).size(), 10U);
}

TEST(timer_wheel, takes_sixteen_bytes_a_timer) {
    timer_wheel wheel{noon};
    constexpr timer_wheel::timer_id many = 200'000;
    for (timer_wheel::timer_id id = 0; id < many; ++id) {
        wheel.schedule(id, noon + std::chrono::minutes{id % 50'000});
    }
    EXPECT_LT(wheel.memory_bytes(), many * 18);
}

}  // namespace
}  // namespace punctual::domain
