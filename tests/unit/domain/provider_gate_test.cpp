#include "domain/provider_gate.hpp"

#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;

constexpr boot_time start{1h};

TEST(provider_gate, holds_as_long_as_the_provider_asked_whatever_succeeds_meanwhile) {
    provider_gate gate;
    gate.hold_until(start + 60s);
    gate.succeeded(start + 1s);
    EXPECT_EQ(gate.current(start + 59s), provider_gate::state::held);
    EXPECT_EQ(gate.current(start + 60s), provider_gate::state::probing);
}

TEST(provider_gate, opens_when_what_it_let_through_after_a_hold_succeeds) {
    provider_gate gate;
    gate.hold_until(start + 60s);
    gate.succeeded(start + 61s);
    EXPECT_EQ(gate.current(start + 61s), provider_gate::state::open);
    EXPECT_FALSE(gate.held_until());
}

TEST(provider_gate, opens_at_once_when_a_provider_that_failed_answers) {
    provider_gate gate;
    for (int i = 0; i < provider_gate::failures_before_hold; ++i) {
        gate.failed(start, 0.5);
    }
    EXPECT_EQ(gate.current(start), provider_gate::state::held);
    gate.succeeded(start);
    EXPECT_EQ(gate.current(start), provider_gate::state::open);
}

TEST(provider_gate, keeps_what_was_asked_for_behind_a_shorter_hold_of_its_own) {
    provider_gate gate;
    gate.hold_until(start + 5min);
    gate.misconfigured(start);
    gate.succeeded(start + 40s);
    EXPECT_FALSE(gate.is_misconfigured());
    EXPECT_EQ(gate.current(start + 299s), provider_gate::state::held);
}

TEST(provider_gate, takes_a_burst_of_failures_for_one) {
    provider_gate gate;
    for (int i = 0; i < 80; ++i) {
        gate.failed(start, 0.5);
    }
    EXPECT_EQ(gate.held_until(), start + 2s);
}

TEST(provider_gate, holds_longer_with_each_probe_that_fails_up_to_half_a_minute) {
    provider_gate gate;
    for (int i = 0; i < provider_gate::failures_before_hold; ++i) {
        gate.failed(start, 0.5);
    }
    auto now = start;
    for (const auto expected : {2s, 4s, 8s, 16s, 30s, 30s}) {
        ASSERT_EQ(gate.held_until(), now + expected);
        now = *gate.held_until();
        ASSERT_EQ(gate.current(now), provider_gate::state::probing);
        gate.failed(now, 0.5);
    }
}

TEST(provider_gate, lets_one_probe_through) {
    provider_gate gate;
    gate.hold_until(start + 1s);
    EXPECT_EQ(gate.allowance(start, 0, 80), 0U);
    EXPECT_EQ(gate.allowance(start + 1s, 0, 80), 1U);
    EXPECT_EQ(gate.allowance(start + 1s, 1, 80), 0U);
}

TEST(provider_gate, stays_open_when_failures_are_between_successes) {
    provider_gate gate;
    for (int i = 0; i < 100; ++i) {
        for (int j = 1; j < provider_gate::failures_before_hold; ++j) {
            gate.failed(start, 0.5);
        }
        gate.succeeded(start);
    }
    EXPECT_EQ(gate.current(start), provider_gate::state::open);
}

}  // namespace
}  // namespace punctual::domain
