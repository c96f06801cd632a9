#include "component/jobs/lane_fixture.hpp"
#include "net/async/keep_running.hpp"

#include <array>
#include <stdexcept>

namespace punctual::test {
namespace {

using domain::delivery_state;

TEST_F(lane, sends_what_is_due_and_has_it_recorded) {
    start();
    push(due_many(1));
    EXPECT_EQ(sender.sent.size(), 1U);
    EXPECT_EQ(states(), std::vector{delivery_state::accepted});
}

TEST_F(lane, claims_before_it_sends) {
    start();
    sender.gate.close();
    push(due_many(1));
    ASSERT_EQ(sender.sent.size(), 1U);
    EXPECT_EQ(states(), std::vector{delivery_state::claimed});
}

TEST_F(lane, sends_no_more_while_too_many_outcomes_wait_to_be_recorded) {
    store.fault = [](std::string_view call) { return call == "record" ? store_fault::away : store_fault::none; };
    start();
    push(due_many(3000));
    EXPECT_GE(sender.sent.size(), 2000U);
    EXPECT_LE(sender.sent.size(), 2200U);
    store.fault = nullptr;
    advance(10s);
    EXPECT_EQ(count(delivery_state::accepted), 3000U);
}

TEST_F(lane, sends_what_it_had_in_hand_when_a_round_broke) {
    int breaks = 2;
    store.fault = [&](std::string_view call) {
        if (call == "claim" && breaks-- > 0) {
            throw std::runtime_error{"a bug"};
        }
        return store_fault::none;
    };
    run(net::keep_running("lane smtp", [this] { return subject->run(); }, clock, log, *metrics));
    push(due_many(100));
    EXPECT_TRUE(sender.sent.empty());
    advance(100ms);
    EXPECT_TRUE(sender.sent.empty());
    advance(200ms);
    EXPECT_EQ(sender.sent.size(), 100U);
    EXPECT_EQ(std::ranges::count_if(log.lines, [](const auto& line) { return line.starts_with("task_broke"); }), 2);
}

TEST_F(lane, leaves_other_channels_alone) {
    start();
    push({due(book(24h), domain::channel::sms)});
    EXPECT_EQ(subject->queued(), 0U);
    EXPECT_TRUE(rows.deliveries.empty());
}

TEST_F(lane, claims_as_many_as_there_are_connections_first_and_then_what_has_gathered) {
    push(due_many(200));
    start();
    EXPECT_EQ(sender.sent.size(), 200U);
    EXPECT_EQ(store.calls["claim"], 2);
}

TEST_F(lane, starts_two_for_each_connection_and_keeps_the_others_ready) {
    sender.slots = 3;
    sender.gate.close();
    start();
    push(due_many(20));
    EXPECT_EQ(sender.sent.size(), 6U);
    EXPECT_EQ(subject->under_way(), 20U);
    sender.gate.open();
    settle();
    EXPECT_EQ(sender.sent.size(), 20U);
    EXPECT_EQ(subject->under_way(), 0U);
}

TEST_F(lane, gives_back_what_could_not_be_started_in_time) {
    sender.slots = 1;
    sender.gate.close();
    start();
    push(due_many(5));
    EXPECT_EQ(subject->under_way(), 5U);
    advance(4900ms);
    EXPECT_EQ(count(delivery_state::retrying), 0U);
    advance(200ms);
    // Two are begun, and one connection is all there is room for now.
    EXPECT_EQ(subject->under_way(), 2U);
    EXPECT_EQ(count(delivery_state::retrying), 3U);
    sender.gate.open();
    advance(1s);
    EXPECT_EQ(sender.sent.size(), 5U);
    EXPECT_EQ(count(delivery_state::accepted), 5U);
}

TEST_F(lane, gives_back_what_waits_for_its_turn_when_it_is_aborted) {
    sender.slots = 1;
    sender.gate.close();
    start();
    push(due_many(5));
    subject->stop();
    subject->abort();
    settle();
    EXPECT_EQ(sender.sent.size(), 2U);
    EXPECT_EQ(subject->under_way(), 0U);
    EXPECT_EQ(count(delivery_state::retrying), 3U);
}

TEST_F(lane, does_not_send_what_has_moved_since_it_was_planned) {
    const auto id = book(24h);
    const auto old = due(id);
    rows.change_to(id, image(48h), clock.wall_now());
    start();
    push({old});
    EXPECT_TRUE(sender.sent.empty());
}

TEST_F(lane, sends_a_row_once_however_often_it_is_pushed) {
    start();
    const auto one = due(book(24h));
    push({one});
    push({one});
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(lane, holds_no_more_than_its_depth) {
    sender.slots = 1;
    sender.gate.close();
    start();
    push(due_many(20));
    EXPECT_EQ(subject->under_way(), 8U);
    EXPECT_EQ(subject->queued(), 12U);
}

TEST_F(lane, sends_the_whole_queue_through_a_small_depth) {
    sender.slots = 1;
    start();
    push(due_many(20));
    EXPECT_EQ(sender.sent.size(), 20U);
    EXPECT_EQ(subject->queued(), 0U);
}

TEST_F(lane, sends_a_fresh_reminder_before_a_backlog_that_is_of_use_for_longer) {
    sender.slots = 1;
    memory_store other{rows, clock};
    std::vector<domain::planned_delivery> backlog;
    for (int i = 0; i < 400; ++i) {
        auto row = due(book(24h));
        row.state = delivery_state::retrying;
        row.next_attempt_at = clock.wall_now();
        backlog.push_back(row);
    }
    ASSERT_TRUE(run_task(context, other.claim(backlog, {.instance = "other", .length = 30s, .granted_at = {}}, {})));
    subject->push(std::vector{due(book(15min), domain::channel::email, 2)});
    subject->retry_at(clock.wall_now());
    start();
    ASSERT_EQ(sender.sent.size(), 401U);
    const auto fresh = std::ranges::find(sender.sent, domain::reminder_kind(2), &domain::claimed_delivery::kind);
    EXPECT_LT(fresh - sender.sent.begin(), 20);
}

TEST_F(lane, claims_the_reminder_nearest_to_its_visit_first) {
    sender.slots = 1;
    sender.gate.close();
    push(due_many(8, 0));
    push(due_many(8, 2));
    start();
    EXPECT_EQ(subject->under_way(), 8U);
    EXPECT_EQ(rows.deliveries.size(), 8U);
    EXPECT_TRUE(std::ranges::all_of(rows.deliveries,
                                    [](const auto& one) { return one.second.plan.kind == domain::reminder_kind(2); }));
}

TEST_F(lane, parks_what_is_due_while_its_provider_refuses_us) {
    sender.judge = [](const auto&, jobs::attempt& made) { made.sign = jobs::provider_sign::misconfigured; };
    start();
    push(due_many(1));
    push(due_many(3));
    EXPECT_EQ(sender.sent.size(), 1U);
    EXPECT_EQ(count(delivery_state::retrying), 3U);
    EXPECT_EQ(subject->queued(), 0U);
}

TEST_F(lane, tries_a_held_provider_with_one_delivery) {
    bool mended = false;
    sender.judge = [&](const auto&, jobs::attempt& made) {
        made.sign = mended ? jobs::provider_sign::answered : jobs::provider_sign::misconfigured;
    };
    start();
    push(due_many(1));
    push(due_many(3));
    advance(29s);
    EXPECT_EQ(sender.sent.size(), 1U);
    advance(2s);
    EXPECT_EQ(sender.sent.size(), 2U);
}

TEST_F(lane, resumes_by_itself_when_the_provider_works_again) {
    bool mended = false;
    sender.judge = [&](const auto&, jobs::attempt& made) {
        made.sign = mended ? jobs::provider_sign::answered : jobs::provider_sign::misconfigured;
    };
    start();
    push(due_many(1));
    push(due_many(3));
    mended = true;
    advance(31s);
    EXPECT_EQ(sender.sent.size(), 4U);
    EXPECT_EQ(count(delivery_state::accepted), 4U);
}

TEST_F(lane, holds_the_provider_for_as_long_as_it_asked) {
    bool busy = true;
    sender.judge = [&](const auto&, jobs::attempt& made) {
        if (busy) {
            made.sign = jobs::provider_sign::busy;
            made.hold = 120s;
        }
    };
    start();
    push(due_many(1));
    busy = false;
    push(due_many(1));
    advance(119s);
    EXPECT_EQ(sender.sent.size(), 1U);
    advance(2s);
    EXPECT_EQ(sender.sent.size(), 2U);
}

TEST_F(lane, tries_again_when_the_outcome_says) {
    sender.judge = [&](const auto& what, jobs::attempt& made) {
        if (what.attempts == 1) {
            made.outcome.state = delivery_state::retrying;
            made.outcome.next_attempt_at = clock.wall_now() + 7s;
        }
    };
    start();
    push(due_many(1));
    advance(6999ms);
    EXPECT_EQ(sender.sent.size(), 1U);
    advance(200ms);
    EXPECT_EQ(sender.sent.size(), 2U);
    EXPECT_EQ(states(), std::vector{delivery_state::accepted});
}

TEST_F(lane, tries_again_what_could_not_be_recorded_before_it_was_due) {
    bool away = false;
    store.fault = [&](std::string_view call) {
        return away && call == "record" ? store_fault::away : store_fault::none;
    };
    sender.judge = [&](const auto& what, jobs::attempt& made) {
        if (what.attempts == 1) {
            away = true;
            made.outcome.state = delivery_state::retrying;
            made.outcome.next_attempt_at = clock.wall_now() + 2s;
        }
    };
    start();
    push(due_many(1));
    advance(10s);
    away = false;
    advance(10s);
    EXPECT_EQ(sender.sent.size(), 2U);
}

TEST_F(lane, takes_up_a_row_that_another_process_left_waiting) {
    start();
    auto row = due(book(24h));
    row.state = delivery_state::retrying;
    row.next_attempt_at = clock.wall_now();
    memory_store other{rows, clock};
    ASSERT_TRUE(run_task(context, other.claim({row}, {.instance = "other", .length = 30s, .granted_at = {}}, {})));
    subject->retry_at(clock.wall_now());
    settle();
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(lane, takes_up_all_that_another_process_left_waiting_however_much) {
    start();
    memory_store other{rows, clock};
    auto left = due_many(500);
    for (auto& row : left) {
        row.state = delivery_state::retrying;
        row.next_attempt_at = clock.wall_now();
    }
    ASSERT_TRUE(run_task(context, other.claim(left, {.instance = "other", .length = 30s, .granted_at = {}}, {})));
    subject->retry_at(clock.wall_now());
    advance(10s);
    EXPECT_EQ(sender.sent.size(), 500U);
}

TEST_F(lane, does_not_try_again_what_was_cancelled_meanwhile) {
    sender.judge = [&](const auto&, jobs::attempt& made) {
        made.outcome.state = delivery_state::retrying;
        made.outcome.next_attempt_at = clock.wall_now() + 7s;
    };
    start();
    const auto id = book(24h);
    push({due(id)});
    rows.remove(id, clock.wall_now());
    advance(10s);
    EXPECT_EQ(sender.sent.size(), 1U);
    EXPECT_EQ(states(), std::vector{delivery_state::superseded});
}

TEST_F(lane, sends_the_message_in_place_of_another) {
    texts.judge = [&](const auto& what, jobs::attempt& made) {
        if (what.channel == domain::channel::whatsapp) {
            made.outcome.state = delivery_state::failed;
            made.outcome.sms_instead = domain::reason::whatsapp_failed;
        }
    };
    run(text_lane->run());
    const std::vector rows_due{due(book(24h), domain::channel::whatsapp)};
    text_lane->push(rows_due);
    settle();
    ASSERT_EQ(texts.sent.size(), 2U);
    EXPECT_EQ(texts.sent[1].channel, domain::channel::sms);
    EXPECT_EQ(texts.sent[1].reason, domain::reason::whatsapp_failed);
}

TEST_F(lane, sends_the_message_in_place_of_another_once_that_could_be_recorded) {
    bool away = false;
    store.fault = [&](std::string_view call) {
        return away && call == "record" ? store_fault::away : store_fault::none;
    };
    texts.judge = [&](const auto& what, jobs::attempt& made) {
        if (what.channel == domain::channel::whatsapp) {
            away = true;
            made.outcome.state = delivery_state::failed;
            made.outcome.sms_instead = domain::reason::whatsapp_failed;
        }
    };
    run(text_lane->run());
    const std::vector rows_due{due(book(24h), domain::channel::whatsapp)};
    text_lane->push(rows_due);
    advance(10s);
    EXPECT_EQ(texts.sent.size(), 1U);
    away = false;
    advance(10s);
    ASSERT_EQ(texts.sent.size(), 2U);
    EXPECT_EQ(texts.sent[1].channel, domain::channel::sms);
}

TEST_F(lane, leaves_the_message_in_place_of_another_in_the_database_when_it_stops) {
    texts.judge = [&](const auto&, jobs::attempt& made) {
        text_lane->stop();
        made.outcome.state = delivery_state::failed;
        made.outcome.sms_instead = domain::reason::whatsapp_failed;
    };
    run(text_lane->run());
    const std::vector rows_due{due(book(24h), domain::channel::whatsapp)};
    text_lane->push(rows_due);
    settle();
    EXPECT_EQ(texts.sent.size(), 1U);
    EXPECT_EQ(count(delivery_state::failed), 1U);
    EXPECT_EQ(count(delivery_state::retrying), 1U);
}

TEST_F(lane, gives_up_a_row_whose_attempts_throw_five_times) {
    sender.judge = [](const auto&, jobs::attempt&) { throw std::runtime_error{"poison"}; };
    start();
    push(due_many(1));
    advance(10min);
    EXPECT_EQ(sender.sent.size(), 5U);
    EXPECT_EQ(states(), std::vector{delivery_state::failed});
}

TEST_F(lane, sends_the_others_beside_a_row_that_throws) {
    bool first = true;
    sender.judge = [&](const auto&, jobs::attempt&) {
        if (std::exchange(first, false)) {
            throw std::runtime_error{"poison"};
        }
    };
    start();
    push(due_many(5));
    EXPECT_EQ(count(delivery_state::accepted), 4U);
}

TEST_F(lane, adopts_what_was_claimed_with_a_change) {
    start();
    auto claimed = sample_delivery(domain::reminder_kind(0), 24h);
    claimed.id = "adopted";
    rows.deliveries["adopted"].state = delivery_state::claimed;
    rows.deliveries["adopted"].attempts = 1;
    claimed.attempts = 1;
    subject->adopt({claimed});
    settle();
    EXPECT_EQ(sender.sent.size(), 1U);
    EXPECT_EQ(states(), std::vector{delivery_state::accepted});
}

TEST_F(lane, does_not_send_twice_what_is_adopted_twice) {
    start();
    sender.gate.close();
    const auto claimed = sample_delivery(domain::reminder_kind(0), 24h);
    rows.deliveries[claimed.id].state = delivery_state::claimed;
    subject->adopt({claimed});
    subject->adopt({claimed});
    settle();
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(lane, waits_while_the_database_is_away) {
    store.fault = [](std::string_view) { return store_fault::away; };
    start();
    push(due_many(2));
    advance(5s);
    EXPECT_TRUE(sender.sent.empty());
    EXPECT_EQ(subject->queued(), 2U);
    EXPECT_LT(store.calls["claim"], 12);
}

TEST_F(lane, sends_within_half_a_second_of_the_database_coming_back) {
    store.fault = [](std::string_view) { return store_fault::away; };
    start();
    push(due_many(2));
    advance(5s);
    store.fault = nullptr;
    advance(500ms);
    EXPECT_EQ(sender.sent.size(), 2U);
}

TEST_F(lane, does_not_send_on_a_claim_whose_answer_was_lost) {
    bool lost = false;
    store.fault = [&](std::string_view call) {
        return call == "claim" && !std::exchange(lost, true) ? store_fault::unknown : store_fault::none;
    };
    start();
    push(due_many(1));
    advance(5s);
    EXPECT_TRUE(sender.sent.empty());
    EXPECT_EQ(states(), std::vector{delivery_state::claimed});
}

TEST_F(lane, claims_more_while_half_of_a_small_depth_is_under_way) {
    sender.slots = 1;
    sender.gate.close();
    start();
    push(due_many(4));
    EXPECT_EQ(store.calls["claim"], 2);
    push(due_many(20));
    EXPECT_EQ(subject->under_way(), 8U);
    EXPECT_EQ(store.calls["claim"], 3);
}

TEST_F(lane, gives_back_what_it_is_handed_after_it_has_stopped) {
    start();
    subject->stop();
    settle();
    const auto claimed = sample_delivery(domain::reminder_kind(0), 24h);
    rows.deliveries[claimed.id].state = delivery_state::claimed;
    rows.deliveries[claimed.id].attempts = claimed.attempts;
    subject->adopt({claimed});
    settle();
    EXPECT_TRUE(sender.sent.empty());
    EXPECT_EQ(states(), std::vector{delivery_state::retrying});
}

TEST_F(lane, ends_when_what_is_under_way_has_been_judged) {
    start();
    sender.gate.close();
    push(due_many(3));
    subject->stop();
    settle();
    EXPECT_EQ(group.size(), 2U);
    sender.gate.open();
    settle();
    EXPECT_EQ(group.size(), 1U);
    EXPECT_EQ(count(delivery_state::accepted), 3U);
}

TEST_F(lane, writes_down_what_is_queued_when_it_is_stopped) {
    sender.slots = 1;
    sender.gate.close();
    start();
    push(due_many(20));
    subject->stop();
    sender.gate.open();
    settle();
    EXPECT_EQ(count(delivery_state::accepted), 8U);
    EXPECT_EQ(count(delivery_state::retrying), 12U);
}

TEST_F(lane, ends_when_it_is_stopped_with_the_database_away) {
    start();
    store.fault = [](std::string_view) { return store_fault::away; };
    push(due_many(1));
    subject->stop();
    settle();
    EXPECT_EQ(group.size(), 1U);
}

TEST_F(lane, has_no_room_once_it_is_stopped) {
    start();
    EXPECT_GT(subject->room(), 0U);
    subject->stop();
    EXPECT_EQ(subject->room(), 0U);
}

TEST_F(lane, tells_how_long_its_oldest_row_has_waited) {
    const auto due_at = clock.wall_now();
    subject->push(due_many(1));
    advance(10s);
    subject->push(due_many(1));
    EXPECT_EQ(subject->oldest_due(), due_at);
}

TEST_F(lane, takes_a_lost_lease_up_again_at_once) {
    sender.judge = [&](const auto& what, jobs::attempt& made) {
        if (what.attempts == 1) {
            made.sign = jobs::provider_sign::none;
            made.outcome.state = delivery_state::retrying;
            made.outcome.next_attempt_at = clock.wall_now();
        }
    };
    start();
    push(due_many(1));
    advance(1s);
    EXPECT_EQ(sender.sent.size(), 2U);
}

TEST_F(lane, does_not_count_an_attempt_that_wrote_nothing) {
    int tries = 0;
    sender.judge = [&](const auto& what, jobs::attempt& made) {
        if (++tries <= 6) {
            made.sign = jobs::provider_sign::none;
            made.outcome = jobs::untried(what, clock.wall_now(), clock.wall_now());
        }
    };
    start();
    push(due_many(1));
    advance(5s);
    EXPECT_EQ(sender.sent.size(), 7U);
    EXPECT_EQ(sender.sent.back().attempts, 1);
    EXPECT_EQ(rows.deliveries.begin()->second.attempts, 1);
    EXPECT_EQ(states(), std::vector{delivery_state::accepted});
}

TEST_F(lane, knows_the_outcome_of_a_claim_from_that_of_the_one_before) {
    // The first release is written, its answer lost, and it is written again while the next claim is being sent.
    bool lose = true;
    store.fault = [&](std::string_view call) {
        return call == "record" && std::exchange(lose, false) ? store_fault::unknown : store_fault::none;
    };
    sender.judge = [&](const auto& what, jobs::attempt& made) {
        if (sender.sent.size() == 1) {
            sender.gate.close();
            made.sign = jobs::provider_sign::none;
            made.outcome = jobs::untried(what, clock.wall_now(), clock.wall_now());
        }
    };
    start();
    push(due_many(1));
    // By another look than that of the recorder.
    subject->retry_at(clock.wall_now());
    settle();
    ASSERT_EQ(sender.sent.size(), 2U);
    advance(1s);
    EXPECT_EQ(states(), std::vector{delivery_state::claimed});
    sender.gate.open();
    advance(30s);
    EXPECT_EQ(sender.sent.size(), 2U);
    EXPECT_EQ(states(), std::vector{delivery_state::accepted});
}

TEST_F(lane, has_nothing_unsent_while_nothing_is_due) {
    sender.judge = [&](const auto&, jobs::attempt& made) {
        made.outcome.state = delivery_state::retrying;
        made.outcome.next_attempt_at = clock.wall_now() + 7s;
    };
    start();
    push(due_many(1));
    EXPECT_FALSE(subject->has_unsent());
    subject->retry_at(clock.wall_now());
    EXPECT_TRUE(subject->has_unsent());
}

TEST_F(lane, claims_no_more_of_a_slow_provider_than_it_sends_in_a_second) {
    sender.slots = 2;
    start();
    for (int i = 0; i < 40; ++i) {
        sender.gate.close();
        push(due_many(2));
        clock.pass(2s);
        sender.gate.open();
        settle();
    }
    sender.gate.close();
    push(due_many(20));
    EXPECT_EQ(subject->under_way(), 2U);
    EXPECT_EQ(subject->queued(), 18U);
}

TEST_F(lane, claims_no_more_than_it_has_connections_once_they_are_all_taken) {
    sender.slots = 2;
    sender.judge = [&](const auto& what, jobs::attempt& made) {
        made.sign = jobs::provider_sign::crowded;
        made.outcome = jobs::untried(what, clock.wall_now(), clock.wall_now() + 1s);
    };
    start();
    push(due_many(1));
    sender.gate.close();
    push(due_many(20));
    EXPECT_EQ(subject->under_way(), 2U);
    EXPECT_EQ(subject->gate_state(), domain::provider_gate::state::open);
}

TEST_F(lane, writes_nothing_of_what_has_become_useless_while_it_waited) {
    sender.gate.close();
    start();
    auto row = due(book(24h));
    row.useless_after = clock.wall_now() + 3s;
    push({row});
    ASSERT_EQ(sender.sent.size(), 1U);
    EXPECT_TRUE(sender.sent.front().lease.holds(clock.boot_now()));
    advance(3s);
    EXPECT_FALSE(sender.sent.front().lease.holds(clock.boot_now()));
}

TEST_F(lane, sends_at_once_what_it_is_told_of) {
    start();
    auto row = due(book(24h));
    row.state = delivery_state::retrying;
    row.next_attempt_at = clock.wall_now();
    memory_store other{rows, clock};
    ASSERT_TRUE(run_task(context, other.claim({row}, {.instance = "other", .length = 30s, .granted_at = {}}, {})));
    subject->retry_at(clock.wall_now());
    advance(100ms);
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(lane, sends_nothing_again_that_a_failover_has_forgotten) {
    start();
    const auto row = due(book(24h));
    subject->push(std::span{&row, 1});
    settle();
    ASSERT_EQ(sender.sent.size(), 1U);
    // The new primary never heard of it.
    rows.deliveries.clear();
    rows.keys.clear();
    subject->failed_over();
    subject->push(std::span{&row, 1});
    settle();
    EXPECT_EQ(sender.sent.size(), 1U);
    ASSERT_EQ(rows.deliveries.size(), 1U);
    EXPECT_EQ(rows.deliveries.begin()->second.state, delivery_state::accepted);
    EXPECT_EQ(rows.deliveries.begin()->second.reason, domain::reason::reconciled);
    EXPECT_NE(metrics->text().find("punctual_lost_commits_total 1\n"), std::string::npos);
}

}  // namespace
}  // namespace punctual::test
