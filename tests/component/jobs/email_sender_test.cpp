#include "jobs/email_sender.hpp"

#include "support/jobs_fixture.hpp"

namespace punctual::test {
namespace {

using domain::delivery_state;
using domain::reason;
using jobs::provider_sign;
using net::smtp::mail_verdict;

class email_sender : public jobs_fixture {
protected:
    email_sender() { what.lease = clock.boot_now() + 30s; }

    jobs::attempt send() { return run_task(context, subject.send(what)); }
    jobs::attempt send(mail_verdict verdict, int code = 0) {
        mailer.answer.verdict = verdict;
        mailer.answer.code = code;
        mailer.answer.queue_id = "4Fxyz";
        return send();
    }

    domain::claimed_delivery what = sample_delivery(domain::reminder_kind(0), 24h);
    jobs::email_sender subject{&mailer, composer, rules, clock, [this] { return fraction; }};
};

TEST_F(email_sender, keeps_the_queue_id_of_what_was_accepted) {
    const auto made = send(mail_verdict::accepted, 250);
    EXPECT_EQ(made.outcome.state, delivery_state::accepted);
    EXPECT_EQ(made.outcome.provider_id, "4Fxyz");
    EXPECT_EQ(made.sign, provider_sign::answered);
}

TEST_F(email_sender, sends_to_the_recipient) {
    send();
    ASSERT_EQ(mailer.asked.size(), 1U);
    EXPECT_EQ(mailer.asked.front().to, "jane@example.com");
}

TEST_F(email_sender, tells_once_of_each_mail_that_it_hands_over) {
    std::vector<domain::delivery_id> told;
    subject.tell([&](const domain::delivery_id& id) {
        EXPECT_TRUE(mailer.asked.empty());
        told.push_back(id);
    });
    send();
    EXPECT_EQ(told, std::vector{what.id});
}

TEST_F(email_sender, tells_of_no_mail_that_it_skips) {
    subject.tell([](const domain::delivery_id&) { ADD_FAILURE(); });
    what.recipient.email.clear();
    EXPECT_EQ(send().outcome.state, delivery_state::skipped);
}

TEST_F(email_sender, writes_nothing_past_the_lease) {
    send();
    ASSERT_EQ(mailer.leases.size(), 1U);
    what.lease.revoke();
    EXPECT_FALSE(mailer.leases.front().holds(clock.boot_now()));
}

TEST_F(email_sender, tries_again_in_two_seconds_when_nothing_was_written) {
    const auto made = send(mail_verdict::retry_connection);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 2s);
    EXPECT_EQ(made.sign, provider_sign::failed);
}

TEST_F(email_sender, waits_a_minute_after_a_greylisting) {
    fraction = 0;
    const auto made = send(mail_verdict::retry_greylisted, 450);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 1min);
    EXPECT_EQ(made.outcome.error_code, "450");
    EXPECT_EQ(made.sign, provider_sign::answered);
}

TEST_F(email_sender, counts_a_refusal_of_all_mail_against_the_server) {
    fraction = 0;
    mailer.answer.of_server = true;
    const auto made = send(mail_verdict::retry_greylisted, 421);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 1min);
    EXPECT_EQ(made.sign, provider_sign::failed);
}

TEST_F(email_sender, tries_a_bad_address_once) {
    const auto made = send(mail_verdict::bad_address, 550);
    EXPECT_EQ(made.outcome.state, delivery_state::failed);
    EXPECT_EQ(made.outcome.error_code, "550");
    EXPECT_EQ(made.sign, provider_sign::answered);
}

TEST_F(email_sender, tries_a_message_that_is_refused_once) {
    EXPECT_EQ(send(mail_verdict::bad_message, 554).outcome.state, delivery_state::failed);
}

TEST_F(email_sender, keeps_the_row_when_our_credentials_are_refused) {
    const auto made = send(mail_verdict::configuration, 535);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 30s);
    EXPECT_EQ(made.sign, provider_sign::misconfigured);
}

TEST_F(email_sender, sends_once_more_when_the_outcome_is_unknown) {
    const auto made = send(mail_verdict::outcome_unknown);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.reason, reason::outcome_unknown);
}

TEST_F(email_sender, gives_up_when_the_outcome_is_unknown_twice) {
    what.reason = reason::outcome_unknown;
    what.attempts = 2;
    EXPECT_EQ(send(mail_verdict::outcome_unknown).outcome.state, delivery_state::unconfirmed);
}

TEST_F(email_sender, leaves_an_unknown_outcome_unconfirmed_when_there_is_no_time_for_another) {
    what.useless_after = clock.wall_now() + 1s;
    const auto made = send(mail_verdict::outcome_unknown);
    EXPECT_EQ(made.outcome.state, delivery_state::unconfirmed);
    EXPECT_EQ(made.outcome.reason, reason::outcome_unknown);
}

TEST_F(email_sender, keeps_the_mark_of_an_unknown_outcome_when_the_second_mail_arrives) {
    what.reason = reason::outcome_unknown;
    const auto made = send(mail_verdict::accepted);
    EXPECT_EQ(made.outcome.state, delivery_state::accepted);
    EXPECT_EQ(made.outcome.reason, reason::outcome_unknown);
}

TEST_F(email_sender, leaves_an_unknown_outcome_unconfirmed_when_the_second_mail_comes_too_late) {
    what.reason = reason::outcome_unknown;
    what.useless_after = clock.wall_now();
    EXPECT_EQ(send().outcome.state, delivery_state::unconfirmed);
    EXPECT_TRUE(mailer.asked.empty());
}

TEST_F(email_sender, gives_a_row_back_whose_lease_was_lost) {
    const auto made = send(mail_verdict::lease_lost);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now());
    EXPECT_EQ(made.sign, provider_sign::none);
}

TEST_F(email_sender, expires_what_is_useless_by_now) {
    what.useless_after = clock.wall_now();
    EXPECT_EQ(send().outcome.state, delivery_state::expired);
    EXPECT_TRUE(mailer.asked.empty());
}

TEST_F(email_sender, does_not_try_again_past_the_use_of_it) {
    what.useless_after = clock.wall_now() + 1s;
    EXPECT_EQ(send(mail_verdict::retry_connection).outcome.state, delivery_state::expired);
}

TEST_F(email_sender, skips_who_wants_no_mail) {
    what.recipient.email_enabled = false;
    const auto made = send();
    EXPECT_EQ(made.outcome.state, delivery_state::skipped);
    EXPECT_EQ(made.outcome.reason, reason::email_disabled);
    EXPECT_EQ(made.sign, provider_sign::none);
    EXPECT_TRUE(mailer.asked.empty());
}

TEST_F(email_sender, skips_what_cannot_be_addressed) {
    composer.refusal = reason::no_address;
    const auto made = send();
    EXPECT_EQ(made.outcome.state, delivery_state::skipped);
    EXPECT_EQ(made.outcome.reason, reason::no_address);
}

TEST_F(email_sender, skips_everything_without_a_mail_server) {
    jobs::email_sender none{nullptr, composer, rules, clock, [] { return 0.0; }};
    const auto made = run_task(context, none.send(what));
    EXPECT_EQ(made.outcome.reason, reason::channel_not_configured);
    EXPECT_GT(none.capacity(), 0U);
}

TEST_F(email_sender, blames_nobody_for_the_crowd_at_our_own_door) {
    const auto made = send(mail_verdict::no_turn);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 1s);
    EXPECT_FALSE(made.outcome.tried);
    EXPECT_EQ(made.sign, provider_sign::crowded);
}

TEST_F(email_sender, counts_no_attempt_whose_lease_was_lost) {
    const auto made = send(mail_verdict::lease_lost);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_FALSE(made.outcome.tried);
}

TEST_F(email_sender, counts_an_attempt_that_found_nobody_there) {
    EXPECT_TRUE(send(mail_verdict::retry_connection).outcome.tried);
}

}  // namespace
}  // namespace punctual::test
