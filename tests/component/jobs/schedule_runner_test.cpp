#include "jobs/schedule_runner.hpp"

#include "jobs/room_keeper.hpp"
#include "support/jobs_fixture.hpp"

#include <set>
#include <stdexcept>

namespace punctual::test {
namespace {

class schedule_runner : public jobs_fixture {
protected:
    schedule_runner() {
        run(recorder.run());
        run(lane->run());
        at_end.emplace_back([this] { visit_jobs.abort(); });
    }

    domain::appointment_id hold(std::chrono::seconds ahead) {
        const auto id = book(ahead);
        domain::scheduled_visit visit;
        visit.appointment = id;
        visit.starts_at = rows.appointments.at(id).what.starts_at;
        visit.duration = 50min;
        visit.booked_at = clock.wall_now();
        schedule.upsert(visit, clock.wall_now());
        subject.wake();
        return id;
    }
    void start() {
        run(subject.run());
        settle();
    }
    net::task<> count_turns() {
        while (watching) {
            ++turns;
            most_queued = std::max(most_queued, lane->queued());
            co_await boost::asio::post(context.get_executor(), net::use_result);
        }
    }

    bool watching = true;
    int turns = 0;
    std::size_t most_queued = 0;
    fake_sender sender{clock};
    jobs::recorder recorder{store, clock, log};
    std::unique_ptr<jobs::lane> lane = make_lane(sender, recorder);
    domain::schedule schedule{rules, clock.wall_now()};
    jobs::room_keeper keeper{&rooms, store, clock, log};
    jobs::visit_keeper visit_jobs{
        context.get_executor(), keeper, &rooms, rules, {lane.get()}, store, visits, clock, log, *metrics};
    std::vector<std::chrono::seconds> steps;
    jobs::schedule_runner subject{schedule,
                                  rules,
                                  {lane.get()},
                                  visit_jobs,
                                  clock,
                                  log,
                                  [this](std::chrono::seconds by) { steps.push_back(by); },
                                  metrics.get()};
};

// Reminders of these break.
class schedule_runner_breaks : public schedule_runner {
protected:
    schedule_runner_breaks() {
        subject.plan_with([this](const domain::due_moment& due, wall_time now) {
            if (broken.contains(due.visit.appointment)) {
                ++breaks;
                throw std::logic_error{"a bug"};
            }
            return domain::plan_reminders(due, rules, now);
        });
    }
    [[nodiscard]] std::ptrdiff_t sent_for(domain::appointment_id id) const {
        return std::ranges::count(sender.sent, id, &domain::claimed_delivery::appointment);
    }

    std::set<domain::appointment_id> broken;
    int breaks = 0;
};

TEST_F(schedule_runner_breaks, reminds_everybody_else_of_the_same_second) {
    hold(25h);
    const auto odd = hold(25h);
    hold(25h);
    broken.insert(odd);
    start();
    advance(1h);
    EXPECT_EQ(sender.sent.size(), 4U);
    EXPECT_EQ(sent_for(odd), 0);
    EXPECT_TRUE(logged("moment_set_aside appointment=" + std::to_string(odd) +
                       " moment=reminder reminder=0 error=std::logic_error: a bug again=yes"));
    EXPECT_TRUE(metrics->text().contains("punctual_rows_broke_total{of=\"moments\"} 1\n"));
    EXPECT_TRUE(metrics->text().contains("punctual_rows_set_aside{of=\"moments\"} 1\n"));
}

TEST_F(schedule_runner_breaks, reminds_of_it_when_it_breaks_no_more) {
    const auto odd = hold(25h);
    broken.insert(odd);
    start();
    advance(1h);
    broken.clear();
    advance(5s);
    EXPECT_EQ(sent_for(odd), 2);
    EXPECT_TRUE(metrics->text().contains("punctual_rows_set_aside{of=\"moments\"} 0\n"));
    advance(1h);
    EXPECT_EQ(sent_for(odd), 2) << "once";
}

TEST_F(schedule_runner_breaks, tries_it_again_ever_later_until_a_day_after_the_visit) {
    broken.insert(hold(25h));
    start();
    advance(1h);
    EXPECT_EQ(breaks, 1);
    advance(16s);
    EXPECT_EQ(breaks, 3);
    advance(72h);
    constexpr int ten_minutes_in_three_days = 3 * 24 * 6;
    EXPECT_LT(breaks, 3 * ten_minutes_in_three_days + 30) << "three reminders of its plan";
    EXPECT_TRUE(metrics->text().contains("punctual_rows_set_aside{of=\"moments\"} 0\n"));
    const auto before = breaks;
    advance(24h);
    EXPECT_EQ(breaks, before);
}

TEST_F(schedule_runner, fires_at_the_very_microsecond) {
    hold(25h);
    start();
    advance(1h - 1us);
    EXPECT_TRUE(sender.sent.empty());
    advance(1us);
    EXPECT_FALSE(sender.sent.empty());
}

TEST_F(schedule_runner, fires_what_comes_sooner_than_what_it_waits_for) {
    hold(72h);
    start();
    hold(25h);
    advance(1h);
    EXPECT_EQ(sender.sent.size(), 2U);
}

TEST_F(schedule_runner, fires_what_a_clock_set_forward_has_made_due) {
    hold(26h);
    start();
    clock.step_wall(3h);
    EXPECT_EQ(sender.sent.size(), 2U);
    EXPECT_TRUE(logged("wall_clock_set"));
}

TEST_F(schedule_runner, fires_nothing_twice_when_the_clock_is_set_back) {
    hold(25h);
    start();
    advance(1h);
    const auto before = sender.sent.size();
    clock.step_wall(-3h);
    advance(4h);
    EXPECT_EQ(sender.sent.size(), before);
}

TEST_F(schedule_runner, fires_nothing_early_when_the_clock_is_set_back) {
    hold(25h);
    start();
    clock.step_wall(-3h);
    advance(3h);
    EXPECT_TRUE(sender.sent.empty());
    advance(1h);
    EXPECT_EQ(sender.sent.size(), 2U);
}

TEST_F(schedule_runner, tells_how_far_the_clock_was_set) {
    start();
    clock.step_wall(3h);
    clock.step_wall(-48h);
    EXPECT_EQ(steps, (std::vector<std::chrono::seconds>{3h, -48h}));
}

TEST_F(schedule_runner, tells_nobody_of_a_correction_by_milliseconds) {
    start();
    clock.step_wall(20ms);
    EXPECT_TRUE(steps.empty());
    EXPECT_TRUE(logged("wall_clock_set"));
}

TEST_F(schedule_runner, loses_no_step_that_comes_with_a_poke) {
    start();
    subject.wake();
    clock.step_wall(3h);
    EXPECT_EQ(steps, std::vector<std::chrono::seconds>{3h});
    clock.step_wall(-3h);
    subject.wake();
    settle();
    EXPECT_EQ(steps.size(), 2U);
}

TEST_F(schedule_runner, goes_on_firing_after_a_step_that_came_with_a_poke) {
    start();
    hold(25h);
    subject.wake();
    clock.step_wall(30min);
    advance(30min - 1us);
    EXPECT_TRUE(sender.sent.empty());
    advance(1us);
    EXPECT_EQ(sender.sent.size(), 2U);
}

TEST_F(schedule_runner, fires_all_of_a_storm) {
    for (int i = 0; i < 1000; ++i) {
        hold(25h);
    }
    start();
    advance(1h);
    EXPECT_EQ(sender.sent.size(), 2000U);
}

TEST_F(schedule_runner, lets_others_have_their_turn_in_a_storm) {
    for (int i = 0; i < 1000; ++i) {
        hold(25h);
    }
    clock.step_wall(1h);
    store.fault = [](std::string_view) { return store_fault::away; };
    run(subject.run());
    run(count_turns());
    while (lane->queued() < 2000) {
        context.restart();
        context.poll_one();
    }
    watching = false;
    settle();
    EXPECT_GE(turns, 3);
}

TEST_F(schedule_runner, makes_the_room_a_quarter_of_an_hour_before_the_start) {
    hold(25h);
    start();
    advance(24h + 45min - 1us);
    EXPECT_EQ(rooms.made, 0);
    advance(1us);
    EXPECT_EQ(rooms.made, 1);
}

TEST_F(schedule_runner, ends_when_it_is_stopped) {
    start();
    const auto before = group.size();
    subject.stop();
    settle();
    EXPECT_EQ(group.size(), before - 1);
}

}  // namespace
}  // namespace punctual::test
