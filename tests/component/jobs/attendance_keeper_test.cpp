#include "jobs/attendance_keeper.hpp"

#include "jobs/room_keeper.hpp"
#include "support/jobs_fixture.hpp"

namespace punctual::test {
namespace {

using domain::appointment_status;

class attendance_keeper : public jobs_fixture {
protected:
    attendance_keeper() {
        rules.nudge.patient = {domain::channel::email};
        run(recorder.run());
        run(lane->run());
    }

    // A visit of 50 minutes whose room is there, ten minutes before its start.
    domain::appointment_id open() {
        const auto id = book(10min);
        const auto made = run_task(context, keeper.open_room(id, boot_time::max()));
        EXPECT_TRUE(made);
        room = made->sid;
        return id;
    }
    [[nodiscard]] std::string identity(domain::person_id who) const { return std::to_string(who) + "-x@example.com"; }
    std::string join(domain::person_id who) { return rooms.join(room, identity(who), clock.wall_now()); }
    void stay(domain::person_id who, std::chrono::minutes length) {
        const auto sid = join(who);
        rooms.leave(sid, clock.wall_now() + length);
    }
    bool decide(domain::appointment_id id) { return run_task(context, subject.decide(id)); }
    [[nodiscard]] appointment_status status(domain::appointment_id id) const { return rows.appointments.at(id).status; }
    using watch = jobs::attendance_keeper::watch;
    watch nudge(domain::appointment_id id) {
        domain::scheduled_visit visit;
        visit.appointment = id;
        visit.starts_at = rows.appointments.at(id).what.starts_at;
        visit.duration = 50min;
        visit.version = rows.version_of(id);
        const auto seen = run_task(context, subject.nudge(visit));
        settle();
        return seen;
    }

    std::string room;
    fake_sender sender{clock};
    jobs::recorder recorder{store, clock, log};
    std::unique_ptr<jobs::lane> lane = make_lane(sender, recorder);
    jobs::room_keeper keeper{&rooms, store, clock, log};
    jobs::attendance_keeper subject{&rooms, rules, {lane.get()}, store, visits, clock, log, *metrics};
};

TEST_F(attendance_keeper, completes_a_visit_that_both_came_to) {
    const auto id = open();
    clock.pass(10min);
    stay(patient, 45min);
    stay(psychologist, 50min);
    clock.pass(90min);
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(status(id), appointment_status::completed);
    EXPECT_TRUE(metrics->text().contains("punctual_visits_completed_total 1"));
}

TEST_F(attendance_keeper, leaves_a_visit_open_whose_room_ended_before_its_end) {
    const auto id = open();
    clock.pass(10min);
    stay(patient, 5min);
    stay(psychologist, 5min);
    clock.pass(20min);
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(status(id), appointment_status::scheduled);
}

TEST_F(attendance_keeper, completes_it_when_the_room_ends_after_the_end) {
    const auto id = open();
    clock.pass(10min);
    stay(patient, 51min);
    stay(psychologist, 51min);
    clock.pass(55min);
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(status(id), appointment_status::completed);
}

TEST_F(attendance_keeper, proposes_nothing_while_people_may_still_come) {
    const auto id = open();
    clock.pass(65min);
    EXPECT_TRUE(decide(id));
    EXPECT_TRUE(rows.no_shows.empty());
}

TEST_F(attendance_keeper, proposes_a_no_show_and_names_who_was_absent) {
    const auto nobody = open();
    const auto alone = open();
    stay(psychologist, 40min);
    const auto other = open();
    stay(patient, 40min);
    clock.pass(2h);
    EXPECT_TRUE(decide(nobody));
    EXPECT_TRUE(decide(alone));
    EXPECT_TRUE(decide(other));
    EXPECT_EQ(rows.no_shows.at(nobody).absent, "both");
    EXPECT_EQ(rows.no_shows.at(alone).absent, "patient");
    EXPECT_EQ(rows.no_shows.at(other).absent, "psychologist");
    EXPECT_EQ(status(nobody), appointment_status::scheduled);
    EXPECT_TRUE(metrics->text().contains("punctual_no_shows_proposed_total 3"));
}

TEST_F(attendance_keeper, proposes_it_once) {
    const auto id = open();
    clock.pass(2h);
    EXPECT_TRUE(decide(id));
    EXPECT_TRUE(decide(id));
    EXPECT_TRUE(metrics->text().contains("punctual_no_shows_proposed_total 1"));
    EXPECT_EQ(visits.calls["propose_no_show"], 1);
}

TEST_F(attendance_keeper, completes_a_visit_that_callbacks_told_of_after_all) {
    const auto id = open();
    clock.pass(2h);
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(rows.no_shows.size(), 1U);
    rows.stays["PA1"] = {id, {"PA1", room, patient, clock.wall_now() - 2h, clock.wall_now() - 1h}};
    rows.stays["PA2"] = {id, {"PA2", room, psychologist, clock.wall_now() - 2h, clock.wall_now() - 1h}};
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(status(id), appointment_status::completed);
}

TEST_F(attendance_keeper, writes_a_no_show_only_when_the_configuration_says_so) {
    rules.write_no_show = true;
    const auto id = open();
    clock.pass(2h);
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(status(id), appointment_status::no_show);
    EXPECT_TRUE(rows.no_shows.at(id).written);
}

TEST_F(attendance_keeper, believes_signed_callbacks_that_twilio_cannot_be_asked_about) {
    const auto id = open();
    rows.stays["PA1"] = {id, {"PA1", room, patient, clock.wall_now() + 10min, clock.wall_now() + 60min}};
    rows.stays["PA2"] = {id, {"PA2", room, psychologist, clock.wall_now() + 10min, clock.wall_now() + 60min}};
    rooms.away = true;
    clock.pass(61min);
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(status(id), appointment_status::completed);
}

TEST_F(attendance_keeper, proposes_nothing_before_twilio_could_be_asked) {
    const auto id = open();
    rooms.away = true;
    clock.pass(2h);
    EXPECT_FALSE(decide(id));
    EXPECT_TRUE(rows.no_shows.empty());
    rooms.away = false;
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(rows.no_shows.size(), 1U);
}

TEST_F(attendance_keeper, does_not_ask_for_ever) {
    const auto id = open();
    rooms.away = true;
    clock.pass(4h);
    EXPECT_FALSE(decide(id)) << "the first try after a long down-time";
    clock.pass(2h);
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(rows.no_shows.size(), 1U);
}

TEST_F(attendance_keeper, takes_an_unknown_room_for_an_answer_after_some_minutes) {
    const auto id = open();
    rooms.unknown.insert(room);
    clock.pass(92min);
    EXPECT_FALSE(decide(id));
    clock.pass(5min);
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(rows.no_shows.size(), 1U);
}

TEST_F(attendance_keeper, asks_about_every_room_that_the_visit_has_had) {
    const auto id = open();
    stay(patient, 5min);
    rooms.end(rows.states.at(id).room_name);
    clock.pass(5min);
    const auto again = run_task(context, keeper.open_room(id, boot_time::max()));
    ASSERT_TRUE(again);
    room = again->sid;
    stay(psychologist, 20min);
    clock.pass(2h);
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(status(id), appointment_status::completed);
}

TEST_F(attendance_keeper, does_not_count_who_was_there_at_an_earlier_time_of_the_visit) {
    const auto id = open();
    clock.pass(10min);
    stay(patient, 5min);
    stay(psychologist, 5min);
    auto moved = rows.appointments.at(id);
    moved.what.starts_at += 24h;
    rows.change_to(id, moved, clock.wall_now());
    clock.pass(26h);
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(rows.no_shows.at(id).absent, "both");
}

TEST_F(attendance_keeper, tries_again_when_the_database_is_away) {
    const auto id = open();
    clock.pass(2h);
    for (const auto* call : {"find_appointment", "read", "propose_no_show"}) {
        store.fault = visits.fault = [call](std::string_view name) {
            return name == call ? store_fault::away : store_fault::none;
        };
        EXPECT_FALSE(decide(id)) << call;
    }
}

TEST_F(attendance_keeper, decides_nothing_without_video) {
    const auto id = open();
    clock.pass(2h);
    jobs::attendance_keeper none{nullptr, rules, {}, store, visits, clock, log, *metrics};
    EXPECT_TRUE(run_task(context, none.decide(id)));
    EXPECT_TRUE(rows.no_shows.empty());
}

TEST_F(attendance_keeper, tells_the_patient_that_the_psychologist_is_waiting) {
    const auto id = open();
    join(psychologist);
    clock.pass(13min);
    EXPECT_EQ(nudge(id), watch::going_on);
    ASSERT_EQ(sender.sent.size(), 1U);
    EXPECT_EQ(sender.sent[0].kind, domain::kind::nudge);
    EXPECT_EQ(sender.sent[0].recipient.id, patient);
    EXPECT_FALSE(sender.sent[0].room_name.empty());
}

TEST_F(attendance_keeper, tells_the_clinic_that_the_patient_is_waiting) {
    const auto id = open();
    join(patient);
    clock.pass(13min);
    EXPECT_EQ(nudge(id), watch::going_on);
    ASSERT_EQ(sender.sent.size(), 1U);
    EXPECT_EQ(sender.sent[0].recipient_role, domain::role::clinic);
}

TEST_F(attendance_keeper, tells_it_once) {
    const auto id = open();
    join(patient);
    clock.pass(13min);
    EXPECT_EQ(nudge(id), watch::going_on);
    clock.pass(20min);
    EXPECT_EQ(nudge(id), watch::going_on);
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(attendance_keeper, tells_patients_nothing_by_default) {
    rules.nudge = domain::default_policy().nudge;
    const auto id = open();
    join(psychologist);
    clock.pass(13min);
    EXPECT_EQ(nudge(id), watch::going_on);
    EXPECT_TRUE(sender.sent.empty());
}

TEST_F(attendance_keeper, tells_nobody_when_both_are_there_or_nobody_is) {
    const auto empty = open();
    const auto full = open();
    join(patient);
    join(psychologist);
    clock.pass(13min);
    EXPECT_EQ(nudge(empty), watch::going_on);
    EXPECT_EQ(nudge(full), watch::over);
    EXPECT_TRUE(sender.sent.empty());
}

TEST_F(attendance_keeper, tells_nobody_of_one_who_has_left_again) {
    const auto id = open();
    stay(psychologist, 1min);
    clock.pass(13min);
    EXPECT_EQ(nudge(id), watch::going_on);
    EXPECT_TRUE(sender.sent.empty());
}

TEST_F(attendance_keeper, tells_of_one_who_comes_later_to_an_empty_room) {
    const auto id = open();
    clock.pass(13min);
    EXPECT_EQ(nudge(id), watch::going_on);
    EXPECT_TRUE(sender.sent.empty());
    clock.pass(25min);
    join(psychologist);
    EXPECT_EQ(nudge(id), watch::going_on);
    ASSERT_EQ(sender.sent.size(), 1U);
    EXPECT_EQ(sender.sent[0].recipient.id, patient);
}

TEST_F(attendance_keeper, tells_each_side_once_when_they_miss_each_other) {
    const auto id = open();
    const auto first = join(patient);
    clock.pass(13min);
    EXPECT_EQ(nudge(id), watch::going_on);
    rooms.leave(first, clock.wall_now());
    clock.pass(5min);
    join(psychologist);
    EXPECT_EQ(nudge(id), watch::over) << "both sides know";
    ASSERT_EQ(sender.sent.size(), 2U);
    EXPECT_EQ(sender.sent[0].recipient_role, domain::role::clinic);
    EXPECT_EQ(sender.sent[1].recipient.id, patient);
}

TEST_F(attendance_keeper, misses_nobody_who_has_left_after_they_met) {
    const auto id = open();
    clock.pass(14min);
    const auto gone = join(patient);
    join(psychologist);
    clock.pass(20min);
    rooms.leave(gone, clock.wall_now());
    clock.pass(5min);
    EXPECT_EQ(nudge(id), watch::over);
    EXPECT_TRUE(sender.sent.empty());
}

TEST_F(attendance_keeper, misses_who_is_not_there_three_minutes_after_the_start_though_they_met_before) {
    const auto id = open();
    const auto gone = join(patient);
    join(psychologist);
    clock.pass(5min);
    rooms.leave(gone, clock.wall_now());
    clock.pass(8min);
    EXPECT_EQ(nudge(id), watch::going_on);
    ASSERT_EQ(sender.sent.size(), 1U);
    EXPECT_EQ(sender.sent[0].recipient.id, patient);
}

TEST_F(attendance_keeper, looks_no_more_when_the_visit_is_over_or_closed) {
    const auto over = open();
    join(psychologist);
    clock.pass(60min);
    EXPECT_EQ(nudge(over), watch::over);
    const auto closed = open();
    join(psychologist);
    clock.pass(13min);
    auto cancelled = rows.appointments.at(closed);
    cancelled.status = appointment_status::cancelled;
    rows.change_to(closed, cancelled, clock.wall_now());
    EXPECT_EQ(nudge(closed), watch::over);
    EXPECT_TRUE(sender.sent.empty());
}

TEST_F(attendance_keeper, writes_no_status_beside_another_system) {
    rules.shadow = true;
    rules.write_no_show = true;
    const auto id = open();
    clock.pass(10min);
    stay(patient, 50min);
    stay(psychologist, 50min);
    clock.pass(90min);
    EXPECT_TRUE(decide(id));
    EXPECT_EQ(status(id), appointment_status::scheduled) << "both came";
    const auto missed = open();
    clock.pass(3h);
    EXPECT_TRUE(decide(missed));
    EXPECT_TRUE(decide(missed));
    EXPECT_EQ(status(missed), appointment_status::scheduled) << "nobody came";
    EXPECT_EQ(rows.no_shows.at(missed).absent, "both") << "proposed, for the comparison";
    EXPECT_FALSE(rows.no_shows.at(missed).written);
}

}  // namespace
}  // namespace punctual::test
