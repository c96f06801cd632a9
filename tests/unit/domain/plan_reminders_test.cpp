#include "domain/planning.hpp"

#include "unit/domain/fixtures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const policy rules = default_policy();
constexpr auto reminder_24h = reminder_kind(0);
constexpr auto reminder_1h = reminder_kind(1);
constexpr auto reminder_15m = reminder_kind(2);

using line = std::tuple<kind, role, channel, delivery_state>;

std::vector<line> lines(const std::vector<planned_delivery>& rows) {
    std::vector<line> all;
    for (const auto& row : rows) {
        all.emplace_back(row.kind, row.recipient_role, row.channel, row.state);
    }
    return all;
}

delivery_state state_of(const std::vector<planned_delivery>& rows, kind what) {
    const auto at = std::ranges::find(rows, what, &planned_delivery::kind);
    EXPECT_NE(at, rows.end());
    return at == rows.end() ? delivery_state::failed : at->state;
}

due_moment fired(std::size_t reminder, bool expired = false) {
    const auto visit = visit_at(two_pm);
    return {.visit = visit,
            .what = {.what = moment_type::reminder,
                     .reminder = static_cast<std::uint8_t>(reminder),
                     .at = reminder_due_at(rules, reminder, two_pm),
                     .useless_after = reminder_useless_after(rules, reminder, two_pm)},
            .expired = expired};
}

TEST(plan_reminders, claims_a_row_for_each_recipient_and_channel_of_the_matrix) {
    EXPECT_THAT(lines(plan_reminders(fired(0), rules, two_pm - 24h)),
                ElementsAre(line{reminder_24h, role::patient, channel::email, delivery_state::claimed},
                            line{reminder_24h, role::patient, channel::whatsapp, delivery_state::claimed},
                            line{reminder_24h, role::psychologist, channel::email, delivery_state::claimed}));
    EXPECT_THAT(lines(plan_reminders(fired(2), rules, two_pm - 15min)),
                ElementsAre(line{reminder_15m, role::patient, channel::email, delivery_state::claimed},
                            line{reminder_15m, role::patient, channel::whatsapp, delivery_state::claimed},
                            line{reminder_15m, role::psychologist, channel::whatsapp, delivery_state::claimed}));
}

TEST(plan_reminders, gives_each_row_its_appointment_version_and_times) {
    auto due = fired(1);
    due.visit.version = 6;
    due.visit.appointment = (1LL << 53) + 1;
    for (const auto& row : plan_reminders(due, rules, two_pm - 1h)) {
        EXPECT_EQ(row.appointment, (1LL << 53) + 1);
        EXPECT_EQ(row.version, 6);
        EXPECT_EQ(row.due_at, two_pm - 1h);
        EXPECT_EQ(row.useless_after, two_pm - 15min);
        EXPECT_EQ(row.recipient, std::nullopt);
        EXPECT_EQ(row.reason, reason::none);
    }
}

TEST(plan_reminders, writes_an_expired_moment_down_as_expired) {
    const auto rows = plan_reminders(fired(0, true), rules, two_pm - 10min);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].state, delivery_state::expired);
}

TEST(plan_reminders, expires_a_moment_that_was_planned_too_late) {
    EXPECT_EQ(plan_reminders(fired(1), rules, two_pm - 15min)[0].state, delivery_state::expired);
    EXPECT_EQ(plan_reminders(fired(1), rules, two_pm - 15min - 1us)[0].state, delivery_state::claimed);
}

TEST(plan_reminders, plans_nothing_for_other_moments_or_a_closed_visit) {
    auto due = fired(1);
    due.what.what = moment_type::make_room;
    EXPECT_THAT(plan_reminders(due, rules, two_pm - 1h), IsEmpty());
    due = fired(1);
    due.visit.open = false;
    EXPECT_THAT(plan_reminders(due, rules, two_pm - 1h), IsEmpty());
    EXPECT_THAT(plan_reminders(due.visit, rules, two_pm - 1h), IsEmpty());
}

TEST(plan_reminders, includes_the_clinic_when_the_matrix_names_it) {
    auto wide = rules;
    wide.reminders[1].to = {{}, {}, {channel::email}};
    const auto rows = plan_reminders(fired(1), wide, two_pm - 1h);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].recipient_role, role::clinic);
    EXPECT_EQ(rows[0].recipient, person_id{0});
}

TEST(plan_reminders, sends_the_newest_useful_one_after_an_outage_and_expires_the_older) {
    const auto rows = plan_reminders(visit_at(two_pm), rules, two_pm - 50min);
    EXPECT_EQ(state_of(rows, reminder_24h), delivery_state::expired);
    EXPECT_EQ(state_of(rows, reminder_1h), delivery_state::claimed);
    EXPECT_EQ(state_of(rows, reminder_15m), delivery_state::retrying);
    for (const auto& row : rows) {
        EXPECT_EQ(row.next_attempt_at, row.kind == reminder_15m ? two_pm - 15min : wall_time{});
    }
}

TEST(plan_reminders, keeps_the_last_one_useful_until_five_minutes_past_the_start) {
    const auto visit = visit_at(two_pm);
    EXPECT_EQ(state_of(plan_reminders(visit, rules, two_pm + 5min - 1us), reminder_15m), delivery_state::claimed);
    EXPECT_EQ(state_of(plan_reminders(visit, rules, two_pm + 5min), reminder_15m), delivery_state::expired);
}

TEST(plan_reminders, skips_what_passed_before_the_booking) {
    auto late = visit_at(two_pm);
    late.booked_at = two_pm - 30min;
    const auto rows = plan_reminders(late, rules, two_pm - 30min);
    for (const auto& row : rows) {
        const auto inside = row.kind != reminder_15m;
        EXPECT_EQ(row.state, inside ? delivery_state::skipped : delivery_state::retrying);
        EXPECT_EQ(row.reason, inside ? reason::booked_inside_window : reason::none);
    }
    EXPECT_EQ(rows.size(), 9U);
}

TEST(plan_reminders, sends_one_whose_minute_is_the_booking_itself) {
    auto exact = visit_at(two_pm);
    exact.booked_at = two_pm - 1h;
    EXPECT_EQ(state_of(plan_reminders(exact, rules, two_pm - 1h), reminder_1h), delivery_state::claimed);
}

TEST(plan_staff_alert, goes_to_the_clinic_until_the_start) {
    const auto rows = plan_staff_alert(visit_at(two_pm), rules, two_pm - 30min);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].kind, kind::staff_alert);
    EXPECT_EQ(rows[0].recipient, person_id{0});
    EXPECT_EQ(rows[0].recipient_role, role::clinic);
    EXPECT_EQ(rows[0].due_at, two_pm - 30min);
    EXPECT_EQ(rows[0].useless_after, two_pm);
    EXPECT_THAT(plan_staff_alert(visit_at(two_pm), rules, two_pm), IsEmpty());
    auto closed = visit_at(two_pm);
    closed.open = false;
    EXPECT_THAT(plan_staff_alert(closed, rules, two_pm - 30min), IsEmpty());
}

TEST(plan_nudge, tells_those_who_are_to_know_who_is_missing) {
    auto both = rules;
    both.nudge = {{channel::email, channel::whatsapp}, {channel::whatsapp}, {channel::email}};
    const auto to_patient = plan_nudge(visit_at(two_pm), both, role::patient, two_pm + 3min);
    ASSERT_EQ(to_patient.size(), 2U);
    for (const auto& row : to_patient) {
        EXPECT_EQ(row.kind, kind::nudge);
        EXPECT_EQ(row.recipient_role, role::patient);
        EXPECT_EQ(row.due_at, two_pm + 3min);
        EXPECT_EQ(row.useless_after, two_pm + 13min);
        EXPECT_EQ(row.state, delivery_state::claimed);
    }
    const auto to_others = plan_nudge(visit_at(two_pm), both, role::psychologist, two_pm + 3min);
    ASSERT_EQ(to_others.size(), 2U);
    EXPECT_EQ(to_others[0].recipient_role, role::psychologist);
    EXPECT_EQ(to_others[1].recipient_role, role::clinic);
    EXPECT_EQ(to_others[1].recipient, person_id{0});
}

TEST(plan_nudge, is_off_for_patients_and_on_for_the_clinic_by_default) {
    EXPECT_THAT(plan_nudge(visit_at(two_pm), rules, role::patient, two_pm + 3min), IsEmpty());
    EXPECT_EQ(plan_nudge(visit_at(two_pm), rules, role::psychologist, two_pm + 3min).size(), 1U);
}

TEST(plan_nudge, is_for_as_long_as_the_visit_lasts_and_no_visit_that_is_closed) {
    EXPECT_THAT(plan_nudge(visit_at(two_pm), rules, role::psychologist, two_pm + 179s), IsEmpty());
    const auto late = plan_nudge(visit_at(two_pm), rules, role::psychologist, two_pm + 55min);
    ASSERT_EQ(late.size(), 1U);
    EXPECT_EQ(late[0].due_at, two_pm + 55min);
    EXPECT_EQ(late[0].useless_after, two_pm + 60min);
    EXPECT_THAT(plan_nudge(visit_at(two_pm), rules, role::psychologist, two_pm + 60min), IsEmpty());
    auto closed = visit_at(two_pm);
    closed.open = false;
    EXPECT_THAT(plan_nudge(closed, rules, role::psychologist, two_pm + 3min), IsEmpty());
}

}  // namespace
}  // namespace punctual::domain
