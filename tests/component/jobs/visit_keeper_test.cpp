#include "component/jobs/visit_keeper_fixture.hpp"

#include "domain/schedule.hpp"

namespace punctual::test {
namespace {

using domain::channel;
using domain::delivery_state;

TEST_F(visit_keeper, makes_the_room) {
    start();
    subject.make_room(visit(book(15min)));
    settle();
    EXPECT_EQ(rooms.made, 1);
}

TEST_F(visit_keeper, goes_on_trying_while_twilio_is_away) {
    rooms.away = true;
    start();
    subject.make_room(visit(book(15min)));
    advance(1min);
    EXPECT_EQ(rooms.ensured, 4);
    rooms.away = false;
    advance(20s);
    EXPECT_EQ(rooms.made, 1);
}

TEST_F(visit_keeper, stops_trying_when_the_visit_is_over) {
    rooms.away = true;
    start();
    subject.make_room(visit(book(15min)));
    advance(2h);
    const auto before = rooms.ensured;
    advance(1h);
    EXPECT_EQ(rooms.ensured, before);
}

TEST_F(visit_keeper, stops_trying_for_a_visit_that_was_cancelled) {
    rooms.away = true;
    start();
    const auto id = book(15min);
    subject.make_room(visit(id));
    settle();
    auto off = rows.appointments.at(id);
    off.status = domain::appointment_status::cancelled;
    rows.change_to(id, off, clock.wall_now());
    rooms.away = false;
    advance(1min);
    EXPECT_EQ(rooms.made, 0);
}

TEST_F(visit_keeper, alerts_the_clinic_when_nobody_was_reached) {
    const auto id = book(30min);
    reach(id, channel::email, delivery_state::failed);
    EXPECT_TRUE(alerts(id));
    EXPECT_EQ(sender.sent.front().kind, domain::kind::staff_alert);
}

TEST_F(visit_keeper, alerts_nobody_when_a_mail_was_accepted) {
    const auto id = book(30min);
    reach(id, channel::email, delivery_state::accepted);
    EXPECT_FALSE(alerts(id));
}

TEST_F(visit_keeper, alerts_nobody_when_a_text_was_delivered) {
    const auto id = book(30min);
    reach(id, channel::whatsapp, delivery_state::delivered);
    EXPECT_FALSE(alerts(id));
}

TEST_F(visit_keeper, does_not_count_a_text_that_was_only_accepted) {
    const auto id = book(30min);
    reach(id, channel::whatsapp, delivery_state::accepted);
    EXPECT_TRUE(alerts(id));
}

TEST_F(visit_keeper, does_not_count_what_reached_the_psychologist) {
    const auto id = book(30min);
    reach(id, channel::email, delivery_state::accepted, domain::role::psychologist);
    EXPECT_TRUE(alerts(id));
}

TEST_F(visit_keeper, checks_again_when_the_database_was_away) {
    const auto id = book(30min);
    store.fault = [](std::string_view call) { return call == "deliveries" ? store_fault::away : store_fault::none; };
    EXPECT_FALSE(alerts(id));
    store.fault = nullptr;
    advance(1min);
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(visit_keeper, plans_a_text_for_the_evening_before_when_it_would_come_at_night) {
    start();
    // Noon in Sydney; due at eleven at night tomorrow.
    const auto id = book(59h);
    subject.keep_night_quiet(visit(id), 0);
    settle();
    ASSERT_EQ(rows.deliveries.size(), 1U);
    const auto& row = rows.deliveries.begin()->second;
    EXPECT_EQ(row.plan.channel, channel::whatsapp);
    EXPECT_EQ(row.state, delivery_state::retrying);
    EXPECT_EQ(row.plan.due_at, clock.wall_now() + 32h);
    EXPECT_TRUE(sender.sent.empty());
}

TEST_F(visit_keeper, plans_nothing_early_for_a_reminder_that_comes_in_the_day) {
    start();
    subject.keep_night_quiet(visit(book(48h)), 0);
    settle();
    EXPECT_TRUE(rows.deliveries.empty());
}

TEST_F(visit_keeper, looks_at_the_night_again_when_the_database_was_away) {
    start();
    int refused = 0;
    store.fault = [&](std::string_view call) {
        return call == "find_appointment" && refused++ < 2 ? store_fault::away : store_fault::none;
    };
    subject.keep_night_quiet(visit(book(59h)), 0);
    settle();
    EXPECT_TRUE(rows.deliveries.empty());
    advance(11s);
    EXPECT_EQ(rows.deliveries.size(), 1U);
}

TEST_F(visit_keeper, completes_a_visit_in_person) {
    auto there = image(10min);
    there.what.session_type = domain::session_type::in_person;
    const auto id = rows.book(there, clock.wall_now());
    clock.pass(3h);
    subject.check_end(visit(id));
    settle();
    EXPECT_EQ(rows.appointments.at(id).status, domain::appointment_status::completed);
}

TEST_F(visit_keeper, completes_it_when_the_database_is_back) {
    auto there = image(10min);
    there.what.session_type = domain::session_type::in_person;
    const auto id = rows.book(there, clock.wall_now());
    clock.pass(3h);
    store.fault = [](std::string_view) { return store_fault::away; };
    subject.check_end(visit(id));
    advance(1min);
    store.fault = nullptr;
    advance(1min);
    EXPECT_EQ(rows.appointments.at(id).status, domain::appointment_status::completed);
}

TEST_F(visit_keeper, does_not_complete_a_video_visit_by_the_clock_alone) {
    const auto id = book(10min);
    clock.pass(3h);
    subject.check_end(visit(id));
    settle();
    EXPECT_EQ(rows.appointments.at(id).status, domain::appointment_status::scheduled);
}

TEST_F(visit_keeper, ends_a_room_two_hours_after_the_visit) {
    const auto id = leave_room();
    start();
    EXPECT_EQ(rooms.completed.size(), 1U);
    EXPECT_TRUE(rows.states.at(id).room_ended);
}

TEST_F(visit_keeper, leaves_a_room_with_people_in_it_alone) {
    const auto id = leave_room();
    rooms.crowds["RM1"] = 2;
    start();
    EXPECT_TRUE(rooms.completed.empty());
    EXPECT_FALSE(rows.states.at(id).room_ended);
}

TEST_F(visit_keeper, ends_it_when_they_have_gone) {
    leave_room();
    rooms.crowds["RM1"] = 2;
    start();
    rooms.crowds["RM1"] = 0;
    advance(5min);
    EXPECT_EQ(rooms.completed.size(), 1U);
}

TEST_F(visit_keeper, ends_the_others_beside_a_room_with_people_in_it) {
    leave_room();
    leave_room();
    rooms.crowds["RM1"] = 2;
    start();
    EXPECT_EQ(rooms.completed, std::vector<std::string>{"RM2"});
}

TEST_F(visit_keeper, ends_the_others_beside_a_room_that_twilio_refuses) {
    leave_room();
    leave_room();
    rooms.refused = {"RM1"};
    start();
    EXPECT_EQ(rooms.completed, std::vector<std::string>{"RM2"});
}

TEST_F(visit_keeper, ends_a_room_behind_more_rooms_with_people_than_fill_a_page) {
    for (int i = 1; i <= 120; ++i) {
        leave_room();
        rooms.crowds["RM" + std::to_string(i)] = 1;
    }
    leave_room();
    start();
    EXPECT_EQ(rooms.completed, std::vector<std::string>{"RM121"});
}

TEST_F(visit_keeper, makes_so_many_rooms_at_a_time) {
    rooms.gate.close();
    start();
    for (int i = 0; i < 100; ++i) {
        subject.make_room(visit(book(15min)));
    }
    settle();
    EXPECT_EQ(rooms.ensured, 32);
    rooms.gate.open();
    settle();
    EXPECT_EQ(rooms.made, 100);
}

TEST_F(visit_keeper, keeps_nothing_waiting_for_what_is_to_be_tried_again) {
    rooms.away = true;
    start();
    for (int i = 0; i < 100; ++i) {
        subject.make_room(visit(book(15min)));
    }
    settle();
    EXPECT_EQ(rooms.ensured, 100);
}

TEST_F(visit_keeper, ends_the_room_of_a_cancelled_visit_at_once) {
    start();
    const auto id = book(10min);
    EXPECT_TRUE(run_task(context, keeper.open_room(id, boot_time::max())));
    auto off = rows.appointments.at(id);
    off.status = domain::appointment_status::cancelled;
    rows.change_to(id, off, clock.wall_now());
    subject.sweep_soon();
    settle();
    EXPECT_EQ(rooms.completed.size(), 1U);
}

TEST_F(visit_keeper, puts_people_out_of_the_room_of_a_cancelled_visit) {
    start();
    const auto id = book(10min);
    EXPECT_TRUE(run_task(context, keeper.open_room(id, boot_time::max())));
    const auto participant = rooms.join("RM1", "1-x", clock.wall_now());
    auto off = rows.appointments.at(id);
    off.status = domain::appointment_status::cancelled;
    rows.change_to(id, off, clock.wall_now());
    subject.sweep_soon();
    settle();
    EXPECT_EQ(rooms.removed, std::vector<std::string>{participant});
    EXPECT_EQ(rooms.completed, std::vector<std::string>{"RM1"});
}

TEST_F(visit_keeper, completes_a_visit_when_its_room_ends_after_its_end) {
    const auto id = book(10min);
    EXPECT_TRUE(run_task(context, keeper.open_room(id, boot_time::max())));
    for (const auto who : {patient, psychologist}) {
        rooms.leave(rooms.join("RM1", std::to_string(who) + "-x", clock.wall_now() + 10min), clock.wall_now() + 1h);
    }
    clock.pass(61min);
    subject.room_ended(id);
    settle();
    EXPECT_EQ(rows.appointments.at(id).status, domain::appointment_status::completed);
}

TEST_F(visit_keeper, looks_after_visits_that_ended_while_nobody_was_there) {
    const auto id = book(10min);
    EXPECT_TRUE(run_task(context, keeper.open_room(id, boot_time::max())));
    for (const auto who : {patient, psychologist}) {
        rooms.leave(rooms.join("RM1", std::to_string(who) + "-x", clock.wall_now() + 10min), clock.wall_now() + 1h);
    }
    clock.pass(72h);
    start();
    EXPECT_EQ(rows.appointments.at(id).status, domain::appointment_status::completed);
}

TEST_F(visit_keeper, writes_down_that_twilio_has_ended_a_room) {
    const auto id = leave_room();
    rooms.running.clear();
    start();
    EXPECT_TRUE(rooms.completed.empty());
    EXPECT_TRUE(rows.states.at(id).room_ended);
}

TEST_F(visit_keeper, ends_a_room_later_when_twilio_is_away) {
    leave_room();
    rooms.away = true;
    start();
    EXPECT_TRUE(rooms.completed.empty());
    rooms.away = false;
    advance(5min);
    EXPECT_EQ(rooms.completed.size(), 1U);
}

TEST_F(visit_keeper, ends_at_once_when_it_is_stopped_between_two_tries) {
    rooms.away = true;
    start();
    subject.make_room(visit(book(15min)));
    settle();
    const auto before = group.size();
    subject.stop();
    settle();
    EXPECT_EQ(group.size(), before - 1);
}

TEST_F(visit_keeper, begins_nothing_once_it_is_stopped) {
    start();
    subject.stop();
    subject.make_room(visit(book(15min)));
    settle();
    EXPECT_EQ(rooms.ensured, 0);
}

TEST_F(visit_keeper, ends_a_room_behind_more_refused_ones_than_it_tries_in_a_row) {
    for (int i = 1; i <= 25; ++i) {
        leave_room();
        rooms.refused.insert("RM" + std::to_string(i));
    }
    leave_room();
    start();
    EXPECT_TRUE(rooms.completed.empty());
    advance(11min);
    EXPECT_EQ(rooms.completed, std::vector<std::string>{"RM26"});
}

TEST_F(visit_keeper, ends_a_refused_room_when_twilio_takes_it_again) {
    for (int i = 1; i <= 25; ++i) {
        leave_room();
        rooms.refused.insert("RM" + std::to_string(i));
    }
    start();
    advance(31min);
    rooms.refused.clear();
    advance(6min);
    EXPECT_EQ(rooms.completed.size(), 25U);
}

TEST_F(visit_keeper, leaves_what_waits_when_it_is_stopped_to_whoever_starts_next) {
    rooms.gate.close();
    start();
    std::vector<domain::scheduled_visit> visits;
    for (int i = 0; i < 100; ++i) {
        visits.push_back(visit(book(15min)));
        visits.back().booked_at = clock.wall_now() - 48h;
        subject.make_room(visits.back());
    }
    subject.stop();
    rooms.gate.open();
    settle();
    EXPECT_LT(rooms.made, 100);
    // What the next process fires when it has read them.
    domain::schedule next{rules, clock.wall_now()};
    for (const auto& one : visits) {
        next.upsert(one, clock.wall_now());
    }
    std::vector<domain::due_moment> due;
    while (next.fire(clock.wall_now(), 1000, due)) {
    }
    EXPECT_EQ(std::ranges::count_if(
                  due, [](const auto& one) { return one.what.what == domain::moment_type::make_room && !one.expired; }),
              100);
    EXPECT_EQ(
        std::ranges::count_if(due, [](const auto& one) { return one.what.what == domain::moment_type::staff_alert; }),
        100);
}

TEST_F(visit_keeper, looks_for_one_who_waits_until_the_end_of_the_visit) {
    const auto id = book(0s);
    const auto room = run_task(context, keeper.open_room(id, boot_time::max())).value();
    start();
    clock.pass(3min);
    auto begun = visit(id);
    begun.version = rows.version_of(id);
    subject.check_waiting(begun);
    advance(90s);
    EXPECT_TRUE(sender.sent.empty());
    // The callback is lost.
    rooms.join(room.sid, std::to_string(patient) + "-x@example.com", clock.wall_now());
    advance(60s);
    ASSERT_EQ(sender.sent.size(), 1U);
    EXPECT_EQ(sender.sent[0].kind, domain::kind::nudge);
    const auto asked = store.calls["find_appointment"];
    advance(2h);
    const auto at_end = store.calls["find_appointment"];
    EXPECT_GT(at_end, asked);
    EXPECT_EQ(sender.sent.size(), 1U);
    advance(1h);
    EXPECT_EQ(store.calls["find_appointment"], at_end) << "it is over";
}

TEST_F(visit_keeper, looks_at_once_when_somebody_comes) {
    const auto id = book(0s);
    const auto room = run_task(context, keeper.open_room(id, boot_time::max())).value();
    start();
    clock.pass(3min);
    auto begun = visit(id);
    begun.version = rows.version_of(id);
    subject.somebody_came(id);
    subject.check_waiting(begun);
    advance(10s);
    rooms.join(room.sid, std::to_string(patient) + "-x@example.com", clock.wall_now());
    subject.somebody_came(id);
    settle();
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(visit_keeper, leaves_rooms_and_statuses_to_the_other_system_in_shadow) {
    const auto over = leave_room();
    rules.shadow = true;
    auto in_person = image(-4h);
    in_person.what.session_type = domain::session_type::in_person;
    const auto ended = rows.book(in_person, clock.wall_now() - 10h);
    start();
    subject.make_room(visit(book(15min)));
    subject.check_end(visit(ended));
    advance(10min);
    EXPECT_EQ(rooms.made, 1) << "the one that was there";
    EXPECT_EQ(rows.appointments.at(ended).status, domain::appointment_status::scheduled);
    EXPECT_TRUE(rooms.completed.empty()) << over;
}

}  // namespace
}  // namespace punctual::test
