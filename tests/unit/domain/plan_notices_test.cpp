#include "domain/planning.hpp"

#include "unit/domain/fixtures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const policy rules = default_policy();
constexpr std::optional<person_id> by_role = std::nullopt;
constexpr auto patient = role::patient;
constexpr auto psychologist = role::psychologist;
constexpr auto email = channel::email;
constexpr auto whatsapp = channel::whatsapp;

using line = std::tuple<kind, role, channel, std::optional<person_id>>;

class notices_of_a_change : public ::testing::Test {
protected:
    using image = std::optional<appointment_image>;

    // Written, and looked at, a week before unless told otherwise.
    notice_plan plan(image told, image now) {
        const appointment_change change{.appointment = 1,
                                        .version = 2,
                                        .told = told,
                                        .now = now,
                                        .before = before_,
                                        .changed_at = changed_at_,
                                        .change_ids = {5}};
        return plan_notices(change, rules, looked_at_.value_or(changed_at_));
    }
    static std::vector<line> lines(const notice_plan& planned) {
        std::vector<line> all;
        for (const auto& row : planned.deliveries) {
            if (!is_reminder(row.kind)) {
                all.emplace_back(row.kind, row.recipient_role, row.channel, row.recipient);
            }
        }
        return all;
    }
    static std::vector<planned_delivery> reminders(const notice_plan& planned) {
        auto all = planned.deliveries;
        std::erase_if(all, [](const planned_delivery& row) { return !is_reminder(row.kind); });
        return all;
    }
    static appointment_image with(appointment_status status) {
        auto changed = image_at(two_pm);
        changed.status = status;
        return changed;
    }
    void expect_nothing(const notice_plan& planned) {
        EXPECT_THAT(planned.deliveries, IsEmpty());
        EXPECT_EQ(planned.told, std::nullopt);
    }

    wall_time changed_at_ = two_pm - std::chrono::days{7};
    std::optional<wall_time> looked_at_;
    std::optional<appointment_status> before_;
    appointment_image booked_ = image_at(two_pm);

    const std::vector<line> confirmations_{{kind::confirmation, patient, email, by_role},
                                           {kind::confirmation, psychologist, email, by_role}};
    const std::vector<line> short_confirmations_{{kind::confirmation, patient, email, by_role},
                                                 {kind::confirmation, patient, whatsapp, by_role},
                                                 {kind::confirmation, psychologist, email, by_role}};
    const std::vector<line> reschedules_{{kind::reschedule, patient, email, by_role},
                                         {kind::reschedule, patient, whatsapp, by_role},
                                         {kind::reschedule, psychologist, email, by_role}};
    const std::vector<line> cancellations_{{kind::cancellation, patient, email, pat},
                                           {kind::cancellation, patient, whatsapp, pat},
                                           {kind::cancellation, psychologist, email, psy}};
};

TEST_F(notices_of_a_change, confirm_a_booking) {
    const auto planned = plan(std::nullopt, booked_);
    EXPECT_EQ(lines(planned), confirmations_);
    EXPECT_EQ(planned.told, booked_);
    EXPECT_THAT(reminders(planned), IsEmpty());
    for (const auto& row : planned.deliveries) {
        EXPECT_EQ(row.state, delivery_state::claimed);
        EXPECT_EQ(row.due_at, changed_at_);
        EXPECT_EQ(row.useless_after, two_pm + 1h);
        EXPECT_EQ(row.version, 2);
    }
}

TEST_F(notices_of_a_change, confirm_a_booking_that_is_already_confirmed) {
    EXPECT_EQ(lines(plan(std::nullopt, with(appointment_status::confirmed))), confirmations_);
}

TEST_F(notices_of_a_change, are_none_when_booked_as_cancelled_completed_or_no_show) {
    for (const auto status :
         {appointment_status::cancelled, appointment_status::completed, appointment_status::no_show}) {
        const auto planned = plan(std::nullopt, with(status));
        EXPECT_THAT(planned.deliveries, IsEmpty());
        EXPECT_EQ(planned.told, with(status));
    }
}

TEST_F(notices_of_a_change, are_none_when_booked_after_its_end) {
    changed_at_ = two_pm + 1h;
    expect_nothing(plan(std::nullopt, booked_));
}

TEST_F(notices_of_a_change, confirm_by_mail_and_text_what_is_booked_while_it_runs) {
    changed_at_ = two_pm + 59min;
    EXPECT_EQ(lines(plan(std::nullopt, booked_)), short_confirmations_);
}

TEST_F(notices_of_a_change, are_none_when_the_row_of_a_visit_that_is_over_is_deleted) {
    for (const auto status : {appointment_status::completed, appointment_status::no_show}) {
        before_ = status;
        for (const auto when : {two_pm - 1h, two_pm + 10min, two_pm + 2h}) {
            changed_at_ = when;
            const auto planned = plan(booked_, std::nullopt);
            EXPECT_THAT(planned.deliveries, IsEmpty());
            // Should the row come back, that is a booking.
            EXPECT_EQ(lines(plan(planned.told, booked_)).empty(), when == two_pm + 2h);
        }
    }
}

TEST_F(notices_of_a_change, are_none_when_a_row_is_deleted_after_the_end) {
    before_ = appointment_status::confirmed;
    changed_at_ = two_pm + 1h;
    EXPECT_THAT(plan(booked_, std::nullopt).deliveries, IsEmpty());
}

TEST_F(notices_of_a_change, tell_of_a_row_that_is_deleted_while_its_visit_is_awaited_or_runs) {
    before_ = appointment_status::confirmed;
    EXPECT_EQ(lines(plan(booked_, std::nullopt)), cancellations_);
    changed_at_ = two_pm + 10min;
    EXPECT_EQ(lines(plan(booked_, std::nullopt)), cancellations_);
}

TEST_F(notices_of_a_change, tell_those_who_would_still_come_when_a_visit_called_completed_by_mistake_is_cancelled) {
    before_ = appointment_status::completed;
    EXPECT_EQ(lines(plan(booked_, with(appointment_status::cancelled))), cancellations_);
    changed_at_ = two_pm + 10min;
    EXPECT_THAT(plan(booked_, with(appointment_status::cancelled)).deliveries, IsEmpty());
}

TEST_F(notices_of_a_change, are_none_when_booked_and_deleted_within_one_look) {
    expect_nothing(plan(std::nullopt, std::nullopt));
}

TEST_F(notices_of_a_change, confirm_by_mail_and_text_below_fifteen_minutes_alone) {
    changed_at_ = two_pm - 15min;
    EXPECT_EQ(lines(plan(std::nullopt, booked_)), confirmations_);
    changed_at_ += 1us;
    EXPECT_EQ(lines(plan(std::nullopt, booked_)), short_confirmations_);
}

TEST_F(notices_of_a_change, do_not_double_a_text_that_the_matrix_has_already) {
    auto wide = rules;
    wide.confirmation.patient = {email, whatsapp};
    const appointment_change change{
        .appointment = 1, .version = 1, .told = {}, .now = booked_, .changed_at = two_pm - 1min, .change_ids = {}};
    EXPECT_EQ(lines(plan_notices(change, wide, two_pm - 1min)), short_confirmations_);
}

TEST_F(notices_of_a_change, judge_short_notice_by_the_booking_and_not_by_when_it_was_seen) {
    looked_at_ = two_pm - 5min;
    EXPECT_EQ(lines(plan(std::nullopt, booked_)), confirmations_);
}

TEST_F(notices_of_a_change, record_the_reminders_booked_inside_the_window) {
    changed_at_ = two_pm - 40min;
    const auto skipped = reminders(plan(std::nullopt, booked_));
    std::vector<line> all;
    for (const auto& row : skipped) {
        EXPECT_EQ(row.state, delivery_state::skipped);
        EXPECT_EQ(row.reason, reason::booked_inside_window);
        EXPECT_EQ(row.due_at, reminder_due_at(rules, reminder_index(row.kind), two_pm));
        all.emplace_back(row.kind, row.recipient_role, row.channel, row.recipient);
    }
    EXPECT_THAT(all, UnorderedElementsAre(line{reminder_kind(0), patient, email, by_role},
                                          line{reminder_kind(0), patient, whatsapp, by_role},
                                          line{reminder_kind(0), psychologist, email, by_role},
                                          line{reminder_kind(1), patient, email, by_role},
                                          line{reminder_kind(1), patient, whatsapp, by_role},
                                          line{reminder_kind(1), psychologist, whatsapp, by_role}));
}

TEST_F(notices_of_a_change, do_not_call_a_reminder_of_this_very_moment_booked_inside) {
    changed_at_ = two_pm - 24h;
    EXPECT_THAT(reminders(plan(std::nullopt, booked_)), IsEmpty());
}

TEST_F(notices_of_a_change, still_confirm_after_an_outage_while_it_is_useful) {
    looked_at_ = two_pm + 1h - 1us;
    const auto planned = plan(std::nullopt, booked_);
    EXPECT_EQ(lines(planned), confirmations_);
    EXPECT_THAT(planned.deliveries, Each(Field(&planned_delivery::state, delivery_state::claimed)));
}

TEST_F(notices_of_a_change, record_a_confirmation_that_an_outage_outlasted_as_expired) {
    looked_at_ = two_pm + 1h;
    const auto planned = plan(std::nullopt, booked_);
    EXPECT_EQ(lines(planned), confirmations_);
    EXPECT_THAT(planned.deliveries, Each(Field(&planned_delivery::state, delivery_state::expired)));
    EXPECT_EQ(planned.told, std::nullopt);
}

TEST_F(notices_of_a_change, tell_that_it_is_cancelled_those_who_expected_it) {
    const auto planned = plan(booked_, with(appointment_status::cancelled));
    EXPECT_EQ(lines(planned), cancellations_);
    EXPECT_EQ(planned.told, with(appointment_status::cancelled));
    EXPECT_THAT(planned.deliveries, Each(Field(&planned_delivery::useless_after, two_pm + 1h)));
}

TEST_F(notices_of_a_change, tell_that_it_is_cancelled_when_the_row_is_deleted) {
    const auto planned = plan(booked_, std::nullopt);
    EXPECT_EQ(lines(planned), cancellations_);
    EXPECT_EQ(planned.told, with(appointment_status::cancelled));
}

TEST_F(notices_of_a_change, tell_the_former_people_when_cancelled_and_handed_over_at_once) {
    auto other = with(appointment_status::cancelled);
    other.patient = paula;
    other.psychologist = piotr;
    other.what.starts_at += 24h;
    const auto planned = plan(booked_, other);
    EXPECT_EQ(lines(planned), cancellations_);
    EXPECT_THAT(planned.deliveries, Each(Field(&planned_delivery::useless_after, two_pm + 1h)));
}

TEST_F(notices_of_a_change, are_none_for_a_cancellation_after_the_former_end) {
    changed_at_ = two_pm + 1h;
    expect_nothing(plan(booked_, with(appointment_status::cancelled)));
    expect_nothing(plan(booked_, std::nullopt));
}

TEST_F(notices_of_a_change, expire_a_cancellation_that_an_outage_outlasted) {
    looked_at_ = two_pm + 2h;
    const auto planned = plan(booked_, std::nullopt);
    EXPECT_EQ(planned.deliveries.size(), 3U);
    EXPECT_THAT(planned.deliveries, Each(Field(&planned_delivery::state, delivery_state::expired)));
}

TEST_F(notices_of_a_change, are_none_when_a_cancelled_one_is_cancelled_deleted_or_moved) {
    const auto cancelled = with(appointment_status::cancelled);
    auto moved = cancelled;
    moved.what.starts_at += 1h;
    expect_nothing(plan(cancelled, cancelled));
    expect_nothing(plan(cancelled, moved));
    expect_nothing(plan(cancelled, std::nullopt));
}

TEST_F(notices_of_a_change, confirm_what_is_scheduled_again) {
    const auto planned = plan(with(appointment_status::cancelled), booked_);
    EXPECT_EQ(lines(planned), confirmations_);
    EXPECT_EQ(planned.told, booked_);
    EXPECT_THAT(planned.deliveries, Each(Field(&planned_delivery::version, 2)));
}

TEST_F(notices_of_a_change, are_none_when_cancelled_and_scheduled_again_within_one_look) {
    expect_nothing(plan(booked_, booked_));
}

TEST_F(notices_of_a_change, are_none_when_changed_back_to_what_people_were_told) {
    changed_at_ = two_pm - 30min;
    expect_nothing(plan(booked_, booked_));
}

TEST_F(notices_of_a_change, are_none_when_confirmed_completed_or_no_show) {
    for (const auto status :
         {appointment_status::confirmed, appointment_status::completed, appointment_status::no_show}) {
        expect_nothing(plan(booked_, with(status)));
        expect_nothing(plan(with(appointment_status::confirmed), with(status)));
    }
    expect_nothing(plan(with(appointment_status::confirmed), booked_));
}

TEST_F(notices_of_a_change, tell_those_who_stay_of_a_new_start_length_type_or_place) {
    std::vector<appointment_image> changed(4, booked_);
    changed[0].what.starts_at -= 3h;
    changed[1].what.duration = 30min;
    changed[2].what.session_type = session_type::in_person;
    changed[3].what.location = "Level 2";
    for (const auto& now : changed) {
        const auto planned = plan(booked_, now);
        EXPECT_EQ(lines(planned), reschedules_);
        EXPECT_EQ(planned.told, now);
        EXPECT_THAT(planned.deliveries, Each(Field(&planned_delivery::useless_after, now.what.ends_at())));
    }
}

TEST_F(notices_of_a_change, tell_of_a_confirmed_visit_that_moves) {
    auto moved = with(appointment_status::confirmed);
    moved.what.starts_at += 1h;
    EXPECT_EQ(lines(plan(booked_, moved)), reschedules_);
}

TEST_F(notices_of_a_change, record_the_reminders_that_a_move_closer_has_passed) {
    changed_at_ = two_pm - 2h;
    auto sooner = booked_;
    const auto later = image_at(two_pm + std::chrono::days{3});
    const auto planned = plan(later, sooner);
    EXPECT_EQ(lines(planned), reschedules_);
    EXPECT_THAT(reminders(planned), Each(Field(&planned_delivery::kind, reminder_kind(0))));
    EXPECT_EQ(reminders(planned).size(), 3U);
    EXPECT_THAT(reminders(planned), Each(Field(&planned_delivery::version, 2)));
}

TEST_F(notices_of_a_change, are_none_for_a_move_into_the_past) {
    changed_at_ = two_pm - 5h;
    expect_nothing(plan(booked_, image_at(two_pm - 7h)));
}

TEST_F(notices_of_a_change, tell_of_a_missed_visit_that_is_moved_to_next_week) {
    changed_at_ = two_pm + 5h;
    EXPECT_EQ(lines(plan(booked_, image_at(two_pm + std::chrono::days{7}))), reschedules_);
}

TEST_F(notices_of_a_change, greet_the_psychologist_who_comes_in_and_dismiss_the_one_who_goes) {
    auto changed = booked_;
    changed.psychologist = piotr;
    EXPECT_THAT(lines(plan(booked_, changed)), ElementsAre(line{kind::reschedule, patient, email, by_role},
                                                           line{kind::reschedule, patient, whatsapp, by_role},
                                                           line{kind::confirmation, psychologist, email, by_role},
                                                           line{kind::cancellation, psychologist, email, psy}));
}

TEST_F(notices_of_a_change, greet_the_patient_who_comes_in_and_dismiss_the_one_who_goes) {
    auto changed = booked_;
    changed.patient = paula;
    EXPECT_THAT(lines(plan(booked_, changed)), ElementsAre(line{kind::confirmation, patient, email, by_role},
                                                           line{kind::cancellation, patient, email, pat},
                                                           line{kind::cancellation, patient, whatsapp, pat},
                                                           line{kind::reschedule, psychologist, email, by_role}));
}

TEST_F(notices_of_a_change, do_not_dismiss_from_a_visit_that_is_over) {
    changed_at_ = two_pm + 2h;
    auto changed = image_at(two_pm + std::chrono::days{7});
    changed.psychologist = piotr;
    EXPECT_THAT(lines(plan(booked_, changed)), ElementsAre(line{kind::reschedule, patient, email, by_role},
                                                           line{kind::reschedule, patient, whatsapp, by_role},
                                                           line{kind::confirmation, psychologist, email, by_role}));
}

TEST_F(notices_of_a_change, reach_the_clinic_when_the_matrix_names_it) {
    auto wide = rules;
    wide.cancellation.clinic = {email};
    const appointment_change change{
        .appointment = 1, .version = 2, .told = booked_, .now = {}, .changed_at = changed_at_, .change_ids = {}};
    EXPECT_EQ(lines(plan_notices(change, wide, changed_at_)).back(),
              (line{kind::cancellation, role::clinic, email, person_id{0}}));
}

}  // namespace
}  // namespace punctual::domain
