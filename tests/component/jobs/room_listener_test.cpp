#include "jobs/room_listener.hpp"

#include "jobs/room_keeper.hpp"
#include "net/store/store_error.hpp"
#include "support/jobs_fixture.hpp"

#include <stdexcept>

namespace punctual::test {
namespace {

using net::store_errc;

class room_listener : public jobs_fixture {
protected:
    room_listener() {
        id = book(10min);
        room = run_task(context, keeper.open_room(id, boot_time::max())).value();
    }

    [[nodiscard]] net::room_event event(std::string what, std::string participant = {}, domain::person_id who = 0) {
        net::room_event made;
        made.key = room.sid + ":" + std::to_string(++sequence);
        made.form = "a=b";
        made.appointment = id;
        made.room_name = room.name;
        made.room_sid = room.sid;
        made.what = std::move(what);
        made.participant_sid = std::move(participant);
        made.person = who;
        made.at = clock.wall_now();
        return made;
    }
    result<> take(net::room_event what) { return run_task(context, subject.take(std::move(what), boot_time::max())); }
    net::attendance attendance() {
        const auto record = run_task(context, visits.read(id, wall_time{}, boot_time::max())).value();
        return record.people.empty() ? net::attendance{} : record.people.front();
    }

    domain::appointment_id id = 0;
    jobs::room_info room;
    int sequence = 0;
    std::vector<domain::appointment_id> ended;
    std::vector<domain::appointment_id> came;
    std::string broken = "none";  // a form that cannot be read without an exception
    jobs::room_keeper keeper{&rooms, store, clock, log};
    jobs::room_listener subject{keeper,
                                visits,
                                clock,
                                log,
                                *metrics,
                                {.read =
                                     [this](const net::kept_event& kept) {
                                         if (kept.form == broken) {
                                             throw std::logic_error{"a bug"};
                                         }
                                         return event("participant-connected", "PA9", patient);
                                     },
                                 .ended = [this](domain::appointment_id which) { ended.push_back(which); },
                                 .came = [this](domain::appointment_id which) { came.push_back(which); }}};
};

TEST_F(room_listener, notes_who_came_and_went) {
    EXPECT_TRUE(take(event("participant-connected", "PA1", patient)));
    clock.pass(10min);
    auto gone = event("participant-disconnected", "PA1", patient);
    gone.stayed = 10min;
    EXPECT_TRUE(take(gone));
    EXPECT_EQ(attendance().person, patient);
    EXPECT_EQ(came, std::vector{id}) << "of the coming, not of the going";
    EXPECT_EQ(attendance().stays, 1);
    EXPECT_EQ(attendance().length, 10min);
    EXPECT_TRUE(attendance().left_at);
}

TEST_F(room_listener, comes_to_the_same_in_whatever_order_and_however_often) {
    const auto came = event("participant-connected", "PA1", patient);
    clock.pass(10min);
    auto gone = event("participant-disconnected", "PA1", patient);
    gone.stayed = 9min;
    for (const auto& one : {gone, came, gone, came}) {
        EXPECT_TRUE(take(one));
    }
    EXPECT_EQ(attendance().stays, 1);
    EXPECT_EQ(attendance().length, 10min);
    EXPECT_TRUE(attendance().left_at);
}

TEST_F(room_listener, hands_on_that_a_room_has_ended) {
    EXPECT_TRUE(take(event("participant-connected", "PA1", patient)));
    rooms.end(room.name);
    EXPECT_TRUE(take(event("room-ended")));
    EXPECT_EQ(ended, std::vector{id});
    EXPECT_TRUE(rows.states.at(id).room_ended);
    EXPECT_TRUE(attendance().left_at);
    // No longer remembered as running.
    EXPECT_NE(run_task(context, keeper.open_room(id, boot_time::max())).value().sid, room.sid);
}

TEST_F(room_listener, keeps_and_leaves_alone_what_is_of_another_installation) {
    auto foreign = event("room-ended");
    foreign.room_name = "apt-" + std::to_string(id) + "-1-ffffffff";
    EXPECT_TRUE(take(foreign));
    EXPECT_TRUE(ended.empty());
    EXPECT_FALSE(rows.states.at(id).room_ended);
    EXPECT_TRUE(metrics->text().contains("punctual_room_events_foreign_total 1"));
}

TEST_F(room_listener, says_that_it_could_not_keep_it) {
    visits.fault = [](std::string_view) { return store_fault::away; };
    EXPECT_EQ(take(event("room-ended")).error().code, store_errc::not_connected);
    EXPECT_TRUE(ended.empty());
}

TEST_F(room_listener, does_again_what_a_lost_answer_leaves_open) {
    int lost = 0;
    visits.fault = [&](std::string_view) { return lost++ == 0 ? store_fault::unknown : store_fault::none; };
    EXPECT_TRUE(take(event("room-ended")));
    EXPECT_EQ(visits.calls["record_event"], 2);
    EXPECT_EQ(ended.size(), 1U);
}

TEST_F(room_listener, keeps_what_the_database_refuses_to_act_on) {
    visits.fault = [](std::string_view call) {
        return call == "record_event" ? store_fault::refused : store_fault::none;
    };
    EXPECT_TRUE(take(event("participant-connected", "PA1", patient)));
    EXPECT_EQ(visits.kept.size(), 1U);
}

TEST_F(room_listener, takes_up_what_was_only_kept) {
    visits.kept.push_back({"RM1:1", "form"});
    run(subject.run());
    settle();
    EXPECT_TRUE(visits.kept.empty());
    EXPECT_EQ(attendance().person, patient);
    visits.kept.push_back({"RM1:2", "form"});
    advance(61s);
    EXPECT_TRUE(visits.kept.empty());
    subject.stop();
}

TEST_F(room_listener, goes_on_behind_what_can_never_be_taken_up) {
    visits.fault = [&](std::string_view call) {
        return call == "record_event" && visits.calls["record_event"] == 1 ? store_fault::refused : store_fault::none;
    };
    visits.kept = {{"RM1:1", "odd"}, {"RM1:2", "good"}};
    run(subject.run());
    settle();
    ASSERT_EQ(visits.kept.size(), 1U);
    EXPECT_EQ(visits.kept[0].form, "odd");
    subject.stop();
}

TEST_F(room_listener, acts_at_once_on_what_comes_behind_one_that_breaks) {
    broken = "odd";
    visits.kept = {{"RM1:1", "odd"}, {"RM1:2", "good"}, {"RM1:3", "good"}};
    run(subject.run());
    settle();
    ASSERT_EQ(visits.kept.size(), 1U);
    EXPECT_EQ(visits.kept[0].form, "odd");
    EXPECT_TRUE(logged("room_event_set_aside event=RM1:1 error=std::logic_error: a bug"));
    EXPECT_TRUE(metrics->text().contains("punctual_rows_broke_total{of=\"room_events\"} 1\n"));
    EXPECT_TRUE(metrics->text().contains("punctual_rows_set_aside{of=\"room_events\"} 1\n"));
    subject.stop();
}

TEST_F(room_listener, tries_one_that_breaks_again_ever_later) {
    broken = "odd";
    visits.kept = {{"RM1:1", "odd"}};
    run(subject.run());
    constexpr int minutes_in_a_day = 24 * 60;
    advance(24h);
    const auto tries = std::ranges::count_if(
        log.lines, [](const auto& line) { return line.starts_with("room_event_set_aside event=RM1:1"); });
    EXPECT_GT(tries, 24 * 5);
    EXPECT_LT(tries, minutes_in_a_day / 9);
    EXPECT_EQ(visits.kept.size(), 1U) << "and never loses it";
    subject.stop();
}

TEST_F(room_listener, acts_on_one_that_broke_when_it_breaks_no_more) {
    broken = "odd";
    visits.kept = {{"RM1:1", "odd"}};
    run(subject.run());
    settle();
    broken = "none";
    advance(2min);
    EXPECT_TRUE(visits.kept.empty());
    EXPECT_TRUE(metrics->text().contains("punctual_rows_set_aside{of=\"room_events\"} 0\n"));
    subject.stop();
}

TEST_F(room_listener, tries_again_what_the_database_refused) {
    bool refuses = true;
    visits.fault = [&](std::string_view call) {
        return call == "record_event" && refuses ? store_fault::refused : store_fault::none;
    };
    visits.kept = {{"RM1:1", "form"}};
    run(subject.run());
    settle();
    EXPECT_TRUE(logged("room_event_set_aside event=RM1:1"));
    refuses = false;
    advance(2min);
    EXPECT_TRUE(visits.kept.empty());
    subject.stop();
}

TEST_F(room_listener, forgets_what_another_process_has_acted_on) {
    broken = "odd";
    visits.kept = {{"RM1:1", "odd"}};
    run(subject.run());
    settle();
    visits.kept.clear();
    advance(1min);
    EXPECT_TRUE(metrics->text().contains("punctual_rows_set_aside{of=\"room_events\"} 0\n"));
    subject.stop();
}

TEST_F(room_listener, keeps_a_call_that_breaks_and_takes_it_up_later) {
    bool breaks = true;
    visits.fault = [&](std::string_view call) {
        if (call == "record_event" && std::exchange(breaks, false)) {
            throw std::logic_error{"a bug"};
        }
        return store_fault::none;
    };
    EXPECT_TRUE(take(event("participant-connected", "PA1", patient))) << "it is written down, so it is answered";
    ASSERT_EQ(visits.kept.size(), 1U);
    EXPECT_TRUE(logged("room_event_set_aside event=" + visits.kept[0].key));
    run(subject.run());
    advance(2min);
    EXPECT_TRUE(visits.kept.empty());
    EXPECT_EQ(attendance().person, patient);
    subject.stop();
}

}  // namespace
}  // namespace punctual::test
