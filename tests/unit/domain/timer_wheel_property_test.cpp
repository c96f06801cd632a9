// The wheel against a sorted set, over random operations. A failure prints the seed; put it into
// `seeds` to see it again.

#include "domain/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <utility>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;
using timer_id = timer_wheel::timer_id;

constexpr timer_id most_timers = 3000;
constexpr wall_time start{std::chrono::sys_days{std::chrono::year{2026} / 12 / 31} + 23h};

wall_time rounded_up(wall_time when) {
    return when > wall_time::max() - 1ms ? wall_time::max()
                                         : wall_time{std::chrono::ceil<std::chrono::milliseconds>(when)};
}

// What the wheel promises, in the plainest form.
class oracle {
public:
    void schedule(timer_id id, wall_time when) {
        cancel(id);
        armed_[id] = rounded_up(when);
        queue_.emplace(rounded_up(when), id);
    }
    bool cancel(timer_id id) {
        if (!armed_[id]) {
            return false;
        }
        queue_.erase({*armed_[id], id});
        armed_[id].reset();
        return true;
    }
    bool fire(timer_id id, wall_time now) { return armed_[id] && *armed_[id] <= now && cancel(id); }
    [[nodiscard]] std::optional<wall_time> next() const {
        return queue_.empty() ? std::nullopt : std::optional{queue_.begin()->first};
    }
    [[nodiscard]] std::size_t size() const { return queue_.size(); }

private:
    std::set<std::pair<wall_time, timer_id>> queue_;
    std::vector<std::optional<wall_time>> armed_{most_timers};
};

class timer_wheel_property : public ::testing::TestWithParam<std::uint32_t> {
protected:
    std::int64_t below(std::int64_t limit) {
        return std::uniform_int_distribution<std::int64_t>{0, limit - 1}(random_);
    }
    timer_id any_timer() { return static_cast<timer_id>(below(most_timers)); }

    wall_time any_moment() {
        switch (below(12)) {
            case 0:
                return now_ + std::chrono::microseconds{below(2000)};
            case 1:
                return now_ + std::chrono::milliseconds{below(300)};
            case 2:
                return now_ + std::chrono::milliseconds{below(70'000)};
            case 3:
                return now_ - std::chrono::milliseconds{below(100'000)};
            case 4:
                return now_ + std::chrono::seconds{below(36LL * 86'400)};
            case 5:
                return now_ + std::chrono::seconds{below(200LL * 365 * 86'400)};
            case 6:
                return wall_time{std::chrono::seconds{below(86'400) - 43'200}};
            case 7:
                return below(2) == 0 ? wall_time::max() : wall_time::min() + 1h;
            default:
                return std::chrono::floor<std::chrono::minutes>(now_) + std::chrono::minutes{below(3000)};
        }
    }

    void move_clock() {
        switch (below(20)) {
            case 0:
                now_ -= std::chrono::milliseconds{below(14'400'000)};
                break;
            case 1:
                now_ += std::chrono::milliseconds{below(14'400'000)};
                break;
            case 2:
                now_ -= std::chrono::microseconds{below(5000)};
                break;
            case 3:
                now_ = std::chrono::ceil<std::chrono::minutes>(now_);
                break;
            case 4:
                now_ += std::chrono::seconds{below(below(10) == 0 ? 60LL * 86'400 : 86'400)};
                break;
            case 5:
                now_ += below(500) == 0 ? std::chrono::days{20 * 365} : std::chrono::days{0};
                break;
            default:
                now_ += std::chrono::milliseconds{below(2000)};
                break;
        }
    }

    void fire(std::size_t limit) {
        std::size_t fired = 0;
        const auto more = wheel_.advance(now_, limit, [&](timer_id id) {
            ++fired;
            if (!plain_.fire(id, now_)) {
                ++wrongly_fired_;
            }
            if (below(4) == 0) {
                schedule(id, any_moment());
            }
        });
        ASSERT_EQ(wrongly_fired_, 0U);
        ASSERT_LE(fired, limit);
        if (!more) {
            const auto next = plain_.next();
            ASSERT_TRUE(!next || *next > now_) << "something due was left";
        }
    }

    void schedule(timer_id id, wall_time when) {
        wheel_.schedule(id, when);
        plain_.schedule(id, when);
    }

    void check() {
        ASSERT_EQ(wheel_.size(), plain_.size());
        const auto promised = wheel_.next_deadline();
        const auto next = plain_.next();
        ASSERT_EQ(promised.has_value(), next.has_value());
        if (next) {
            ASSERT_LE(*promised, *next) << "the sleeper would come too late";
        }
    }

    std::mt19937_64 random_{GetParam()};
    wall_time now_ = start;
    timer_wheel wheel_{start};
    oracle plain_;
    std::size_t wrongly_fired_ = 0;
};

TEST_P(timer_wheel_property, agrees_with_a_sorted_set) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    for (int step = 0; step < 400'000; ++step) {
        const auto choice = below(10);
        if (choice < 5) {
            schedule(any_timer(), any_moment());
        } else if (choice < 7) {
            const auto id = any_timer();
            ASSERT_EQ(wheel_.cancel(id), plain_.cancel(id));
        } else {
            move_clock();
            fire(below(3) == 0 ? static_cast<std::size_t>(below(20)) : 1'000'000);
        }
        check();
        if (HasFatalFailure()) {
            FAIL() << "step " << step;
        }
    }
}

TEST_P(timer_wheel_property, wakes_a_sleeper_for_nothing_at_most_once_a_cancelled_timer) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    std::size_t cancelled = 0;
    for (timer_id id = 0; id < most_timers; ++id) {
        schedule(id, now_ + std::chrono::milliseconds{below(40LL * 86'400'000)});
    }
    for (timer_id id = 0; id < most_timers; id += 3) {
        wheel_.cancel(id);
        plain_.cancel(id);
        ++cancelled;
    }
    std::size_t in_vain = 0;
    std::size_t fired = 0;
    while (const auto next = wheel_.next_deadline()) {
        ASSERT_GT(*next, now_);
        now_ = *next;
        std::size_t this_time = 0;
        ASSERT_FALSE(wheel_.advance(now_, 1'000'000, [&](timer_id id) {
            ++this_time;
            EXPECT_TRUE(plain_.fire(id, now_));
        }));
        fired += this_time;
        in_vain += this_time == 0 ? 1 : 0;
    }
    EXPECT_EQ(fired, most_timers - cancelled);
    EXPECT_EQ(plain_.size(), 0U);
    EXPECT_LE(in_vain, cancelled);
}

INSTANTIATE_TEST_SUITE_P(seeds, timer_wheel_property, ::testing::Values(1, 2, 3, 20261123, 4000000007));

}  // namespace
}  // namespace punctual::domain
