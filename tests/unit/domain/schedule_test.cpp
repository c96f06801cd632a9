#include "domain/schedule.hpp"

#include "unit/domain/fixtures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const policy rules = default_policy();

class schedule_of_visits : public ::testing::Test {
protected:
    std::vector<due_moment> fire(wall_time now) {
        std::vector<due_moment> due;
        while (held_.fire(now, 100, due)) {
        }
        return due;
    }
    static std::vector<std::pair<moment_type, int>> words(const std::vector<due_moment>& due) {
        std::vector<std::pair<moment_type, int>> all;
        for (const auto& each : due) {
            all.emplace_back(each.what.what, each.expired ? -1 - each.what.reminder : each.what.reminder);
        }
        return all;
    }

    wall_time week_before_ = two_pm - std::chrono::days{7};
    schedule held_{rules, week_before_};
};

TEST_F(schedule_of_visits, fires_every_moment_of_a_visit_in_turn_and_then_forgets_it) {
    EXPECT_EQ(held_.upsert(visit_at(two_pm), week_before_), upserted::inserted);
    std::vector<std::pair<moment_type, std::chrono::microseconds>> seen;
    while (const auto next = held_.next_deadline()) {
        for (const auto& each : fire(*next)) {
            EXPECT_EQ(each.what.at, *next);
            EXPECT_FALSE(each.expired);
            seen.emplace_back(each.what.what, *next - two_pm);
        }
    }
    EXPECT_THAT(seen, ElementsAre(std::pair{moment_type::quiet_texts, -37h}, std::pair{moment_type::reminder, -24h},
                                  std::pair{moment_type::reminder, -1h}, std::pair{moment_type::staff_alert, -30min},
                                  std::pair{moment_type::reminder, -15min}, std::pair{moment_type::make_room, -15min},
                                  std::pair{moment_type::nudge, 3min}, std::pair{moment_type::end_check, 90min},
                                  std::pair{moment_type::clean_up, 3h}));
    EXPECT_EQ(held_.size(), 0U);
    EXPECT_EQ(held_.find(1), std::nullopt);
}

TEST_F(schedule_of_visits, gives_the_visit_with_the_moment) {
    auto visit = visit_at(two_pm, (1LL << 60) + 1);
    visit.duration = 50min;
    visit.version = 4;
    held_.upsert(visit, week_before_);
    const auto due = fire(two_pm - 24h);
    ASSERT_EQ(due.size(), 1U);
    visit.booked_at = {};
    EXPECT_EQ(due[0].visit, visit);
    EXPECT_EQ(held_.find((1LL << 60) + 1), visit);
}

TEST_F(schedule_of_visits, tells_ids_beyond_2_to_the_53_apart) {
    const appointment_id large = (1LL << 53) + 1;
    held_.upsert(visit_at(two_pm, large), week_before_);
    held_.upsert(visit_at(two_pm + 1h, large - 1), week_before_);
    EXPECT_EQ(held_.find(large)->starts_at, two_pm);
    EXPECT_EQ(held_.find(large - 1)->starts_at, two_pm + 1h);
    EXPECT_EQ(held_.find(-large), std::nullopt);
}

TEST_F(schedule_of_visits, ignores_a_stale_version) {
    auto moved = visit_at(two_pm + 1h);
    moved.version = 3;
    held_.upsert(moved, week_before_);
    EXPECT_EQ(held_.upsert(visit_at(two_pm), week_before_), upserted::stale);
    EXPECT_EQ(held_.find(1)->starts_at, two_pm + 1h);
    EXPECT_EQ(held_.next_deadline(), two_pm + 1h - 37h);
}

TEST_F(schedule_of_visits, does_not_fire_again_what_it_fired_when_the_same_row_is_read_again) {
    held_.upsert(visit_at(two_pm), week_before_);
    EXPECT_EQ(fire(two_pm - 24h).size(), 1U);
    EXPECT_EQ(held_.upsert(visit_at(two_pm), two_pm - 23h), upserted::unchanged);
    EXPECT_THAT(fire(two_pm - 2h), IsEmpty());
}

TEST_F(schedule_of_visits, follows_a_visit_that_moves) {
    held_.upsert(visit_at(two_pm), week_before_);
    auto sooner = visit_at(two_pm - 3h);
    sooner.version = 2;
    sooner.booked_at = week_before_ + 1h;
    EXPECT_EQ(held_.upsert(sooner, week_before_ + 1h), upserted::updated);
    EXPECT_EQ(held_.next_deadline(), two_pm - 3h - 37h);
    EXPECT_EQ(fire(two_pm - 24h).size(), 1U);
}

TEST_F(schedule_of_visits, arms_the_reminders_left_when_moved_closer) {
    held_.upsert(visit_at(two_pm + std::chrono::days{5}), week_before_);
    auto closer = visit_at(two_pm);
    closer.version = 2;
    closer.booked_at = two_pm - 3h;
    held_.upsert(closer, two_pm - 3h);
    EXPECT_THAT(words(fire(two_pm - 3h)), IsEmpty());
    EXPECT_EQ(held_.next_deadline(), two_pm - 1h);
}

TEST_F(schedule_of_visits, fires_the_newest_missed_reminder_and_reports_the_older_ones_as_expired) {
    held_.upsert(visit_at(two_pm), two_pm - 10min);
    EXPECT_THAT(words(fire(two_pm - 10min)),
                ElementsAre(std::pair{moment_type::reminder, -1}, std::pair{moment_type::reminder, -2},
                            std::pair{moment_type::staff_alert, 0}, std::pair{moment_type::reminder, 2},
                            std::pair{moment_type::make_room, 0}));
}

TEST_F(schedule_of_visits, reports_every_reminder_as_expired_past_the_grace) {
    held_.upsert(visit_at(two_pm), two_pm - 10min);
    EXPECT_THAT(words(fire(two_pm + 5min)),
                ElementsAre(std::pair{moment_type::reminder, -1}, std::pair{moment_type::reminder, -2},
                            std::pair{moment_type::reminder, -3}, std::pair{moment_type::make_room, 0},
                            std::pair{moment_type::nudge, 0}));
}

TEST_F(schedule_of_visits, leaves_out_reminders_that_passed_before_the_booking) {
    auto late = visit_at(two_pm);
    late.booked_at = two_pm - 40min;
    held_.upsert(late, two_pm - 40min);
    EXPECT_THAT(fire(two_pm - 40min), IsEmpty());
    EXPECT_EQ(held_.next_deadline(), two_pm - 30min);
}

TEST_F(schedule_of_visits, fires_a_reminder_that_fell_due_between_the_booking_and_the_look_at_it) {
    auto tight = visit_at(two_pm);
    tight.booked_at = two_pm - 15min;
    held_.upsert(tight, two_pm - 15min + 300ms);
    EXPECT_THAT(words(fire(two_pm - 15min + 300ms)),
                ElementsAre(std::pair{moment_type::reminder, 2}, std::pair{moment_type::make_room, 0}));
}

TEST_F(schedule_of_visits, makes_the_room_at_once_for_a_visit_booked_after_its_moment) {
    auto late = visit_at(two_pm);
    late.booked_at = two_pm - 5min;
    held_.upsert(late, two_pm - 5min);
    EXPECT_THAT(words(fire(two_pm - 5min)), ElementsAre(std::pair{moment_type::make_room, 0}));
    EXPECT_EQ(held_.next_deadline(), two_pm + 3min);
    EXPECT_THAT(fire(two_pm), IsEmpty());
}

TEST_F(schedule_of_visits, makes_no_room_for_a_visit_booked_after_its_end) {
    auto late = visit_at(two_pm);
    late.booked_at = two_pm + 61min;
    held_.upsert(late, late.booked_at);
    EXPECT_THAT(fire(late.booked_at), IsEmpty());
}

TEST_F(schedule_of_visits, makes_no_room_for_a_visit_that_has_ended_by_the_time_of_a_restart) {
    held_.upsert(visit_at(two_pm), two_pm + 61min);
    for (const auto& one : fire(two_pm + 61min)) {
        EXPECT_TRUE(one.what.what != moment_type::make_room || one.expired);
    }
}

TEST_F(schedule_of_visits, looks_at_the_night_at_once_for_a_visit_booked_after_that_moment) {
    auto late = visit_at(two_pm);
    late.booked_at = two_pm - 30h;
    held_.upsert(late, two_pm - 30h);
    EXPECT_THAT(words(fire(two_pm - 30h)), ElementsAre(std::pair{moment_type::quiet_texts, 0}));
    EXPECT_EQ(held_.next_deadline(), two_pm - 24h);
}

TEST_F(schedule_of_visits, skips_a_booked_inside_reminder_behind_a_room_that_is_made_now) {
    auto early_rooms = rules;
    early_rooms.room_before = 20min;
    schedule held{early_rooms, week_before_};
    auto late = visit_at(two_pm);
    late.booked_at = two_pm - 10min;
    held.upsert(late, two_pm - 10min);
    std::vector<due_moment> due;
    held.fire(two_pm - 10min, 100, due);
    EXPECT_THAT(words(due), ElementsAre(std::pair{moment_type::make_room, 0}));
}

TEST_F(schedule_of_visits, keeps_a_closed_visit_quiet_until_its_clean_up) {
    held_.upsert(visit_at(two_pm), week_before_);
    auto cancelled = visit_at(two_pm);
    cancelled.version = 2;
    cancelled.open = false;
    held_.upsert(cancelled, week_before_);
    EXPECT_EQ(held_.upsert(visit_at(two_pm), week_before_), upserted::stale);
    EXPECT_THAT(fire(two_pm), IsEmpty());
    EXPECT_EQ(held_.next_deadline(), two_pm + 3h);
    EXPECT_THAT(words(fire(two_pm + 3h)), ElementsAre(std::pair{moment_type::clean_up, 0}));
    EXPECT_EQ(held_.size(), 0U);
}

TEST_F(schedule_of_visits, does_not_hold_a_visit_with_nothing_left_to_do) {
    auto over = visit_at(two_pm);
    over.booked_at = two_pm + 4h;
    EXPECT_EQ(held_.upsert(over, two_pm + 4h), upserted::finished);
    EXPECT_EQ(held_.size(), 0U);
    held_.upsert(visit_at(two_pm), week_before_);
    over.version = 2;
    EXPECT_EQ(held_.upsert(over, two_pm + 4h), upserted::finished);
    EXPECT_EQ(held_.find(1), std::nullopt);
    EXPECT_EQ(held_.next_deadline(), std::nullopt);
}

TEST_F(schedule_of_visits, forgets_a_removed_visit) {
    held_.upsert(visit_at(two_pm), week_before_);
    EXPECT_TRUE(held_.remove(1));
    EXPECT_FALSE(held_.remove(1));
    EXPECT_THAT(fire(two_pm), IsEmpty());
}

TEST_F(schedule_of_visits, keeps_late_reminders_after_a_clock_jump) {
    held_.upsert(visit_at(two_pm), week_before_);
    EXPECT_THAT(words(fire(two_pm - 20min)),
                ElementsAre(std::pair{moment_type::reminder, -1}, std::pair{moment_type::reminder, 1},
                            std::pair{moment_type::staff_alert, 0}));
    EXPECT_THAT(words(fire(two_pm - 15min)),
                ElementsAre(std::pair{moment_type::reminder, 2}, std::pair{moment_type::make_room, 0}));
}

TEST_F(schedule_of_visits, fires_nothing_twice_when_the_clock_is_set_back) {
    held_.upsert(visit_at(two_pm), week_before_);
    EXPECT_EQ(fire(two_pm - 24h).size(), 1U);
    EXPECT_THAT(fire(two_pm - 27h), IsEmpty());
    EXPECT_THAT(fire(two_pm - 24h), IsEmpty());
    EXPECT_EQ(fire(two_pm - 1h).size(), 1U);
}

TEST_F(schedule_of_visits, removes_what_a_full_read_did_not_see) {
    for (appointment_id id = 1; id <= 10; ++id) {
        held_.upsert(visit_at(two_pm, id), week_before_);
    }
    for (int read = 0; read < 2; ++read) {
        held_.begin_sweep();
        for (appointment_id id = 1; id <= 10; id += 3) {
            held_.upsert(visit_at(two_pm, id), week_before_);
        }
        EXPECT_EQ(held_.finish_sweep(), read == 0 ? 6U : 0U);
    }
    EXPECT_EQ(held_.size(), 4U);
    EXPECT_TRUE(held_.find(4));
    EXPECT_FALSE(held_.find(5));
}

TEST_F(schedule_of_visits, keeps_visits_in_1970_in_2100_and_at_infinity_apart) {
    const wall_time year_2100{std::chrono::sys_days{std::chrono::year{2100} / 1 / 2}};
    held_.upsert(visit_at(year_2100, 1), week_before_);
    held_.upsert(visit_at(wall_time::max(), 2), week_before_);
    auto ancient = visit_at(wall_time{}, 3);
    ancient.booked_at = week_before_;
    EXPECT_EQ(held_.upsert(ancient, week_before_), upserted::finished);
    EXPECT_EQ(held_.next_deadline(), year_2100 - 37h);
    EXPECT_THAT(fire(two_pm), IsEmpty());
}

TEST_F(schedule_of_visits, takes_under_48_mib_a_million) {
    constexpr appointment_id many = 200'000;
    for (appointment_id id = 1; id <= many; ++id) {
        held_.upsert(visit_at(two_pm + std::chrono::minutes{id % 50'000}, id), week_before_);
    }
    EXPECT_LT(static_cast<double>(held_.memory_bytes()) / many, 52.0);
    EXPECT_EQ(held_.size(), static_cast<std::size_t>(many));
}

}  // namespace
}  // namespace punctual::domain
