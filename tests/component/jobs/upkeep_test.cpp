#include "jobs/upkeep.hpp"

#include "support/jobs_fixture.hpp"

namespace punctual::test {
namespace {

class upkeep : public jobs_fixture {
protected:
    void start() {
        run(subject.run());
        settle();
    }

    jobs::upkeep subject{{}, store, clock, log, *metrics};
};

TEST_F(upkeep, counts_what_is_overdue) {
    auto& row = rows.deliveries["a"];
    row.state = domain::delivery_state::retrying;
    row.plan.due_at = clock.wall_now() - 2min;
    start();
    EXPECT_EQ(subject.overdue(), 1);
}

TEST_F(upkeep, looks_every_half_minute) {
    start();
    advance(5min);
    EXPECT_EQ(store.calls["health"], 11);
}

TEST_F(upkeep, purges_every_hour) {
    start();
    advance(3h - 1s);
    EXPECT_EQ(store.calls["purge"], 3);
}

TEST_F(upkeep, keeps_what_it_knew_while_the_database_is_away) {
    auto& row = rows.deliveries["a"];
    row.state = domain::delivery_state::retrying;
    row.plan.due_at = clock.wall_now() - 2min;
    start();
    store.fault = [](std::string_view) { return store_fault::away; };
    advance(1min);
    EXPECT_EQ(subject.overdue(), 1);
}

TEST_F(upkeep, settles_what_an_earlier_plan_left_at_start_and_tells_it_once) {
    store.orphans = 3;
    start();
    EXPECT_EQ(store.orphans, 0);
    EXPECT_TRUE(logged("orphans_settled count=3"));
    log.lines.clear();
    advance(10min);
    EXPECT_FALSE(logged("orphans_settled"));
}

TEST_F(upkeep, settles_again_what_was_still_held_at_start) {
    start();
    store.orphans = 1;
    advance(5min);
    EXPECT_TRUE(logged("orphans_settled count=1"));
}

TEST_F(upkeep, settles_after_an_outage_what_it_could_not_at_start) {
    store.fault = [](std::string_view) { return store_fault::away; };
    store.orphans = 2;
    start();
    store.fault = nullptr;
    advance(30s);
    EXPECT_TRUE(logged("orphans_settled count=2"));
}

TEST_F(upkeep, ends_when_it_is_stopped) {
    start();
    subject.stop();
    settle();
    EXPECT_EQ(group.size(), 0U);
}

TEST_F(upkeep, measures_the_distance_to_the_database_s_clock_and_complains_of_more_than_two_seconds) {
    start();
    EXPECT_FALSE(logged("clock_skew"));
    store.ahead = 5s;
    advance(30s);
    EXPECT_TRUE(logged("clock_skew seconds=5."));
    EXPECT_NE(metrics->text().find("punctual_database_clock_skew_seconds 5"), std::string::npos) << metrics->text();
}

TEST_F(upkeep, takes_an_answer_that_waited_behind_others_for_no_clock) {
    start();
    store.pause = [this](std::string_view) -> net::task<> {
        clock.step_wall(10s);
        co_return;
    };
    advance(30s);
    EXPECT_FALSE(logged("clock_skew"));
}

}  // namespace
}  // namespace punctual::test
