#include "jobs/recorder.hpp"

#include "support/jobs_fixture.hpp"

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
