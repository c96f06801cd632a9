#include "jobs/recorder.hpp"

#include "net/async/keep_running.hpp"
#include "support/jobs_fixture.hpp"

#include <stdexcept>

namespace punctual::test {
namespace {

using domain::delivery_state;

class recorder : public jobs_fixture {
protected:
    domain::outcome accepted(const std::string& id) {
        rows.deliveries[id].state = delivery_state::claimed;
        rows.deliveries[id].attempts = 1;
        domain::outcome what;
        what.id = id;
        return what;
    }

    jobs::recorder subject{store, clock, log};
};

TEST_F(recorder, writes_an_outcome_down) {
    run(subject.run());
    subject.add(accepted("a"));
    settle();
    EXPECT_EQ(states(), std::vector{delivery_state::accepted});
    EXPECT_EQ(subject.pending(), 0U);
}

TEST_F(recorder, writes_what_has_gathered_in_one_statement) {
    for (int i = 0; i < 50; ++i) {
        subject.add(accepted(std::to_string(i)));
    }
    run(subject.run());
    settle();
    EXPECT_EQ(store.calls["record"], 1);
    EXPECT_EQ(count(delivery_state::accepted), 50U);
}

TEST_F(recorder, tells_of_thousands_that_were_skipped_in_a_line_a_second) {
    const auto skip = [&](int from, int to) {
        for (int i = from; i < to; ++i) {
            auto what = accepted(std::to_string(i));
            what.state = delivery_state::skipped;
            what.reason = i % 10 == 0 ? domain::reason::no_address : domain::reason::no_consent;
            subject.add(std::move(what));
        }
    };
    const auto told = [&] {
        return std::ranges::count_if(log.lines, [](const auto& line) { return line.starts_with("deliveries_not"); });
    };
    run(subject.run());
    skip(0, 1000);
    settle();
    EXPECT_EQ(told(), 1);
    EXPECT_TRUE(logged("deliveries_not_accepted count=1000 states=skipped=1000 causes=no_address=100 no_consent=900"))
        << log.lines.back();
    for (int batch = 1; batch < 10; ++batch) {
        skip(batch * 1000, batch * 1000 + 1000);
        advance(100ms);
    }
    EXPECT_EQ(told(), 1);
    advance(100ms);
    EXPECT_EQ(told(), 2);
    EXPECT_TRUE(logged("deliveries_not_accepted count=9000 "));
    // Not of what was accepted.
    subject.add(accepted("good"));
    advance(10s);
    EXPECT_EQ(told(), 2);
}

TEST_F(recorder, writes_what_was_in_hand_when_a_round_broke) {
    bool breaks = true;
    store.fault = [&](std::string_view call) {
        if (call == "record" && std::exchange(breaks, false)) {
            throw std::runtime_error{"a bug"};
        }
        return store_fault::none;
    };
    run(net::keep_running("recorder", [this] { return subject.run(); }, clock, log, *metrics));
    subject.add(accepted("a"));
    settle();
    EXPECT_TRUE(subject.holds("a"));
    EXPECT_EQ(subject.pending(), 1U);
    advance(100ms);
    EXPECT_EQ(states(), std::vector{delivery_state::accepted});
    EXPECT_TRUE(logged("task_broke task=recorder error=std::runtime_error again_in_ms=100")) << log.lines.back();
}

TEST_F(recorder, writes_at_most_a_thousand_at_a_time) {
    for (int i = 0; i < 1001; ++i) {
        subject.add(accepted(std::to_string(i)));
    }
    run(subject.run());
    settle();
    EXPECT_EQ(store.calls["record"], 2);
    EXPECT_EQ(count(delivery_state::accepted), 1001U);
}

TEST_F(recorder, keeps_an_outcome_until_the_database_is_back) {
    store.fault = [](std::string_view) { return store_fault::away; };
    run(subject.run());
    subject.add(accepted("a"));
    advance(1min);
    EXPECT_EQ(subject.pending(), 1U);
    store.fault = nullptr;
    advance(5s);
    EXPECT_EQ(states(), std::vector{delivery_state::accepted});
}

TEST_F(recorder, tries_ever_more_seldom_while_the_database_is_away) {
    store.fault = [](std::string_view) { return store_fault::away; };
    run(subject.run());
    subject.add(accepted("a"));
    advance(1min);
    EXPECT_GT(store.calls["record"], 10);
    EXPECT_LT(store.calls["record"], 20);
}

TEST_F(recorder, writes_again_when_the_answer_was_lost) {
    int lost = 0;
    store.fault = [&](std::string_view) { return lost++ == 0 ? store_fault::unknown : store_fault::none; };
    run(subject.run());
    subject.add(accepted("a"));
    advance(1s);
    EXPECT_EQ(store.calls["record"], 2);
    EXPECT_EQ(subject.pending(), 0U);
}

TEST_F(recorder, counts_what_comes_while_it_tries_as_pending) {
    store.fault = [](std::string_view) { return store_fault::away; };
    run(subject.run());
    subject.add(accepted("a"));
    settle();
    subject.add(accepted("b"));
    settle();
    EXPECT_EQ(subject.pending(), 2U);
}

TEST_F(recorder, ends_only_when_all_is_written) {
    store.fault = [](std::string_view) { return store_fault::away; };
    run(subject.run());
    subject.add(accepted("a"));
    settle();
    subject.stop();
    advance(10s);
    EXPECT_EQ(group.size(), 1U);
    store.fault = nullptr;
    advance(5s);
    EXPECT_EQ(group.size(), 0U);
    EXPECT_EQ(states(), std::vector{delivery_state::accepted});
}

TEST_F(recorder, ends_at_once_when_it_gives_up) {
    store.fault = [](std::string_view) { return store_fault::away; };
    run(subject.run());
    subject.add(accepted("a"));
    settle();
    subject.give_up();
    settle();
    EXPECT_EQ(group.size(), 0U);
    EXPECT_EQ(states(), std::vector{delivery_state::claimed});
}

}  // namespace
}  // namespace punctual::test
