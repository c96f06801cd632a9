#include "domain/quiet_hours.hpp"

#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;
using verdict = quiet_decision::verdict;

const quiet_hours_rule rule;

wall_time utc(int month, int day, std::chrono::minutes time_of_day) {
    return wall_time{std::chrono::sys_days{std::chrono::year{2026} / month / day} + time_of_day};
}

std::chrono::minutes greenwich(wall_time) {
    return 0min;
}
std::chrono::minutes brisbane(wall_time) {
    return 10h;
}
// Back at 3 April 2026 16:00 UTC (3:00 local becomes 2:00), forward on 3 October 16:00 UTC.
std::chrono::minutes sydney(wall_time when) {
    return when >= utc(4, 4, 16h) && when < utc(10, 3, 16h) ? 10h : 11h;
}

// Due 24 hours before the start, decided long before.
quiet_decision decide(wall_time due_at, const utc_offset_source& zone, std::optional<wall_time> now = {}) {
    return decide_quiet_hours(rule, due_at, due_at + 24h, now.value_or(due_at - 48h), zone);
}

TEST(quiet_hours, keep_what_is_due_in_the_day) {
    for (const auto time : {8h + 0min, 12h + 0min, 20h + 59min}) {
        const auto due = utc(7, 10, time);
        EXPECT_EQ(decide(due, greenwich), (quiet_decision{verdict::keep, due}));
    }
}

TEST(quiet_hours, move_the_late_evening_to_eight_the_same_evening) {
    EXPECT_EQ(decide(utc(7, 10, 21h), greenwich), (quiet_decision{verdict::move, utc(7, 10, 20h)}));
    EXPECT_EQ(decide(utc(7, 10, 23h + 59min), greenwich), (quiet_decision{verdict::move, utc(7, 10, 20h)}));
}

TEST(quiet_hours, move_the_early_morning_to_eight_the_evening_before) {
    EXPECT_EQ(decide(utc(7, 10, 0h), greenwich), (quiet_decision{verdict::move, utc(7, 9, 20h)}));
    EXPECT_EQ(decide(utc(7, 10, 7h + 59min), greenwich), (quiet_decision{verdict::move, utc(7, 9, 20h)}));
}

TEST(quiet_hours, move_to_the_morning_when_the_evening_is_past) {
    EXPECT_EQ(decide(utc(7, 10, 22h), greenwich, utc(7, 10, 20h)), (quiet_decision{verdict::move, utc(7, 11, 8h)}));
    EXPECT_EQ(decide(utc(7, 10, 6h), greenwich, utc(7, 10, 6h)), (quiet_decision{verdict::move, utc(7, 10, 8h)}));
}

TEST(quiet_hours, skip_when_the_morning_leaves_less_than_two_hours) {
    const auto due = utc(7, 10, 22h);
    const auto morning = utc(7, 11, 8h);
    EXPECT_EQ(decide_quiet_hours(rule, due, morning + 2h, due, greenwich).what, verdict::move);
    EXPECT_EQ(decide_quiet_hours(rule, due, morning + 2h - 1us, due, greenwich).what, verdict::skip);
}

TEST(quiet_hours, are_those_of_the_recipients_zone) {
    // 22:00 in Brisbane is noon in Greenwich.
    EXPECT_EQ(decide(utc(7, 10, 12h), greenwich).what, verdict::keep);
    EXPECT_EQ(decide(utc(7, 10, 12h), brisbane), (quiet_decision{verdict::move, utc(7, 10, 10h)}));
}

TEST(quiet_hours, mean_local_time_in_dst_nights) {
    // 1:00 on the night forward (AEST); the morning after has AEDT.
    const auto forward = utc(10, 3, 15h);
    EXPECT_EQ(decide(forward, sydney), (quiet_decision{verdict::move, utc(10, 3, 10h)}));
    EXPECT_EQ(decide(forward, sydney, forward), (quiet_decision{verdict::move, utc(10, 3, 21h)}));
    // 6:00 after the night back (AEST); the evening before had AEDT.
    const auto back = utc(4, 4, 20h);
    EXPECT_EQ(decide(back, sydney), (quiet_decision{verdict::move, utc(4, 4, 9h)}));
    EXPECT_EQ(decide(back, sydney, back), (quiet_decision{verdict::move, utc(4, 4, 22h)}));
}

TEST(quiet_hours, within_one_day_are_understood_too) {
    const quiet_hours_rule siesta{.from = 13h, .until = 15h, .moved_to = 20h, .enough_notice = 2h};
    const auto due = utc(7, 10, 14h);
    EXPECT_EQ(decide_quiet_hours(siesta, due, due + 24h, due, greenwich).send_at, utc(7, 10, 15h));
    EXPECT_EQ(decide_quiet_hours(siesta, due, due + 24h, due - 24h, greenwich).send_at, utc(7, 9, 20h));
    EXPECT_EQ(decide_quiet_hours(siesta, due + 2h, due + 24h, due, greenwich).what, verdict::keep);
}

TEST(quiet_hours, hold_for_the_texts_of_the_24_hour_reminder_alone) {
    const auto rules = default_policy();
    EXPECT_TRUE(quiet_hours_apply(rules, reminder_kind(0), channel::whatsapp));
    EXPECT_TRUE(quiet_hours_apply(rules, reminder_kind(0), channel::sms));
    EXPECT_FALSE(quiet_hours_apply(rules, reminder_kind(0), channel::email));
    EXPECT_FALSE(quiet_hours_apply(rules, reminder_kind(1), channel::sms));
    EXPECT_FALSE(quiet_hours_apply(rules, kind::cancellation, channel::sms));
    EXPECT_FALSE(quiet_hours_apply(rules, reminder_kind(9), channel::sms));
}

TEST(quiet_hours, can_be_decided_a_lead_ahead_with_the_evening_still_to_come) {
    const auto lead = quiet_hours_lead(rule);
    for (auto due = utc(10, 1, 0h); due < utc(10, 6, 0h); due += 7min) {
        const auto decided = decide(due, sydney, due - lead);
        EXPECT_NE(decided.what, verdict::skip);
        EXPECT_LE(decided.send_at, due);
        EXPECT_GE(decided.send_at, due - lead);
    }
}

}  // namespace
}  // namespace punctual::domain
