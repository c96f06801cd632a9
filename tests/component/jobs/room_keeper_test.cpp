#include "jobs/room_keeper.hpp"

#include "support/jobs_fixture.hpp"

#include <stdexcept>

namespace punctual::test {
namespace {

using net::twilio::twilio_errc;

class room_keeper : public jobs_fixture {
protected:
    result<jobs::room_info> open(domain::appointment_id id) {
        return run_task(context, subject.open_room(id, clock.boot_now() + 15s));
    }
    net::task<> ask(domain::appointment_id id) {
        answers.push_back(co_await subject.open_room(id, clock.boot_now() + 15s));
    }

    std::vector<result<jobs::room_info>> answers;
    jobs::room_keeper subject{&rooms, store, clock, log};
};

TEST_F(room_keeper, makes_a_room_and_writes_it_down) {
    const auto id = book(10min);
    const auto made = open(id);
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->created);
    EXPECT_EQ(rows.states.at(id).room_sid, made->sid);
}

TEST_F(room_keeper, makes_one_room_for_a_thousand_simultaneous_requests) {
    const auto id = book(10min);
    rooms.gate.close();
    for (int i = 0; i < 1000; ++i) {
        run(ask(id));
    }
    settle();
    rooms.gate.open();
    settle();
    ASSERT_EQ(answers.size(), 1000U);
    EXPECT_TRUE(std::ranges::all_of(answers, [](const auto& one) { return one && one->sid == "RM1"; }));
    EXPECT_EQ(rooms.ensured, 1);
    EXPECT_EQ(std::ranges::count_if(answers, [](const auto& one) { return one->created; }), 1);
}

TEST_F(room_keeper, makes_the_room_for_the_next_who_asks_after_a_request_that_broke) {
    const auto id = book(10min);
    bool breaks = true;
    store.fault = [&](std::string_view call) {
        if (call == "record_room" && std::exchange(breaks, false)) {
            throw std::runtime_error{"a bug"};
        }
        return store_fault::none;
    };
    int broken = 0;
    net::task_group callers{context.get_executor(),
                            [&](std::string_view, std::exception_ptr why) { broken += why ? 1 : 0; }};
    rooms.gate.close();
    callers.spawn("first", ask(id));
    callers.spawn("second", ask(id));
    settle();
    rooms.gate.open();
    settle();
    EXPECT_EQ(broken, 1);
    ASSERT_EQ(answers.size(), 1U);  // at once, and not at its deadline
    EXPECT_FALSE(answers[0]);
    EXPECT_TRUE(open(id));
}

TEST_F(room_keeper, does_not_ask_again_for_a_room_seen_just_now) {
    const auto id = book(10min);
    static_cast<void>(open(id));
    EXPECT_FALSE(open(id)->created);
    EXPECT_EQ(rooms.ensured, 1);
}

TEST_F(room_keeper, makes_it_again_under_the_same_name_when_it_has_ended) {
    const auto id = book(10min);
    const auto first = open(id);
    rooms.end(first->name);
    advance(3s);
    const auto second = open(id);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->name, first->name);
    EXPECT_NE(second->sid, first->sid);
    EXPECT_EQ(rows.states.at(id).room_sid, second->sid);
}

TEST_F(room_keeper, makes_it_again_at_once_when_twilio_has_said_that_it_ended) {
    const auto id = book(10min);
    const auto first = open(id);
    rooms.end(first->name);
    EXPECT_TRUE(run_task(context, subject.room_ended(first->name, first->sid, boot_time::max())));
    EXPECT_NE(open(id)->sid, first->sid);
}

TEST_F(room_keeper, takes_no_notice_of_the_end_of_an_older_room) {
    const auto id = book(10min);
    const auto made = open(id);
    EXPECT_TRUE(run_task(context, subject.room_ended(made->name, "RM0", boot_time::max())));
    EXPECT_FALSE(rows.states.at(id).room_ended);
    static_cast<void>(open(id));
    EXPECT_EQ(rooms.ensured, 1);
}

TEST_F(room_keeper, takes_no_notice_of_rooms_that_are_not_ours) {
    for (const auto* name : {"party", "apt-", "apt-x-1", "apt-12", "apt-99999999999999999999-1-a"}) {
        EXPECT_TRUE(run_task(context, subject.room_ended(name, "RM1", boot_time::max()))) << name;
    }
    EXPECT_EQ(store.calls["record_room_ended"], 0);
}

TEST_F(room_keeper, tells_all_who_wait_that_twilio_is_away) {
    const auto id = book(10min);
    rooms.away = true;
    rooms.gate.close();
    run(ask(id));
    run(ask(id));
    settle();
    rooms.gate.open();
    settle();
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0].error().code, twilio_errc::unavailable);
    EXPECT_EQ(answers[1].error().code, twilio_errc::unavailable);
}

TEST_F(room_keeper, asks_again_after_a_failure) {
    const auto id = book(10min);
    rooms.away = true;
    EXPECT_FALSE(open(id));
    rooms.away = false;
    EXPECT_TRUE(open(id));
}

TEST_F(room_keeper, does_not_wait_for_another_request_past_its_deadline) {
    const auto id = book(10min);
    rooms.gate.close();
    run(ask(id));
    settle();
    run(ask(id));
    advance(16s);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_FALSE(answers[0]);
    EXPECT_FALSE(answers[1]);
}

TEST_F(room_keeper, says_that_a_visit_in_person_has_no_room) {
    auto there = image(10min);
    there.what.session_type = domain::session_type::in_person;
    EXPECT_EQ(open(rows.book(there, clock.wall_now())).error().code, twilio_errc::not_found);
}

TEST_F(room_keeper, makes_no_room_for_a_cancelled_visit) {
    const auto id = book(10min);
    auto off = rows.appointments.at(id);
    off.status = domain::appointment_status::cancelled;
    rows.change_to(id, off, clock.wall_now());
    EXPECT_EQ(open(id).error().code, twilio_errc::not_found);
    EXPECT_EQ(rooms.ensured, 0);
}

TEST_F(room_keeper, ends_a_room_whose_visit_was_cancelled_while_it_was_made) {
    const auto id = book(10min);
    rooms.gate.close();
    run(ask(id));
    settle();
    auto off = rows.appointments.at(id);
    off.status = domain::appointment_status::cancelled;
    rows.change_to(id, off, clock.wall_now());
    rooms.gate.open();
    settle();
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].error().code, twilio_errc::not_found);
    EXPECT_EQ(rooms.completed.size(), 1U);
    EXPECT_TRUE(rows.states.at(id).room_ended);
}

TEST_F(room_keeper, gives_no_room_that_could_not_be_written_down) {
    const auto id = book(10min);
    store.fault = [](std::string_view call) { return call == "record_room" ? store_fault::away : store_fault::none; };
    EXPECT_FALSE(open(id));
    store.fault = nullptr;
    const auto made = open(id);
    ASSERT_TRUE(made);
    EXPECT_EQ(rooms.made, 1);
    EXPECT_EQ(rows.states.at(id).room_sid, made->sid);
}

TEST_F(room_keeper, refuses_without_an_account) {
    jobs::room_keeper none{nullptr, store, clock, log};
    EXPECT_EQ(run_task(context, none.open_room(1, boot_time::max())).error().code, twilio_errc::not_configured);
}

}  // namespace
}  // namespace punctual::test
