#include "jobs/lease_keeper.hpp"

#include "support/jobs_fixture.hpp"

namespace punctual::test {
namespace {

using domain::channel;
using domain::delivery_state;
using domain::reason;

class lease_keeper : public jobs_fixture {
protected:
    lease_keeper() {
        run(recorder.run());
        run(mails->run());
        run(texts->run());
    }

    void start() {
        run(subject.run());
        settle();
    }
    // As a process that has died leaves it.
    std::string leave_behind(channel by, reason why = reason::none) {
        auto row = due(book(24h), by);
        row.state = delivery_state::claimed;
        memory_store dead{rows, clock};
        auto claimed = run_task(context, dead.claim({row}, {.instance = "dead", .length = 30s, .granted_at = {}}, {}));
        auto& made = rows.deliveries.at(claimed->front().id);
        made.reason = why;
        return made.id;
    }

    fake_sender mail_sender{clock};
    fake_sender text_sender{clock, {channel::whatsapp, channel::sms}};
    jobs::recorder recorder{store, clock, log};
    std::unique_ptr<jobs::lane> mails = make_lane(mail_sender, recorder);
    std::unique_ptr<jobs::lane> texts = make_lane(text_sender, recorder);
    jobs::lease_keeper subject{"one", 30s, {mails.get(), texts.get()}, recorder, store, clock, log, *metrics};
};

TEST_F(lease_keeper, prolongs_the_lease_of_what_is_under_way) {
    mail_sender.gate.close();
    start();
    mails->push(due_many(1));
    advance(5min);
    ASSERT_EQ(rows.deliveries.size(), 1U);
    EXPECT_GT(rows.deliveries.begin()->second.lease_until, clock.wall_now());
    EXPECT_EQ(mail_sender.sent.size(), 1U);
}

TEST_F(lease_keeper, leaves_a_claim_alone_until_its_lease_has_run_out) {
    leave_behind(channel::email);
    start();
    advance(30s);
    EXPECT_TRUE(mail_sender.sent.empty());
}

TEST_F(lease_keeper, sends_an_abandoned_mail_once_more_and_marked) {
    const auto id = leave_behind(channel::email);
    start();
    advance(41s);
    ASSERT_EQ(mail_sender.sent.size(), 1U);
    EXPECT_EQ(mail_sender.sent.front().reason, reason::outcome_unknown);
    EXPECT_EQ(mail_sender.sent.front().attempts, 2);
    EXPECT_EQ(rows.deliveries.at(id).state, delivery_state::accepted);
    EXPECT_EQ(rows.deliveries.at(id).reason, reason::outcome_unknown);
}

TEST_F(lease_keeper, takes_a_claim_over_at_the_end_of_its_lease_when_told_of_it) {
    leave_behind(channel::email);
    start();
    advance(2s);
    subject.lease_ends(clock.wall_now() + 28s);
    advance(28s);
    EXPECT_TRUE(mail_sender.sent.empty());
    advance(10ms);
    EXPECT_EQ(mail_sender.sent.size(), 1U);
}

TEST_F(lease_keeper, asks_once_for_each_time_that_it_is_told_of_an_end) {
    start();
    advance(1s);
    const auto before = store.calls["take_abandoned"];
    subject.lease_ends(clock.wall_now() + 1s);
    advance(3s);
    EXPECT_EQ(store.calls["take_abandoned"], before + 1);
}

TEST_F(lease_keeper, takes_over_while_outcomes_of_its_own_wait_to_be_written) {
    bool away = false;
    store.fault = [&away](std::string_view call) {
        return away && call == "record" ? store_fault::away : store_fault::none;
    };
    const auto id = leave_behind(channel::whatsapp);
    start();
    away = true;
    mails->push(due_many(1));
    advance(41s);
    EXPECT_GT(recorder.pending(), 0U);
    ASSERT_EQ(text_sender.sent.size(), 1U);
    EXPECT_EQ(text_sender.sent.front().id, id);
}

TEST_F(lease_keeper, sends_a_mail_again_that_the_one_who_took_it_over_left_too) {
    const auto id = leave_behind(channel::email, reason::outcome_unknown);
    start();
    advance(41s);
    ASSERT_EQ(mail_sender.sent.size(), 1U);
    EXPECT_EQ(rows.deliveries.at(id).state, delivery_state::accepted);
    EXPECT_EQ(rows.deliveries.at(id).reason, reason::outcome_unknown);
}

TEST_F(lease_keeper, gives_a_mail_up_whose_every_sender_dies) {
    const auto id = leave_behind(channel::email, reason::outcome_unknown);
    rows.deliveries.at(id).attempts = 10;
    start();
    advance(41s);
    EXPECT_TRUE(mail_sender.sent.empty());
    EXPECT_EQ(rows.deliveries.at(id).state, delivery_state::unconfirmed);
}

TEST_F(lease_keeper, leaves_its_own_rows_alone_while_their_outcomes_are_not_written) {
    const auto row = due(book(24h), channel::email);
    bool away = false;
    store.fault = [&away](std::string_view call) {
        return away && call != "take_abandoned" ? store_fault::away : store_fault::none;
    };
    start();
    // From the moment at which the mail server has taken it.
    mail_sender.judge = [&away](const auto&, auto&) { away = true; };
    mails->push(std::span{&row, 1});
    settle();
    advance(40s);
    EXPECT_EQ(mail_sender.sent.size(), 1U);
    away = false;
    advance(10s);
    EXPECT_EQ(mail_sender.sent.size(), 1U);
    ASSERT_EQ(rows.deliveries.size(), 1U);
    EXPECT_EQ(rows.deliveries.begin()->second.state, delivery_state::accepted);
    EXPECT_EQ(rows.deliveries.begin()->second.reason, reason::none);
}

TEST_F(lease_keeper, has_an_abandoned_text_asked_for_however_often) {
    leave_behind(channel::whatsapp, reason::outcome_unknown);
    start();
    advance(41s);
    ASSERT_EQ(text_sender.sent.size(), 1U);
    EXPECT_EQ(text_sender.sent.front().reason, reason::outcome_unknown);
}

TEST_F(lease_keeper, leaves_an_abandoned_message_of_a_cancelled_visit_unconfirmed) {
    const auto id = leave_behind(channel::email);
    rows.remove(rows.deliveries.at(id).plan.appointment, clock.wall_now());
    start();
    advance(41s);
    EXPECT_TRUE(mail_sender.sent.empty());
    EXPECT_EQ(rows.deliveries.at(id).state, delivery_state::unconfirmed);
}

TEST_F(lease_keeper, gives_abandoned_claims_back_while_their_provider_is_held) {
    mail_sender.judge = [](const auto&, jobs::attempt& made) { made.sign = jobs::provider_sign::misconfigured; };
    const auto id = leave_behind(channel::email);
    start();
    advance(20s);
    mails->push(due_many(1));
    advance(21s);
    EXPECT_EQ(mail_sender.sent.size(), 1U);
    EXPECT_EQ(rows.deliveries.at(id).state, delivery_state::retrying);
    EXPECT_EQ(rows.deliveries.at(id).reason, reason::outcome_unknown);
}

TEST_F(lease_keeper, sends_abandoned_claims_no_faster_than_the_lane_carries) {
    mail_sender.slots = 1;
    mail_sender.gate.close();
    for (int i = 0; i < 20; ++i) {
        leave_behind(channel::email);
    }
    start();
    advance(41s);
    EXPECT_EQ(mails->under_way(), 8U);
    mail_sender.gate.open();
    advance(10s);
    EXPECT_EQ(count(delivery_state::accepted), 20U);
}

TEST_F(lease_keeper, starts_nothing_on_a_lane_that_has_stopped) {
    leave_behind(channel::email);
    start();
    mails->stop();
    advance(40s);
    EXPECT_TRUE(mail_sender.sent.empty());
    EXPECT_EQ(mails->under_way(), 0U);
}

TEST_F(lease_keeper, goes_on_after_the_database_was_away) {
    leave_behind(channel::email);
    store.fault = [](std::string_view) { return store_fault::away; };
    start();
    advance(2min);
    store.fault = nullptr;
    advance(11s);
    EXPECT_EQ(mail_sender.sent.size(), 1U);
}

TEST_F(lease_keeper, ends_when_it_is_stopped) {
    start();
    const auto before = group.size();
    subject.stop();
    settle();
    EXPECT_EQ(group.size(), before - 1);
}

TEST_F(lease_keeper, lets_a_send_go_on_that_takes_longer_than_a_lease) {
    mail_sender.gate.close();
    start();
    mails->push(due_many(1));
    advance(2min);
    ASSERT_EQ(mail_sender.sent.size(), 1U);
    EXPECT_TRUE(mail_sender.sent.front().lease.holds(clock.boot_now()));
}

TEST_F(lease_keeper, lets_no_send_go_on_that_was_frozen_beyond_its_lease) {
    mail_sender.gate.close();
    start();
    mails->push(due_many(1));
    settle();
    ASSERT_EQ(mail_sender.sent.size(), 1U);
    clock.pass(31s);
    EXPECT_FALSE(mail_sender.sent.front().lease.holds(clock.boot_now()));
    // Nor when the keeper runs again: what has run out is not renewed.
    advance(6s);
    EXPECT_FALSE(mail_sender.sent.front().lease.holds(clock.boot_now()));
}

TEST_F(lease_keeper, lets_no_send_go_on_whose_lease_could_not_be_renewed) {
    mail_sender.gate.close();
    start();
    mails->push(due_many(1));
    settle();
    store.fault = [](std::string_view call) { return call == "renew" ? store_fault::away : store_fault::none; };
    advance(31s);
    ASSERT_FALSE(mail_sender.sent.empty());
    EXPECT_FALSE(mail_sender.sent.front().lease.holds(clock.boot_now()));
}

TEST_F(lease_keeper, sends_a_claim_whose_answer_was_lost_at_once_and_unmarked) {
    start();
    advance(1s);
    store.fault = [](std::string_view call) { return call == "claim" ? store_fault::unknown : store_fault::none; };
    mails->push(due_many(3));
    settle();
    ASSERT_EQ(rows.deliveries.size(), 3U);
    EXPECT_TRUE(mail_sender.sent.empty());
    store.fault = nullptr;
    subject.reclaim_soon();
    settle();
    ASSERT_EQ(mail_sender.sent.size(), 3U);
    EXPECT_EQ(mail_sender.sent.front().attempts, 1);
    advance(2min);
    EXPECT_EQ(mail_sender.sent.size(), 3U);
    EXPECT_EQ(count(delivery_state::accepted), 3U);
    for (const auto& [id, row] : rows.deliveries) {
        EXPECT_EQ(row.reason, reason::none);
    }
}

TEST_F(lease_keeper, takes_up_a_claim_that_takes_effect_after_the_connection_was_lost) {
    start();
    subject.reclaim_soon();
    advance(7s);
    // A statement of the lost connection that had waited for a lock.
    const auto row = due(book(24h), channel::email);
    run_task(context, store.claim({row}, {.instance = "one", .length = 30s, .granted_at = {}}, {}));
    advance(5s);
    ASSERT_EQ(mail_sender.sent.size(), 1U);
    EXPECT_EQ(mail_sender.sent.front().reason, reason::none);
}

TEST_F(lease_keeper, leaves_alone_what_it_is_still_sending_when_a_lease_could_not_be_renewed_in_time) {
    mail_sender.gate.close();
    start();
    mails->push(due_many(2));
    settle();
    store.fault = [](std::string_view call) { return call == "renew" ? store_fault::away : store_fault::none; };
    advance(45s);
    store.fault = nullptr;
    subject.lease_ends(clock.wall_now());
    advance(45s);
    mail_sender.gate.open();
    settle();
    EXPECT_EQ(mail_sender.sent.size(), 2U);
    EXPECT_EQ(count(delivery_state::accepted), 2U);
    for (const auto& [id, row] : rows.deliveries) {
        EXPECT_EQ(row.reason, reason::none);
        EXPECT_EQ(row.attempts, 1);
    }
}

TEST_F(lease_keeper, takes_up_nothing_that_is_being_sent_or_written_down) {
    start();
    mail_sender.gate.close();
    mails->push(due_many(2));
    settle();
    subject.reclaim_soon();
    advance(40s);
    EXPECT_EQ(mail_sender.sent.size(), 2U);
    store.fault = [](std::string_view call) { return call == "record" ? store_fault::away : store_fault::none; };
    mail_sender.gate.open();
    settle();
    ASSERT_EQ(recorder.pending(), 2U);
    subject.reclaim_soon();
    advance(40s);
    store.fault = nullptr;
    advance(10s);
    EXPECT_EQ(mail_sender.sent.size(), 2U);
    EXPECT_EQ(count(delivery_state::accepted), 2U);
}

TEST_F(lease_keeper, takes_up_nothing_of_a_visit_that_was_cancelled_meanwhile) {
    start();
    store.fault = [](std::string_view call) { return call == "claim" ? store_fault::unknown : store_fault::none; };
    mails->push(due_many(1));
    settle();
    rows.remove(rows.deliveries.begin()->second.plan.appointment, clock.wall_now());
    store.fault = nullptr;
    subject.reclaim_soon();
    advance(40s);
    EXPECT_TRUE(mail_sender.sent.empty());
    EXPECT_EQ(count(delivery_state::superseded), 1U);
}

TEST_F(lease_keeper, keeps_the_lease_though_the_answer_to_its_renewal_is_lost) {
    start();
    mail_sender.gate.close();
    mails->push(due_many(1));
    store.fault = [](std::string_view call) { return call == "renew" ? store_fault::unknown : store_fault::none; };
    advance(5min);
    mail_sender.gate.open();
    settle();
    EXPECT_EQ(mail_sender.sent.size(), 1U);
    EXPECT_EQ(count(delivery_state::accepted), 1U);
    EXPECT_EQ(rows.deliveries.begin()->second.reason, reason::none);
    // Told once, not at every try.
    EXPECT_EQ(std::ranges::count_if(log.lines, [](const auto& line) { return line.starts_with("leases_not_renewed"); }),
              1);
}

}  // namespace
}  // namespace punctual::test
