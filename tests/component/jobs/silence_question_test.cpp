// An SMS in the place of a WhatsApp message that stayed silent: Twilio is asked what became of that first.

#include "jobs/silence_question.hpp"

#include "jobs/text_sender.hpp"
#include "support/api_fakes.hpp"
#include "support/jobs_fixture.hpp"

namespace punctual::test {
namespace {

using domain::channel;
using domain::delivery_state;
using domain::reason;
using jobs::provider_sign;
using net::twilio::text_verdict;

const std::string sid = "SM0123456789abcdef0123456789abcdef";

class silence : public jobs_fixture {
protected:
    silence() {
        messenger.answer.verdict = text_verdict::accepted;
        messenger.answer.sid = "SM1";
        messenger.slots = 8;
    }

    net::lease_terms terms(std::string instance = "one") {
        return {.instance = std::move(instance), .length = 30s, .granted_at = clock.boot_now()};
    }
    // Accepted by Twilio; nothing final was heard.
    domain::delivery_id whatsapp(const std::string& provider_id = sid) {
        auto row = due(book(1h), channel::whatsapp, 1);
        auto claimed = run_task(context, store.claim({row}, terms(), {})).value();
        domain::outcome done;
        done.id = claimed.at(0).id;
        done.attempts = 1;
        done.claim = 1;
        done.provider_id = provider_id;
        done.fallback_at = clock.wall_now() + 5min;
        done.at = clock.wall_now();
        EXPECT_TRUE(run_task(context, store.record({done}, {})));
        return done.id;
    }
    std::vector<domain::claimed_delivery> claim() {
        return run_task(context,
                        store.claim_retries({channel::whatsapp, channel::sms}, clock.wall_now(), 100, terms(), {}))
            .value();
    }
    domain::claimed_delivery sms() {
        advance(5min);
        const auto all = claim();
        EXPECT_EQ(all.size(), 1U);
        EXPECT_EQ(all.at(0).channel, channel::sms);
        return all.at(0);
    }
    void tell(std::string status, int code = 0, const std::string& of = sid) {
        messenger.kept[of] = {.sid = of,
                              .status = std::move(status),
                              .error_code = code,
                              .created_at = {},
                              .body = {},
                              .from = {},
                              .service = {}};
    }
    jobs::attempt send(const domain::claimed_delivery& what) { return run_task(context, subject.send(what)); }
    void record(const jobs::attempt& made) { EXPECT_TRUE(run_task(context, store.record({made.outcome}, {}))); }
    [[nodiscard]] delivery_state state_of(const domain::delivery_id& id) const { return rows.deliveries.at(id).state; }

    set_inbox inbox;
    jobs::text_sender subject{&messenger, composer, rules, store, clock, [this] { return fraction; }, &inbox};
};

TEST_F(silence, sends_no_sms_for_what_was_delivered_and_writes_that_down) {
    for (const auto* const word : {"delivered", "read"}) {
        const auto first = whatsapp();
        tell(word);
        const auto made = send(sms());
        EXPECT_EQ(made.outcome.state, delivery_state::skipped);
        EXPECT_EQ(made.outcome.reason, reason::whatsapp_delivered);
        EXPECT_FALSE(made.outcome.tried);
        EXPECT_EQ(made.sign, provider_sign::answered);
        EXPECT_EQ(state_of(first), delivery_state::delivered);
        record(made);
    }
    EXPECT_TRUE(messenger.asked.empty());
    EXPECT_EQ(messenger.asked_after.size(), 2U);
}

TEST_F(silence, sends_the_sms_for_what_failed_and_writes_that_down) {
    for (const auto* const word : {"failed", "undelivered"}) {
        const auto first = whatsapp();
        tell(word, 63024);
        const auto made = send(sms());
        EXPECT_EQ(made.outcome.state, delivery_state::accepted);
        EXPECT_EQ(state_of(first), delivery_state::failed);
        record(made);
        // The SMS that goes is the one that there is.
        EXPECT_TRUE(claim().empty());
    }
    EXPECT_EQ(messenger.asked.size(), 2U);
}

TEST_F(silence, sends_the_sms_for_what_is_still_on_its_way) {
    for (const auto* const word : {"accepted", "queued", "sending", "sent", "a-word-of-tomorrow"}) {
        const auto first = whatsapp();
        tell(word);
        const auto made = send(sms());
        EXPECT_EQ(made.outcome.state, delivery_state::accepted) << word;
        EXPECT_EQ(state_of(first), delivery_state::accepted) << word;
        record(made);
    }
}

TEST_F(silence, sends_the_sms_when_twilio_cannot_say) {
    whatsapp();
    EXPECT_EQ(send(sms()).outcome.state, delivery_state::accepted);
    EXPECT_EQ(messenger.asked_after, std::vector{sid});
}

TEST_F(silence, sends_no_sms_to_a_number_that_no_text_reaches) {
    for (const int code : {21211, 21614, 21635}) {
        whatsapp();
        tell("undelivered", code);
        const auto made = send(sms());
        EXPECT_EQ(made.outcome.state, delivery_state::skipped);
        EXPECT_EQ(made.outcome.reason, reason::no_address);
        record(made);
    }
    EXPECT_TRUE(inbox.opted_out.empty());
    EXPECT_TRUE(messenger.asked.empty());
}

TEST_F(silence, keeps_the_stop_that_it_hears_of) {
    whatsapp();
    tell("failed", 21610);
    const auto made = send(sms());
    EXPECT_EQ(made.outcome.state, delivery_state::skipped);
    EXPECT_EQ(made.outcome.reason, reason::opted_out);
    EXPECT_EQ(inbox.opted_out, std::vector<std::string>{"+61412345678"});
    EXPECT_TRUE(messenger.asked.empty());
}

TEST_F(silence, asks_for_nothing_but_an_sms_of_its_kind) {
    const auto own = run_task(
        context, store.claim({due(book(1h), channel::whatsapp, 1), due(book(1h), channel::sms, 1)}, terms(), {}));
    for (const auto& one : own.value()) {
        record(send(one));
    }
    EXPECT_EQ(messenger.asked.size(), 2U);
    EXPECT_TRUE(messenger.asked_after.empty());
    EXPECT_EQ(store.calls["record_callbacks"], 0);
}

TEST_F(silence, asks_for_nothing_after_a_failure_that_is_known) {
    const auto first = whatsapp();
    auto row = sms();
    rows.deliveries.at(first).state = delivery_state::failed;
    row.in_place_of->state = delivery_state::failed;
    EXPECT_EQ(send(row).outcome.state, delivery_state::accepted);
    EXPECT_TRUE(messenger.asked_after.empty());
}

TEST_F(silence, believes_a_receipt_that_came_before_the_sms_had_its_turn) {
    const auto first = whatsapp();
    advance(5min);
    rows.deliveries.at(first).state = delivery_state::accepted;
    const auto waiting = claim().at(0);
    domain::outcome later;
    later.id = waiting.id;
    later.state = delivery_state::retrying;
    later.next_attempt_at = clock.wall_now() + 30s;
    later.attempts = later.claim = 1;
    EXPECT_TRUE(run_task(context, store.record({later}, {})));
    std::vector<net::message_callback> came(1);
    came[0].what = {.delivery = first, .provider_id = sid, .status = "delivered", .error_code = {}};
    EXPECT_TRUE(run_task(context, store.record_callbacks(std::move(came), {})));
    advance(30s);
    const auto made = send(claim().at(0));
    EXPECT_EQ(made.outcome.state, delivery_state::skipped);
    EXPECT_EQ(made.outcome.reason, reason::whatsapp_delivered);
    EXPECT_EQ(made.sign, provider_sign::none);
    EXPECT_TRUE(messenger.asked_after.empty());
}

// Whoever asked has died: his successor does not know how far he came.
TEST_F(silence, asks_again_after_a_death_and_looks_for_the_sms_first) {
    whatsapp();
    tell("delivered");
    const auto lost = sms();
    advance(31s);
    const auto taken = run_task(context, store.take_abandoned(10, {}, terms("two"), {})).value().at(0).delivery;
    EXPECT_EQ(taken.reason, reason::outcome_unknown);
    const auto made = send(taken);
    EXPECT_EQ(messenger.lists, 1);
    EXPECT_EQ(made.outcome.state, delivery_state::skipped);
    EXPECT_EQ(made.outcome.reason, reason::whatsapp_delivered);
    net::twilio::listed_message there;
    there.sid = "SM9";
    there.status = "sent";
    there.body = taken.id;
    messenger.listed = std::vector{there};
    EXPECT_EQ(send(taken).outcome.reason, reason::reconciled);
    EXPECT_TRUE(messenger.asked.empty());
}

TEST_F(silence, believes_twilio_when_the_database_cannot_be_written) {
    whatsapp();
    tell("delivered");
    const auto row = sms();
    store.fault = [](std::string_view call) {
        return call == "record_callbacks" ? store_fault::away : store_fault::none;
    };
    EXPECT_EQ(send(row).outcome.reason, reason::whatsapp_delivered);
}

TEST_F(silence, writes_again_what_may_not_have_been_written) {
    const auto first = whatsapp();
    tell("delivered");
    const auto row = sms();
    int calls = 0;
    store.fault = [&](std::string_view call) {
        return call == "record_callbacks" && ++calls == 1 ? store_fault::unknown : store_fault::none;
    };
    EXPECT_EQ(send(row).outcome.reason, reason::whatsapp_delivered);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(state_of(first), delivery_state::delivered);
}

// --- a Twilio that does not answer -----------------------------------------------------------------------

class silence_of_twilio : public silence {
protected:
    silence_of_twilio() {
        for (int i = 0; i < 12; ++i) {
            whatsapp(sid.substr(0, 30) + std::to_string(1000 + i));
        }
        advance(5min);
        all = claim();
        messenger.desk.close();
    }
    void start(std::size_t which) { run(keep(which)); }
    net::task<> keep(std::size_t which) {
        auto made = co_await subject.send(all.at(which));
        ends.emplace_back(which, std::move(made));
    }
    [[nodiscard]] std::size_t put_off() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            ends, [](const auto& one) { return one.second.outcome.state == delivery_state::retrying; }));
    }

    jobs::recorder recorder{store, clock, log};
    std::unique_ptr<jobs::lane> lane = make_lane(subject, recorder, {.name = "twilio", .instance = "one"});
    std::vector<domain::claimed_delivery> all;
    std::vector<std::pair<std::size_t, jobs::attempt>> ends;
};

TEST_F(silence_of_twilio, is_waited_for_three_seconds) {
    start(0);
    advance(2900ms);
    EXPECT_TRUE(messenger.asked.empty());
    advance(200ms);
    EXPECT_EQ(messenger.asked.size(), 1U);
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_EQ(ends[0].second.outcome.state, delivery_state::accepted);
}

TEST_F(silence_of_twilio, leaves_half_of_the_connections_to_messages) {
    for (std::size_t i = 0; i < 10; ++i) {
        start(i);
    }
    settle();
    EXPECT_EQ(messenger.desk.waiting(), 4U);
    EXPECT_EQ(put_off(), 6U);
    for (const auto& [which, made] : ends) {
        EXPECT_FALSE(made.outcome.tried);
        EXPECT_EQ(made.sign, provider_sign::none);
        EXPECT_EQ(made.outcome.next_attempt_at, clock.wall_now() + 500ms);
    }
}

TEST_F(silence_of_twilio, is_not_asked_for_half_a_minute_after_two_questions_in_vain) {
    start(0);
    start(1);
    advance(3100ms);
    EXPECT_EQ(messenger.asked.size(), 2U);
    start(2);
    settle();
    EXPECT_EQ(messenger.asked.size(), 3U);
    EXPECT_EQ(messenger.asked_after.size(), 2U);
    advance(30s);
    start(3);
    start(4);
    settle();
    // One tries, and what comes beside it waits for what it finds.
    EXPECT_EQ(messenger.asked_after.size(), 3U);
    EXPECT_EQ(put_off(), 1U);
    messenger.desk.open();
    settle();
    EXPECT_EQ(messenger.asked.size(), 4U);
}

TEST_F(silence_of_twilio, is_asked_as_before_when_it_has_answered) {
    start(0);
    advance(3100ms);
    messenger.desk.open();
    tell("sent", 0, all[1].in_place_of->provider_id);
    start(1);
    settle();
    messenger.desk.close();
    start(2);
    advance(3100ms);
    start(3);
    settle();
    EXPECT_EQ(messenger.asked_after.size(), 4U);
}

TEST_F(silence_of_twilio, that_refuses_at_once_holds_nothing_up_and_is_asked_on) {
    messenger.desk.open();
    for (std::size_t i = 0; i < 5; ++i) {
        start(i);
        settle();
    }
    EXPECT_EQ(messenger.asked_after.size(), 5U);
    EXPECT_EQ(messenger.asked.size(), 5U);
}

TEST_F(silence_of_twilio, delays_no_other_message) {
    run(recorder.run());
    run(lane->run());
    lane->adopt(all);
    settle();
    EXPECT_EQ(messenger.desk.waiting(), 4U);
    const auto due_now = std::vector{due(book(1h), channel::whatsapp, 1)};
    lane->push(due_now);
    settle();
    ASSERT_EQ(messenger.asked.size(), 1U);
    EXPECT_EQ(messenger.asked[0].channel, channel::whatsapp);
    // Nor is any of them lost, each once.
    advance(40s);
    EXPECT_EQ(messenger.asked.size(), 13U);
    EXPECT_EQ(count(delivery_state::retrying) + count(delivery_state::claimed), 0U);
}

}  // namespace
}  // namespace punctual::test
