// The circuit breaker of a lane.
#include "component/jobs/lane_fixture.hpp"

namespace punctual::test {
namespace {

using domain::delivery_state;

class lane_breaker : public lane {
protected:
    lane_breaker() {
        sender.judge = [this](const auto&, jobs::attempt& made) {
            made.sign = sign;
            if (sign == jobs::provider_sign::failed) {
                made.outcome.state = delivery_state::retrying;
                made.outcome.next_attempt_at = clock.wall_now() + 2s;
            }
        };
    }
    [[nodiscard]] bool shows(const std::string& line) const { return metrics->text().contains(line + "\n"); }
    [[nodiscard]] std::ptrdiff_t told(std::string_view event) const {
        return std::ranges::count_if(log.lines, [&](const auto& line) { return line.starts_with(event); });
    }

    static net::task<> wait_at(door& here, bool wanted) {
        if (wanted) {
            static_cast<void>(co_await here.pass(boot_time::max()));
        }
    }

    jobs::provider_sign sign = jobs::provider_sign::failed;
};

TEST_F(lane_breaker, shows_and_tells_that_it_holds_probes_and_opens) {
    start();
    EXPECT_TRUE(shows(R"(punctual_provider_state{provider="smtp",state="open"} 1)"));
    push(due_many(5));
    EXPECT_TRUE(shows(R"(punctual_provider_state{provider="smtp",state="open"} 0)"));
    EXPECT_TRUE(shows(R"(punctual_provider_state{provider="smtp",state="held"} 1)"));
    EXPECT_TRUE(shows(R"(punctual_provider_holds_total{provider="smtp"} 1)"));
    EXPECT_EQ(told("provider_held lane=smtp why=failures ms=2000"), 1);
    EXPECT_EQ(told("provider_probed"), 0);
    sender.gate.close();
    advance(2001ms);
    EXPECT_TRUE(shows(R"(punctual_provider_state{provider="smtp",state="probing"} 1)"));
    EXPECT_EQ(told("provider_probed lane=smtp delivery="), 1);
    sign = jobs::provider_sign::answered;
    sender.gate.open();
    settle();
    EXPECT_TRUE(shows(R"(punctual_provider_state{provider="smtp",state="open"} 1)"));
    EXPECT_TRUE(shows(R"(punctual_provider_state{provider="smtp",state="held"} 0)"));
    EXPECT_EQ(told("provider_works_again lane=smtp held_ms=2001"), 1);
}

TEST_F(lane_breaker, stops_in_the_middle_of_a_claim_and_sends_the_rest_behind_one_probe) {
    start();
    push(due_many(80));
    ASSERT_EQ(sender.sent.size(), 5U);
    sign = jobs::provider_sign::answered;
    sender.gate.close();
    advance(2100ms);
    EXPECT_EQ(sender.sent.size(), 6U);
    sender.gate.open();
    settle();
    EXPECT_EQ(count(delivery_state::accepted), 80U);
}

TEST_F(lane_breaker, is_not_opened_by_what_is_wrong_with_messages) {
    sign = jobs::provider_sign::answered;
    sender.judge = [](const auto&, jobs::attempt& made) {
        made.outcome.state = delivery_state::failed;
        made.sign = jobs::provider_sign::answered;
    };
    start();
    push(due_many(50));
    EXPECT_EQ(count(delivery_state::failed), 50U);
    EXPECT_EQ(told("provider_held"), 0);
    EXPECT_EQ(subject->gate_state(), domain::provider_gate::state::open);
}

TEST_F(lane_breaker, takes_back_what_has_not_begun_when_it_is_held) {
    sender.gate.close();
    start();
    push(due_many(20));
    ASSERT_EQ(sender.sent.size(), 20U);
    EXPECT_TRUE(sender.sent.back().lease.may_begin(clock.boot_now()));
    sign = jobs::provider_sign::misconfigured;
    sender.gate.open();
    settle();
    for (const auto& one : sender.sent) {
        EXPECT_FALSE(one.lease.may_begin(clock.boot_now()));
        EXPECT_TRUE(one.lease.holds(clock.boot_now()));
    }
}

TEST_F(lane_breaker, sends_nothing_of_a_claim_that_was_under_way_when_it_was_held) {
    sender.gate.close();
    start();
    push(due_many(5));
    ASSERT_EQ(sender.sent.size(), 5U);
    door claims{clock};
    claims.close();
    store.pause = [&claims](std::string_view call) { return wait_at(claims, call == "claim"); };
    push(due_many(30));
    sender.gate.open();
    settle();
    claims.open();
    settle();
    EXPECT_EQ(subject->gate_state(), domain::provider_gate::state::held);
    EXPECT_EQ(sender.sent.size(), 5U);
    EXPECT_EQ(count(delivery_state::retrying), 35U);
}

TEST_F(lane_breaker, complains_once_of_a_refusal_that_meets_all_that_was_on_its_way) {
    sign = jobs::provider_sign::misconfigured;
    sender.gate.close();
    start();
    push(due_many(20));
    sender.gate.open();
    settle();
    EXPECT_EQ(told("provider_refuses_us"), 1);
    EXPECT_EQ(told("provider_held lane=smtp why=refuses_us ms=30000"), 1);
}

}  // namespace
}  // namespace punctual::test
