#include "jobs/text_sender.hpp"

#include "support/jobs_fixture.hpp"

namespace punctual::test {
namespace {

using domain::channel;
using domain::delivery_state;
using domain::reason;
using jobs::provider_sign;
using net::twilio::text_verdict;

class text_sender : public jobs_fixture {
protected:
    text_sender() { what.recipient.texts_enabled = true; }

    jobs::attempt send() { return run_task(context, subject.send(what)); }
    jobs::attempt send(text_verdict verdict) {
        messenger.answer.verdict = verdict;
        messenger.answer.sid = verdict == text_verdict::accepted ? "SM1" : "";
        messenger.answer.error_code = verdict == text_verdict::accepted ? 0 : 21211;
        return send();
    }
    // An earlier attempt's outcome is unknown.
    void mark_unknown() {
        what.reason = reason::outcome_unknown;
        what.attempts = 2;
    }
    void list(std::string body) {
        net::twilio::listed_message found;
        found.sid = "SM9";
        found.status = "sent";
        found.body = std::move(body);
        messenger.listed = std::vector{found};
    }

    domain::claimed_delivery what = sample_delivery(domain::reminder_kind(0), 24h, channel::whatsapp);
    jobs::text_sender subject{&messenger, composer, rules, store, clock, [this] { return fraction; }};
};

TEST_F(text_sender, keeps_the_sid_of_what_was_accepted) {
    const auto made = send(text_verdict::accepted);
    EXPECT_EQ(made.outcome.state, delivery_state::accepted);
    EXPECT_EQ(made.outcome.provider_id, "SM1");
    EXPECT_EQ(made.sign, provider_sign::answered);
}

TEST_F(text_sender, sets_the_time_for_an_sms_if_whatsapp_stays_silent) {
    EXPECT_EQ(send(text_verdict::accepted).outcome.fallback_at, clock.wall_now() + 30min);
}

TEST_F(text_sender, has_no_fall_back_behind_an_sms) {
    what.channel = channel::sms;
    EXPECT_EQ(send(text_verdict::accepted).outcome.fallback_at, std::nullopt);
}

TEST_F(text_sender, tells_once_of_each_text_that_it_hands_over) {
    std::vector<domain::delivery_id> told;
    subject.tell([&](const domain::delivery_id& id) { told.push_back(id); });
    send(text_verdict::accepted);
    EXPECT_EQ(told, std::vector{what.id});
}

TEST_F(text_sender, tells_of_no_text_that_it_skips_or_finds_sent_already) {
    subject.tell([](const domain::delivery_id&) { ADD_FAILURE(); });
    what.recipient.texts_enabled = false;
    EXPECT_EQ(send(text_verdict::accepted).outcome.state, delivery_state::skipped);
    what.recipient.texts_enabled = true;
    mark_unknown();
    composer.content_sid = "HX1";
    list("words of the template");
    EXPECT_EQ(send(text_verdict::accepted).outcome.reason, reason::reconciled);
}

TEST_F(text_sender, does_not_ask_before_the_first_attempt) {
    send(text_verdict::accepted);
    EXPECT_EQ(messenger.lists, 0);
}

TEST_F(text_sender, tries_again_when_nothing_was_made) {
    const auto made = send(text_verdict::retry);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 2s);
    EXPECT_EQ(made.outcome.reason, reason::none);
    EXPECT_EQ(made.sign, provider_sign::failed);
}

TEST_F(text_sender, waits_for_as_long_as_it_was_asked_to) {
    messenger.answer.retry_after = 77s;
    const auto made = send(text_verdict::retry);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 77s);
    EXPECT_EQ(made.sign, provider_sign::busy);
    EXPECT_EQ(made.hold, 77s);
}

TEST_F(text_sender, marks_what_may_have_been_sent) {
    const auto made = send(text_verdict::ask_first);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.reason, reason::outcome_unknown);
    EXPECT_EQ(made.sign, provider_sign::failed);
}

TEST_F(text_sender, leaves_it_unconfirmed_when_there_is_no_time_to_ask) {
    what.useless_after = clock.wall_now() + 1s;
    EXPECT_EQ(send(text_verdict::ask_first).outcome.state, delivery_state::unconfirmed);
}

TEST_F(text_sender, sends_nothing_again_that_twilio_lists) {
    mark_unknown();
    list(what.id);
    const auto made = send();
    EXPECT_EQ(made.outcome.state, delivery_state::accepted);
    EXPECT_EQ(made.outcome.provider_id, "SM9");
    EXPECT_EQ(made.outcome.reason, reason::reconciled);
    EXPECT_TRUE(messenger.asked.empty());
}

TEST_F(text_sender, sends_again_what_twilio_does_not_list) {
    mark_unknown();
    const auto made = send(text_verdict::accepted);
    EXPECT_EQ(messenger.lists, 1);
    EXPECT_EQ(messenger.asked.size(), 1U);
    EXPECT_EQ(made.outcome.state, delivery_state::accepted);
}

TEST_F(text_sender, tells_another_message_of_the_time_apart_by_its_words) {
    mark_unknown();
    list("another message");
    send(text_verdict::accepted);
    EXPECT_EQ(messenger.asked.size(), 1U);
}

TEST_F(text_sender, takes_any_message_of_the_time_for_a_template) {
    mark_unknown();
    composer.content_sid = "HX1";
    list("words of the template");
    EXPECT_EQ(send().outcome.reason, reason::reconciled);
}

TEST_F(text_sender, sends_nothing_while_twilio_cannot_be_asked) {
    mark_unknown();
    messenger.listed = std::nullopt;
    const auto made = send();
    EXPECT_TRUE(messenger.asked.empty());
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.reason, reason::outcome_unknown);
}

TEST_F(text_sender, tries_a_bad_number_once_on_either_channel) {
    const auto made = send(text_verdict::bad_number);
    EXPECT_EQ(made.outcome.state, delivery_state::failed);
    EXPECT_EQ(made.outcome.error_code, "21211");
    EXPECT_FALSE(made.outcome.sms_instead);
}

TEST_F(text_sender, sends_nothing_more_to_who_has_opted_out) {
    const auto made = send(text_verdict::opted_out);
    EXPECT_EQ(made.outcome.state, delivery_state::failed);
    EXPECT_EQ(made.outcome.reason, reason::opted_out);
    EXPECT_FALSE(made.outcome.sms_instead);
}

TEST_F(text_sender, sends_an_sms_when_whatsapp_refuses_the_message) {
    const auto made = send(text_verdict::bad_message);
    EXPECT_EQ(made.outcome.state, delivery_state::failed);
    EXPECT_EQ(made.outcome.sms_instead, reason::whatsapp_failed);
}

TEST_F(text_sender, has_nothing_in_place_of_an_sms) {
    what.channel = channel::sms;
    const auto made = send(text_verdict::bad_message);
    EXPECT_EQ(made.outcome.state, delivery_state::failed);
    EXPECT_FALSE(made.outcome.sms_instead);
}

TEST_F(text_sender, keeps_the_row_when_our_credentials_are_refused) {
    const auto made = send(text_verdict::configuration);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 30s);
    EXPECT_EQ(made.sign, provider_sign::misconfigured);
}

TEST_F(text_sender, gives_a_row_back_whose_lease_was_lost) {
    const auto made = send(text_verdict::lease_lost);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now());
    EXPECT_EQ(made.sign, provider_sign::none);
}

TEST_F(text_sender, goes_by_sms_at_once_without_a_template) {
    composer.refusal = reason::channel_not_configured;
    const auto made = send();
    EXPECT_EQ(made.outcome.state, delivery_state::skipped);
    EXPECT_EQ(made.outcome.reason, reason::channel_not_configured);
    EXPECT_EQ(made.outcome.sms_instead, reason::none);
}

TEST_F(text_sender, asks_for_consent) {
    what.recipient.texts_enabled = false;
    const auto made = send();
    EXPECT_EQ(made.outcome.reason, reason::no_consent);
    EXPECT_TRUE(messenger.asked.empty());
    EXPECT_FALSE(made.outcome.sms_instead);
}

TEST_F(text_sender, expires_what_is_useless_by_now) {
    what.useless_after = clock.wall_now();
    EXPECT_EQ(send().outcome.state, delivery_state::expired);
    EXPECT_TRUE(messenger.asked.empty());
}

TEST_F(text_sender, leaves_an_unknown_outcome_unconfirmed_when_it_is_too_late_to_ask) {
    mark_unknown();
    what.useless_after = clock.wall_now();
    EXPECT_EQ(send().outcome.state, delivery_state::unconfirmed);
}

TEST_F(text_sender, skips_everything_without_an_account) {
    jobs::text_sender none{nullptr, composer, rules, store, clock, [] { return 0.0; }};
    EXPECT_EQ(run_task(context, none.send(what)).outcome.reason, reason::channel_not_configured);
}

class text_sender_at_night : public text_sender {
protected:
    text_sender_at_night() {
        clock.pass(10h);  // ten in the evening in Sydney
        start_in(24h);
    }
    void start_in(std::chrono::minutes ahead) {
        what.what.starts_at = clock.wall_now() + ahead;
        what.useless_after = what.what.starts_at - 1h;
    }
};

TEST_F(text_sender_at_night, lets_it_wait_until_the_morning) {
    const auto made = send(text_verdict::accepted);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 10h);
    EXPECT_EQ(made.sign, provider_sign::none);
    EXPECT_TRUE(messenger.asked.empty());
}

TEST_F(text_sender_at_night, lets_the_sms_in_place_of_a_whatsapp_wait_too) {
    what.channel = channel::sms;
    what.reason = reason::whatsapp_silent;
    EXPECT_EQ(send(text_verdict::accepted).outcome.state, delivery_state::retrying);
}

TEST_F(text_sender_at_night, skips_it_when_the_morning_is_too_near_to_the_visit) {
    start_in(11h + 59min);
    const auto made = send(text_verdict::accepted);
    EXPECT_EQ(made.outcome.state, delivery_state::skipped);
    EXPECT_EQ(made.outcome.reason, reason::quiet_hours);
    start_in(12h);
    EXPECT_EQ(send(text_verdict::accepted).outcome.state, delivery_state::retrying);
}

TEST_F(text_sender_at_night, sends_it_where_it_is_not_night) {
    what.recipient.time_zone = "Australia/Perth";  // seven in the evening
    EXPECT_EQ(send(text_verdict::accepted).outcome.state, delivery_state::accepted);
}

TEST_F(text_sender_at_night, sends_the_later_reminders_at_their_minute) {
    for (const std::size_t reminder : {1UL, 2UL}) {
        what.kind = domain::reminder_kind(reminder);
        EXPECT_EQ(send(text_verdict::accepted).outcome.state, delivery_state::accepted) << reminder;
    }
}

TEST_F(text_sender_at_night, sends_the_reminders_of_a_plan_so_short_that_there_is_no_better_time) {
    rules.reminders[0].before = 2h - 1s;
    EXPECT_EQ(send(text_verdict::accepted).outcome.state, delivery_state::accepted);
}

TEST_F(text_sender, counts_no_attempt_while_the_account_is_held) {
    messenger.answer.retry_after = 77s;
    const auto made = send(text_verdict::held);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 77s);
    EXPECT_FALSE(made.outcome.tried);
    EXPECT_EQ(made.sign, provider_sign::busy);
}

TEST_F(text_sender, waits_as_a_503_asks_and_asks_first_then) {
    messenger.answer.retry_after = 77s;
    const auto made = send(text_verdict::ask_first);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 77s);
    EXPECT_EQ(made.outcome.reason, reason::outcome_unknown);
    EXPECT_EQ(made.sign, provider_sign::busy);
    EXPECT_EQ(made.hold, 77s);
}

TEST_F(text_sender, counts_no_attempt_that_could_not_ask_while_the_account_was_held) {
    mark_unknown();
    messenger.listed = std::nullopt;
    messenger.hold = 40s;
    const auto made = send();
    EXPECT_TRUE(messenger.asked.empty());
    EXPECT_FALSE(made.outcome.tried);
    EXPECT_EQ(made.outcome.reason, reason::outcome_unknown);
    EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 40s);
    EXPECT_EQ(made.sign, provider_sign::busy);
}

TEST_F(text_sender, blames_nobody_for_the_crowd_at_our_own_door) {
    const auto made = send(text_verdict::no_turn);
    EXPECT_FALSE(made.outcome.tried);
    EXPECT_EQ(made.sign, provider_sign::crowded);
}

// --- whose message is it -----------------------------------------------------------------------------

class text_sender_that_looks_up : public text_sender {
protected:
    // Claimed by a process that has died, and taken over.
    domain::claimed_delivery abandoned(std::size_t reminder) {
        auto row = due(book(24h + std::chrono::hours{reminder}), channel::whatsapp, reminder);
        memory_store dead{rows, clock};
        auto made = run_task(context, dead.claim({row}, {.instance = "dead", .length = 1s, .granted_at = {}}, {}));
        return made.value().at(0);
    }
    std::vector<domain::claimed_delivery> take_over() {
        advance(2s);
        auto taken = run_task(
            context,
            store.take_abandoned(10, {}, {.instance = "one", .length = 30s, .granted_at = clock.boot_now()}, {}));
        std::vector<domain::claimed_delivery> claims;
        for (auto& one : taken.value()) {
            claims.push_back(std::move(one.delivery));
        }
        std::ranges::sort(claims, {}, &domain::claimed_delivery::id);
        return claims;
    }
    void add(std::string sid, std::string body, std::chrono::seconds ago, std::string status = "sent") {
        net::twilio::listed_message one;
        one.sid = std::move(sid);
        one.body = std::move(body);
        one.status = std::move(status);
        one.created_at = clock.wall_now() - ago;
        messenger.listed->push_back(std::move(one));
    }
    jobs::attempt look_up(const domain::claimed_delivery& whose) { return run_task(context, subject.send(whose)); }
    void record(const jobs::attempt& made) {
        std::vector<domain::outcome> outcomes{made.outcome};
        ASSERT_TRUE(run_task(context, store.record(std::move(outcomes), {})));
    }
};

TEST_F(text_sender_that_looks_up, gives_two_messages_to_two_deliveries_the_oldest_to_the_oldest) {
    composer.content_sid = "HX1";
    abandoned(0);
    abandoned(1);
    const auto taken = take_over();
    ASSERT_EQ(taken.size(), 2U);
    add("SM2", "", 1s);
    add("SM1", "", 2s);
    const auto waits = look_up(taken[1]);
    EXPECT_EQ(waits.outcome.state, delivery_state::retrying);
    EXPECT_EQ(waits.outcome.reason, reason::outcome_unknown);
    EXPECT_FALSE(waits.outcome.tried);
    const auto first = look_up(taken[0]);
    EXPECT_EQ(first.outcome.provider_id, "SM1");
    record(first);
    EXPECT_EQ(look_up(taken[1]).outcome.provider_id, "SM2");
    EXPECT_TRUE(messenger.asked.empty());
}

TEST_F(text_sender_that_looks_up, sends_what_is_missing_where_one_of_two_has_arrived) {
    composer.content_sid = "HX1";
    abandoned(0);
    abandoned(1);
    const auto taken = take_over();
    add("SM1", "", 2s);
    messenger.answer.sid = "SM7";
    record(look_up(taken[0]));
    const auto second = look_up(taken[1]);
    EXPECT_EQ(second.outcome.provider_id, "SM7");
    EXPECT_EQ(messenger.asked.size(), 1U);
}

TEST_F(text_sender_that_looks_up, leaves_alone_what_is_bound_to_another_delivery) {
    composer.content_sid = "HX1";
    auto& other = rows.deliveries["delivery-other"];
    other.state = delivery_state::accepted;
    other.plan.channel = channel::whatsapp;
    other.provider_id = "SM1";
    abandoned(0);
    const auto taken = take_over();
    add("SM1", "", 2s);
    messenger.answer.sid = "SM7";
    EXPECT_EQ(look_up(taken[0]).outcome.provider_id, "SM7");
    EXPECT_EQ(messenger.asked.size(), 1U);
}

TEST_F(text_sender_that_looks_up, waits_while_a_fresh_text_to_the_same_person_is_under_way) {
    composer.content_sid = "HX1";
    abandoned(0);
    const auto taken = take_over();
    const auto fresh = due(book(30h), channel::whatsapp, 2);
    ASSERT_TRUE(run_task(context,
                         store.claim({fresh}, {.instance = "one", .length = 30s, .granted_at = clock.boot_now()}, {})));
    add("SM1", "", 0s);
    EXPECT_EQ(look_up(taken[0]).outcome.state, delivery_state::retrying);
    EXPECT_TRUE(messenger.asked.empty());
}

TEST_F(text_sender_that_looks_up, believes_the_callback_that_came_first) {
    const auto id = abandoned(0).id;
    const auto taken = take_over();
    rows.deliveries.at(id).provider_id = "SM5";
    add("SM1", id, 2s);
    EXPECT_EQ(look_up(taken[0]).outcome.provider_id, "SM5");
    EXPECT_TRUE(messenger.asked.empty());
}

TEST_F(text_sender_that_looks_up, sends_nothing_while_the_database_cannot_say) {
    abandoned(0);
    const auto taken = take_over();
    store.fault = [](std::string_view) { return store_fault::away; };
    const auto made = look_up(taken[0]);
    EXPECT_EQ(made.outcome.state, delivery_state::retrying);
    EXPECT_EQ(made.outcome.reason, reason::outcome_unknown);
    EXPECT_TRUE(messenger.asked.empty());
}

TEST_F(text_sender_that_looks_up, takes_what_twilio_says_became_of_it) {
    const auto id = abandoned(0).id;
    const auto taken = take_over();
    add("SM1", id, 2s, "undelivered");
    const auto lost = look_up(taken[0]);
    EXPECT_EQ(lost.outcome.state, delivery_state::failed);
    EXPECT_EQ(lost.outcome.sms_instead, reason::whatsapp_failed);
    messenger.listed->front().status = "read";
    const auto arrived = look_up(taken[0]);
    EXPECT_EQ(arrived.outcome.state, delivery_state::delivered);
    EXPECT_FALSE(arrived.outcome.fallback_at);
}

TEST_F(text_sender_that_looks_up, tells_templates_apart_by_what_was_filled_in) {
    composer.content_sid = "HX1";
    composer.content_variables = {{"1", "Jane Citizen"}, {"2", "Tuesday 12:00"}};
    abandoned(0);
    const auto taken = take_over();
    add("SM1", "Dear Jane Citizen, see you Monday 9:00", 3s);
    add("SM2", "Dear Jane Citizen, see you Tuesday 12:00", 2s);
    EXPECT_EQ(look_up(taken[0]).outcome.provider_id, "SM2");
}

// The window has closed since it was tried: it is not put into another channel before it is known not to be there.
TEST_F(text_sender, looks_for_free_text_that_may_have_arrived_before_an_sms_goes) {
    composer.needs_conversation = true;
    mark_unknown();
    what.conversations = {{.number = "+61412345678", .sender = "whatsapp:+61480000001", .open = false}};
    const auto missing = send();
    EXPECT_EQ(messenger.lists, 1);
    EXPECT_EQ(missing.outcome.state, delivery_state::unconfirmed);
    EXPECT_EQ(missing.outcome.sms_instead, reason::none);
    list(what.id);
    const auto there = send();
    EXPECT_EQ(there.outcome.provider_id, "SM9");
    EXPECT_EQ(there.outcome.sms_instead, std::nullopt);
    EXPECT_TRUE(messenger.asked.empty());
}

}  // namespace
}  // namespace punctual::test
