// What a visit keeper does when a bug ends one of its chores.

#include "component/jobs/visit_keeper_fixture.hpp"

#include <stdexcept>

namespace punctual::test {
namespace {

class visit_keeper_breaks : public visit_keeper {
protected:
    // The next `times` calls of that name end in an exception.
    void plant(std::string name, int times) {
        planted = std::move(name);
        left = times;
        store.pause = [this](std::string_view call) { return break_in(call); };
    }
    net::task<> break_in(std::string_view call) {
        if (call == planted && left > 0) {
            --left;
            throw std::logic_error{"a bug"};
        }
        co_return;
    }
    domain::appointment_id unreached() {
        const auto id = book(30min);
        reach(id, domain::channel::email, domain::delivery_state::failed);
        return id;
    }
    [[nodiscard]] bool counted(std::string_view chore, int times) const {
        const auto line =
            "punctual_visit_work_breaks_total{chore=\"" + std::string{chore} + "\"} " + std::to_string(times) + "\n";
        return metrics->text().contains(line);
    }

    std::string planted;
    int left = 0;
};

TEST_F(visit_keeper_breaks, tells_which_chore_of_which_appointment_broke_and_why) {
    plant("deliveries", 1);
    const auto id = unreached();
    EXPECT_FALSE(alerts(id));
    EXPECT_TRUE(logged("visit_work_broke chore=check_reached appointment=" + std::to_string(id) +
                       " try=1 error=std::logic_error: a bug again_in_s=5"))
        << log.lines.back();
    EXPECT_TRUE(counted("check_reached", 1));
}

TEST_F(visit_keeper_breaks, does_the_chore_again_after_a_pause) {
    plant("deliveries", 1);
    EXPECT_FALSE(alerts(unreached()));
    advance(5s - 1ms);
    EXPECT_TRUE(sender.sent.empty());
    advance(1ms);
    ASSERT_EQ(sender.sent.size(), 1U);
    EXPECT_EQ(sender.sent.front().kind, domain::kind::staff_alert);
}

TEST_F(visit_keeper_breaks, waits_twice_as_long_each_time) {
    plant("deliveries", 4);
    EXPECT_FALSE(alerts(unreached()));
    for (const auto pause : {5s, 10s, 20s, 40s}) {
        const auto before = store.calls["deliveries"];
        advance(pause - 1ms);
        EXPECT_EQ(store.calls["deliveries"], before);
        advance(1ms);
        EXPECT_EQ(store.calls["deliveries"], before + 1);
    }
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(visit_keeper_breaks, gives_up_after_ten_times_and_says_so) {
    constexpr int always = 1000;
    plant("deliveries", always);
    const auto id = unreached();
    EXPECT_FALSE(alerts(id));
    advance(24h);
    EXPECT_EQ(store.calls["deliveries"], 10);
    EXPECT_TRUE(logged("visit_work_given_up chore=check_reached appointment=" + std::to_string(id) + " tries=10"));
    EXPECT_TRUE(counted("check_reached", 10));
}

TEST_F(visit_keeper_breaks, begins_to_count_again_after_a_try_that_only_failed) {
    plant("deliveries", 1);
    const auto id = unreached();
    EXPECT_FALSE(alerts(id));
    store.fault = [this](std::string_view call) {
        return call == "deliveries" && left == 0 ? store_fault::away : store_fault::none;
    };
    advance(5s);
    left = 1;
    advance(5s);
    const auto first = "visit_work_broke chore=check_reached appointment=" + std::to_string(id) + " try=1";
    EXPECT_EQ(std::ranges::count_if(log.lines, [&](const auto& line) { return line.starts_with(first); }), 2);
}

TEST_F(visit_keeper_breaks, does_what_waits_behind_many_that_break) {
    constexpr int more_than_go_at_once = 64;
    plant("deliveries", more_than_go_at_once);
    for (int i = 0; i < more_than_go_at_once; ++i) {
        subject.check_reached(visit(unreached()));
    }
    subject.check_reached(visit(unreached()));
    settle();
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(visit_keeper_breaks, watches_a_visit_on_after_a_look_that_broke) {
    start();
    const auto id = book(10min);
    clock.pass(15min);
    const auto looks = [this] { return visits.calls["read"]; };
    bool breaks = true;
    visits.fault = [&breaks](std::string_view call) {
        if (call == "read" && std::exchange(breaks, false)) {
            throw std::logic_error{"a bug"};
        }
        return store_fault::none;
    };
    subject.check_waiting(visit(id));
    settle();
    ASSERT_TRUE(counted("look_for_waiting", 1)) << metrics->text();
    const auto before = looks();
    advance(5s);
    EXPECT_GT(looks(), before);
}

TEST_F(visit_keeper_breaks, ends_at_once_in_the_pause_after_a_break) {
    start();
    plant("deliveries", 1);
    EXPECT_FALSE(alerts(unreached()));
    subject.stop();
    settle();
    advance(1min);
    EXPECT_EQ(store.calls["deliveries"], 1);
}

TEST_F(visit_keeper_breaks, ends_the_rooms_behind_one_that_breaks) {
    const auto broken = leave_room();
    leave_room();
    plant("record_room_ended", 1);
    start();
    EXPECT_EQ(rooms.completed.size(), 2U);
    EXPECT_FALSE(rows.states.at(broken).room_ended);
    EXPECT_TRUE(logged("room_not_settled appointment=" + std::to_string(broken) + " error=std::logic_error: a bug"));
    advance(5min);
    EXPECT_TRUE(rows.states.at(broken).room_ended);
}

}  // namespace
}  // namespace punctual::test
