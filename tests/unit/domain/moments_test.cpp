#include "domain/moments.hpp"

#include "unit/domain/fixtures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

const policy rules = default_policy();

std::vector<std::pair<moment_type, std::chrono::seconds>> offsets_of(const scheduled_visit& visit) {
    std::vector<std::pair<moment_type, std::chrono::seconds>> all;
    for (const auto& each : moments_of(visit, rules)) {
        all.emplace_back(each.what, std::chrono::duration_cast<std::chrono::seconds>(each.at - visit.starts_at));
    }
    return all;
}

TEST(moments, of_a_telehealth_visit_in_the_order_of_time) {
    EXPECT_THAT(offsets_of(visit_at(two_pm)),
                ElementsAre(std::pair{moment_type::quiet_texts, -37h}, std::pair{moment_type::reminder, -24h},
                            std::pair{moment_type::reminder, -1h}, std::pair{moment_type::staff_alert, -30min},
                            std::pair{moment_type::reminder, -15min}, std::pair{moment_type::make_room, -15min},
                            std::pair{moment_type::nudge, 3min}, std::pair{moment_type::end_check, 90min},
                            std::pair{moment_type::clean_up, 3h}));
}

TEST(moments, a_visit_that_is_over_before_its_nudge_has_a_useless_one_at_its_end) {
    auto visit = visit_at(two_pm);
    visit.duration = 2min;
    const auto all = moments_of(visit, rules);
    const auto at = std::ranges::find(all, moment_type::nudge, &moment::what);
    ASSERT_NE(at, all.end());
    EXPECT_EQ(at->at, two_pm + 2min);
    EXPECT_EQ(at->useless_after, two_pm + 2min);
    EXPECT_TRUE(std::ranges::is_sorted(all, {}, &moment::at));
}

TEST(moments, nobody_is_waited_for_when_nobody_is_to_be_told) {
    auto quiet = rules;
    quiet.nudge = {};
    EXPECT_THAT(moments_of(visit_at(two_pm), quiet),
                testing::Not(testing::Contains(testing::Field(&moment::what, moment_type::nudge))));
}

TEST(moments, of_an_in_person_visit_have_no_room_and_a_later_check) {
    auto visit = visit_at(two_pm);
    visit.telehealth = false;
    visit.duration = 30min;
    EXPECT_THAT(offsets_of(visit),
                ElementsAre(std::pair{moment_type::quiet_texts, -37h}, std::pair{moment_type::reminder, -24h},
                            std::pair{moment_type::reminder, -1h}, std::pair{moment_type::staff_alert, -30min},
                            std::pair{moment_type::reminder, -15min}, std::pair{moment_type::end_check, 150min},
                            std::pair{moment_type::clean_up, 150min}));
}

TEST(moments, of_a_closed_visit_are_its_clean_up_alone) {
    auto visit = visit_at(two_pm);
    visit.open = false;
    EXPECT_THAT(offsets_of(visit), ElementsAre(std::pair{moment_type::clean_up, 3h}));
}

TEST(moments, a_reminder_is_useful_until_the_next_one_and_the_last_until_the_grace) {
    const auto all = moments_of(visit_at(two_pm), rules);
    EXPECT_EQ(all[1].useless_after, two_pm - 1h);
    EXPECT_EQ(all[2].useless_after, two_pm - 15min);
    EXPECT_EQ(all[4].useless_after, two_pm + 5min);
}

TEST(moments, offsets_are_elapsed_time_on_dst_nights) {
    // Sydney: forward on 4 October 2026 at 16:00 UTC the day before, back on 5 April 2026 at 16:00 UTC.
    for (const auto night : {std::chrono::sys_days{std::chrono::year{2026} / 10 / 3} + 16h,
                             std::chrono::sys_days{std::chrono::year{2026} / 4 / 4} + 16h}) {
        const auto start = wall_time{night} + 7h;
        const auto all = moments_of(visit_at(start), rules);
        EXPECT_EQ(start - all[1].at, 24h);
        EXPECT_EQ(start - all[2].at, 1h);
        EXPECT_EQ(start - all[4].at, 15min);
    }
}

TEST(moments, stay_at_the_ends_of_the_time_line) {
    const auto far = moments_of(visit_at(wall_time::max()), rules);
    EXPECT_EQ(far.back().at, wall_time::max());
    EXPECT_EQ(far.front().at, wall_time::max() - 37h);
    auto long_ago = visit_at(wall_time{});
    long_ago.starts_at = wall_time::min();
    EXPECT_EQ(moments_of(long_ago, rules).front().at, wall_time::min());
}

TEST(moments, look_at_the_night_while_a_reminder_may_still_go_the_evening_before) {
    const auto first = moments_of(visit_at(two_pm), rules).front();
    EXPECT_EQ(first.what, moment_type::quiet_texts);
    EXPECT_EQ(first.reminder, 0);
    EXPECT_EQ(first.useless_after, two_pm - 24h);
    auto loud = rules;
    loud.reminders[0].quiet_hours = false;
    EXPECT_EQ(moments_of(visit_at(two_pm), loud).front().what, moment_type::reminder);
    auto mail_alone = rules;
    mail_alone.reminders[0].to = {{channel::email}, {channel::email}, {}};
    EXPECT_EQ(moments_of(visit_at(two_pm), mail_alone).front().what, moment_type::reminder);
}

TEST(moments, only_reminders_and_alerts_can_be_booked_inside_of) {
    for (const auto& each : moments_of(visit_at(two_pm), rules)) {
        const auto skippable = each.what == moment_type::reminder || each.what == moment_type::staff_alert;
        EXPECT_EQ(booked_inside(each, each.at + 1us), skippable);
        EXPECT_FALSE(booked_inside(each, each.at));
    }
}

TEST(moments, follow_a_plan_of_compressed_reminders) {
    auto quick = rules;
    quick.reminders = {{.name = "reminder_8s", .before = 8s, .to = {}, .fallback_after = 1s},
                       {.name = "reminder_4s", .before = 4s, .to = {}, .fallback_after = 1s}};
    quick.room_before = 6s;
    quick.staff_alert_before = 2s;
    const auto all = moments_of(visit_at(two_pm), quick);
    EXPECT_EQ(all[0].at, two_pm - 8s);
    EXPECT_EQ(all[0].useless_after, two_pm - 4s);
    EXPECT_EQ(all[1].what, moment_type::make_room);
    EXPECT_EQ(all[2].reminder, 1);
    EXPECT_EQ(all[3].what, moment_type::staff_alert);
}

TEST(moments, refuse_a_plan_of_more_reminders_than_can_be_numbered) {
    auto absurd = rules;
    absurd.reminders.resize(201);
    EXPECT_THROW(moment_plan{absurd}, std::invalid_argument);
}

}  // namespace
}  // namespace punctual::domain
