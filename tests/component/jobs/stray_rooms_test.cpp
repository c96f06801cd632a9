#include "jobs/stray_rooms.hpp"

#include "jobs/room_keeper.hpp"
#include "support/jobs_fixture.hpp"

namespace punctual::test {
namespace {

class stray_rooms : public jobs_fixture {
protected:
    // A room that was made and of which nothing was written down.
    domain::appointment_id stray(std::chrono::seconds ahead) {
        const auto id = book(ahead);
        const auto known = run_task(context, store.find_appointment(id, boot_time::max())).value();
        rooms.running[known->room_name] = {
            .sid = "RM" + std::to_string(id), .unique_name = known->room_name, .status = "in-progress"};
        return id;
    }
    void cancel(domain::appointment_id id) {
        auto off = rows.appointments.at(id);
        off.status = domain::appointment_status::cancelled;
        rows.change_to(id, off, clock.wall_now());
    }
    void look() { run_task(context, subject.look()); }

    jobs::stray_rooms subject{&rooms, rules, store, visits, clock, log};
};

TEST_F(stray_rooms, are_ended_when_their_visit_is_long_over) {
    const auto id = stray(10min);
    clock.pass(4h);
    look();
    EXPECT_EQ(rooms.completed, std::vector<std::string>{"RM" + std::to_string(id)});
    EXPECT_TRUE(rows.states.at(id).room_ended);
}

TEST_F(stray_rooms, are_left_alone_with_people_in_them) {
    const auto id = stray(10min);
    rooms.join("RM" + std::to_string(id), "1-x", clock.wall_now());
    clock.pass(4h);
    look();
    EXPECT_TRUE(rooms.completed.empty());
    // The sweep of every few minutes knows it from now on.
    EXPECT_EQ(rows.states.at(id).room_sid, "RM" + std::to_string(id));
}

TEST_F(stray_rooms, of_a_cancelled_visit_are_emptied_and_ended) {
    const auto id = stray(10min);
    const auto participant = rooms.join("RM" + std::to_string(id), "1-x", clock.wall_now());
    cancel(id);
    look();
    EXPECT_EQ(rooms.removed, std::vector<std::string>{participant});
    EXPECT_EQ(rooms.completed.size(), 1U);
}

TEST_F(stray_rooms, of_a_visit_to_come_are_written_down) {
    const auto id = stray(10min);
    look();
    EXPECT_TRUE(rooms.completed.empty());
    EXPECT_EQ(rows.states.at(id).room_sid, "RM" + std::to_string(id));
}

TEST_F(stray_rooms, of_another_installation_are_not_touched) {
    const auto id = stray(10min);
    const auto name = "apt-" + std::to_string(id) + "-1-ffffffff";
    rooms.running.clear();
    rooms.running[name] = {.sid = "RM99", .unique_name = name, .status = "in-progress"};
    clock.pass(4h);
    look();
    EXPECT_TRUE(rooms.completed.empty());
    EXPECT_NE(rows.states.at(id).room_sid, "RM99");
}

TEST_F(stray_rooms, are_looked_for_once_a_week) {
    look();
    stray(-4h);
    clock.pass(6 * 24h);
    look();
    EXPECT_TRUE(rooms.completed.empty());
    clock.pass(25h);
    look();
    EXPECT_EQ(rooms.completed.size(), 1U);
}

TEST_F(stray_rooms, are_looked_for_again_soon_when_twilio_is_away) {
    stray(-4h);
    rooms.away = true;
    look();
    rooms.away = false;
    look();
    EXPECT_TRUE(rooms.completed.empty());
    clock.pass(61min);
    look();
    EXPECT_EQ(rooms.completed.size(), 1U);
}

TEST_F(stray_rooms, are_looked_for_by_one_of_two_daemons) {
    jobs::stray_rooms other{&rooms, rules, store, visits, clock, log};
    look();
    stray(-4h);
    run_task(context, other.look());
    EXPECT_TRUE(rooms.completed.empty());
}

}  // namespace
}  // namespace punctual::test
