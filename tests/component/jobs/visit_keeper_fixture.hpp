#pragma once
// A visit keeper with one lane and rooms, on the memory store.

#include "jobs/room_keeper.hpp"
#include "jobs/visit_keeper.hpp"
#include "support/jobs_fixture.hpp"

#include <string>

namespace punctual::test {

class visit_keeper : public jobs_fixture {
protected:
    visit_keeper() {
        run(recorder.run());
        run(lane->run());
        at_end.emplace_back([this] { subject.abort(); });
        // The weekly look has tests of its own.
        rows.chores["stray_rooms"] = clock.wall_now();
    }

    void start() {
        run(subject.run());
        settle();
    }
    [[nodiscard]] domain::scheduled_visit visit(domain::appointment_id id) const {
        const auto& now = rows.appointments.at(id);
        domain::scheduled_visit made;
        made.appointment = id;
        made.starts_at = now.what.starts_at;
        made.duration = now.what.duration;
        made.telehealth = now.what.session_type == domain::session_type::telehealth;
        return made;
    }
    void reach(domain::appointment_id id, domain::channel by, domain::delivery_state state,
               domain::role role = domain::role::patient) {
        const auto key = std::to_string(rows.deliveries.size());
        auto& row = rows.deliveries[key];
        row.id = key;
        row.plan = due(id, by);
        row.plan.recipient_role = role;
        row.state = state;
    }
    bool alerts(domain::appointment_id id) {
        subject.check_reached(visit(id));
        settle();
        return !sender.sent.empty();
    }
    // A room of a visit that ended three hours ago.
    domain::appointment_id leave_room() {
        const auto id = book(10min);
        EXPECT_TRUE(run_task(context, keeper.open_room(id, boot_time::max())));
        clock.pass(4h);
        return id;
    }

    fake_sender sender{clock};
    jobs::recorder recorder{store, clock, log};
    std::unique_ptr<jobs::lane> lane = make_lane(sender, recorder);
    jobs::room_keeper keeper{&rooms, store, clock, log};
    jobs::visit_keeper subject{
        context.get_executor(), keeper, &rooms, rules, {lane.get()}, store, visits, clock, log, *metrics};
};

}  // namespace punctual::test
