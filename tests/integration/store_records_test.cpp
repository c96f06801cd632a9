// Outcomes, receipts, rooms, the API's reads and upkeep on a real database.

#include "jobs/recorder.hpp"
#include "support/store_fixture.hpp"

#include <gmock/gmock.h>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using domain::channel;
using domain::delivery_state;

wall_time now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

class store_records : public store_fixture {
protected:
    domain::claimed_delivery claim_one(channel by = channel::whatsapp) {
        return claim({planned(book(), domain::reminder_kind(1), by)}).at(0);
    }
    bool receipt(const domain::claimed_delivery& of, std::string status, std::string sid = "SM1",
                 std::string code = {}) {
        net::message_status what{of.id, std::move(sid), std::move(status), std::move(code)};
        std::vector<net::message_callback> came(1);
        came[0].key = what.provider_id + ":" + what.status;
        came[0].what = std::move(what);
        return must(run(store->record_callbacks(std::move(came), soon()))).at(0).known;
    }
};

TEST_F(store_records, writes_an_acceptance_with_all_that_came_with_it) {
    const auto one = claim_one();
    auto done = outcome(one, delivery_state::accepted);
    done.provider_id = "SM1";
    done.provider_status = "queued";
    done.fallback_at = now() + 5min;
    record(done);
    record(done);
    EXPECT_EQ(psql("select state, provider_id, provider_status, accepted_at is not null, fallback_at is not null, "
                   "lease_until is null, attempts from punctual.delivery"),
              "accepted|SM1|queued|t|t|t|1");
}

TEST_F(store_records, waits_for_the_next_attempt) {
    const auto one = claim_one();
    auto later = outcome(one, delivery_state::retrying);
    later.next_attempt_at = now() + 1min;
    later.error_code = "451";
    later.error_text = std::string(900, 'x');
    record(later);
    EXPECT_EQ(psql("select state, error_code, length(error_text), next_attempt_at is not null from punctual.delivery"),
              "retrying|451|500|t");
}

TEST_F(store_records, never_goes_back_from_delivered) {
    const auto one = claim_one();
    ASSERT_TRUE(receipt(one, "delivered"));
    for (const auto state : {delivery_state::accepted, delivery_state::failed, delivery_state::retrying,
                             delivery_state::expired, delivery_state::superseded, delivery_state::unconfirmed}) {
        record(outcome(one, state));
        EXPECT_EQ(state_of(one.id), "delivered");
    }
    EXPECT_TRUE(receipt(one, "undelivered"));
    EXPECT_TRUE(receipt(one, "sent"));
    EXPECT_EQ(psql("select state, provider_status from punctual.delivery"), "delivered|delivered");
    EXPECT_TRUE(receipt(one, "read"));
    EXPECT_EQ(psql("select state, provider_status from punctual.delivery"), "delivered|read");
}

TEST_F(store_records, a_receipt_that_overtakes_the_answer_keeps_its_word) {
    const auto one = claim_one();
    ASSERT_TRUE(receipt(one, "failed", "", "63016"));
    auto done = outcome(one, delivery_state::accepted);
    done.provider_id = "SM7";
    record(done);
    EXPECT_EQ(psql("select state, provider_id, error_code, accepted_at is not null from punctual.delivery where "
                   "channel = 'whatsapp'"),
              "failed|SM7|63016|t");
}

TEST_F(store_records, an_acceptance_counts_whoever_says_it) {
    const auto lost = claim({planned(book(), domain::reminder_kind(1))}, lease("one", 0s)).at(0);
    must(run(store->take_abandoned(1, {}, lease("two"), soon())));
    record(outcome(lost, delivery_state::accepted));
    EXPECT_EQ(state_of(lost.id), "accepted");
}

TEST_F(store_records, the_furthest_of_two_outcomes_in_one_batch_stays) {
    const auto one = claim_one();
    std::vector<domain::outcome> both{outcome(one, delivery_state::delivered), outcome(one, delivery_state::accepted)};
    must_do(run(store->record(std::move(both), soon())));
    EXPECT_EQ(state_of(one.id), "delivered");
}

TEST_F(store_records, another_attempt_s_failure_says_nothing_of_this_one) {
    const auto one = claim_one();
    auto done = outcome(one, delivery_state::accepted);
    done.provider_id = "SM2";
    record(done);
    EXPECT_TRUE(receipt(one, "failed", "SM1"));
    EXPECT_EQ(state_of(one.id), "accepted");
    EXPECT_TRUE(receipt(one, "undelivered", "SM2", "30003"));
    EXPECT_EQ(state_of(one.id), "failed");
    EXPECT_TRUE(receipt(one, "delivered", "SM2"));
    EXPECT_EQ(psql("select state, error_code is null from punctual.delivery where channel = 'whatsapp'"),
              "delivered|t");
}

TEST_F(store_records, a_whatsapp_that_fails_has_one_sms_in_its_place) {
    const auto one = claim_one();
    auto done = outcome(one, delivery_state::accepted);
    done.provider_id = "SM1";
    done.fallback_at = now() - 1s;
    record(done);
    EXPECT_TRUE(receipt(one, "sent"));
    EXPECT_EQ(psql("select count(*) from punctual.delivery"), "1");
    EXPECT_TRUE(receipt(one, "undelivered", "SM1", "63016"));
    const auto texts = claim_retries(now() + 1s);
    ASSERT_EQ(texts.size(), 1U);
    EXPECT_EQ(texts[0].channel, channel::sms);
    EXPECT_EQ(texts[0].kind, one.kind);
    EXPECT_EQ(texts[0].recipient.id, 1);
    EXPECT_EQ(texts[0].reason, domain::reason::whatsapp_failed);
    EXPECT_TRUE(receipt(one, "undelivered", "SM1", "63016"));
    EXPECT_TRUE(receipt(one, "delivered"));
    EXPECT_TRUE(claim_retries(now() + 1s).empty());
    EXPECT_EQ(psql("select channel, state from punctual.delivery order by channel"), "sms|claimed\nwhatsapp|delivered");
}

TEST_F(store_records, nothing_is_in_place_of_an_sms_nor_of_what_is_useless_by_now) {
    const auto text = claim_one(channel::sms);
    EXPECT_TRUE(receipt(text, "failed"));
    const auto late = claim_one();
    psql("update punctual.delivery set useless_after = now() - interval '1 second' where id = '" + late.id + "'");
    EXPECT_TRUE(receipt(late, "failed"));
    EXPECT_EQ(psql("select channel, state from punctual.delivery order by channel"), "sms|failed\nwhatsapp|failed");
}

TEST_F(store_records, a_whatsapp_that_stays_silent_has_one_sms_in_its_place) {
    const auto one = claim_one();
    auto done = outcome(one, delivery_state::accepted);
    done.provider_id = "SM1";
    done.fallback_at = now() + 5min;
    record(done);
    EXPECT_EQ(must(run(store->next_retry(all_channels, soon()))), done.fallback_at);
    EXPECT_FALSE(must(run(store->next_retry({channel::email}, soon()))));
    EXPECT_TRUE(claim_retries(now() + 4min).empty());
    const auto texts = claim_retries(now() + 6min);
    ASSERT_EQ(texts.size(), 1U);
    EXPECT_EQ(texts[0].channel, channel::sms);
    EXPECT_EQ(texts[0].reason, domain::reason::whatsapp_silent);
    record(done);
    EXPECT_TRUE(receipt(one, "undelivered"));
    EXPECT_TRUE(claim_retries(now() + 7min).empty());
    EXPECT_FALSE(must(run(store->next_retry(all_channels, soon()))));
    EXPECT_EQ(psql("select channel, state from punctual.delivery order by channel"), "sms|claimed\nwhatsapp|failed");
}

TEST_F(store_records, a_whatsapp_that_was_delivered_has_nothing_in_its_place) {
    const auto one = claim_one();
    auto done = outcome(one, delivery_state::accepted);
    done.provider_id = "SM1";
    done.fallback_at = now() + 5min;
    record(done);
    EXPECT_TRUE(receipt(one, "delivered"));
    EXPECT_TRUE(claim_retries(now() + 6min).empty());
    EXPECT_EQ(psql("select count(*) from punctual.delivery"), "1");
}

TEST_F(store_records, a_receipt_that_overtakes_the_answer_leaves_the_time_of_its_sms) {
    const auto one = claim_one();
    EXPECT_TRUE(receipt(one, "sent"));
    auto done = outcome(one, delivery_state::accepted);
    done.provider_id = "SM1";
    done.fallback_at = now() + 5min;
    record(done);
    EXPECT_EQ(claim_retries(now() + 6min).size(), 1U);
}

TEST_F(store_records, a_word_that_is_not_the_last_leaves_a_lost_answer_to_be_asked_after) {
    const auto one = claim_one();
    auto lost = outcome(one, delivery_state::retrying);
    lost.reason = domain::reason::outcome_unknown;
    lost.next_attempt_at = now() + 2s;
    record(lost);
    EXPECT_TRUE(receipt(one, "sent"));
    EXPECT_EQ(psql("select state, provider_id, provider_status, next_attempt_at is null from punctual.delivery"),
              "retrying|SM1|sent|f");
    // Whoever asks finds it bound, and writes down when its silence ends.
    const auto again = claim_retries(now() + 3s);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].reason, domain::reason::outcome_unknown);
}

TEST_F(store_records, a_word_that_is_not_the_last_leaves_a_claim_to_its_process) {
    const auto one = claim_one();
    EXPECT_TRUE(receipt(one, "queued"));
    EXPECT_EQ(psql("select state, provider_id, lease_until is null, claimed_by from punctual.delivery"),
              "claimed|SM1|f|one");
}

TEST_F(store_records, a_callback_about_the_number_puts_no_sms_in_its_place) {
    for (const auto* const code : {"21211", "21610", "21614", "21635"}) {
        const auto one = claim_one();
        EXPECT_TRUE(receipt(one, "undelivered", "SM" + std::string{code}, code));
    }
    EXPECT_EQ(psql("select count(*) from punctual.delivery where channel = 'sms'"), "0");
    EXPECT_EQ(psql("select count(*) from punctual.delivery where state = 'failed'"), "4");
}

// A provider's words cut within a character, as a client that counts bytes cuts them.
TEST_F(store_records, words_that_are_no_text_hold_nothing_else_up) {
    auto bad = outcome(claim_one(), delivery_state::failed);
    bad.error_text = "caf\xC3";
    bad.error_code = "63016";
    const auto good = outcome(claim_one(), delivery_state::accepted);
    const auto clock = net::make_system_clock(context);
    jobs::recorder recorder{*store, *clock, log};
    recorder.add(bad);
    recorder.add(good);
    net::task_group group{context.get_executor(), {}};
    group.spawn("recorder", recorder.run());
    EXPECT_TRUE(turn_until([&] { return recorder.pending() == 0; }));
    recorder.stop();
    run_group(context, group);
    EXPECT_EQ(state_of(bad.id), "failed");
    EXPECT_EQ(state_of(good.id), "accepted");
}

TEST_F(store_records, does_not_know_receipts_of_others) {
    domain::claimed_delivery nobody;
    nobody.id = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";
    EXPECT_FALSE(receipt(nobody, "delivered"));
    nobody.id = "'); drop table punctual.delivery; --";
    EXPECT_FALSE(receipt(nobody, "delivered"));
    EXPECT_TRUE(receipt(claim_one(), "a-word-of-tomorrow"));
}

TEST_F(store_records, keeps_a_webhook_once) {
    for (int twice = 0; twice < 2; ++twice) {
        must_do(run(store->record_webhook("twilio_status", "key-1", "MessageSid=SM1", soon())));
    }
    EXPECT_EQ(psql("select count(*), min(form) from punctual.webhook"), "1|MessageSid=SM1");
}

TEST_F(store_records, completes_an_open_visit_that_has_ended_and_no_other) {
    const auto ended = book(", status, duration_minutes", ", 'confirmed', 30");
    psql("update punctual.appointment set starts_at = now() - interval '31 minutes'");
    const auto running = book();
    EXPECT_TRUE(must(run(store->complete_appointment(ended, soon()))));
    EXPECT_FALSE(must(run(store->complete_appointment(ended, soon()))));
    EXPECT_FALSE(must(run(store->complete_appointment(running, soon()))));
    EXPECT_FALSE(must(run(store->complete_appointment(4711, soon()))));
    EXPECT_EQ(psql("select status from punctual.appointment order by id"), "completed\nscheduled");
}

TEST_F(store_records, lists_rooms_of_ended_and_cancelled_and_deleted_visits_until_they_have_ended) {
    const auto ended = book();
    const auto open = book();
    const auto gone = book();
    for (const auto id : {ended, open, gone}) {
        must_do(run(store->record_room(id, "RM" + std::to_string(id), soon())));
    }
    psql("update punctual.appointment set starts_at = now() - interval '4 hours' where id = " + std::to_string(ended) +
         "; delete from punctual.appointment where id = " + std::to_string(gone));
    const auto rooms = must(run(store->rooms_to_clean(now() - 2h, 10, soon())));
    ASSERT_EQ(rooms.size(), 2U);
    EXPECT_EQ(rooms[0].sid, "RM" + std::to_string(ended));
    must_do(run(store->record_room_ended(ended, "RMother", soon())));
    EXPECT_EQ(must(run(store->rooms_to_clean(now() - 2h, 10, soon()))).size(), 2U);
    must_do(run(store->record_room_ended(ended, "RM" + std::to_string(ended), soon())));
    EXPECT_EQ(must(run(store->rooms_to_clean(now() - 2h, 10, soon()))).size(), 1U);
}

TEST_F(store_records, reads_people_and_appointments_for_the_api) {
    const auto id = book();
    const auto patient = must(run(store->find_person(1, soon())));
    ASSERT_TRUE(patient);
    EXPECT_EQ(patient->role, domain::role::patient);
    EXPECT_EQ(must(run(store->find_person(3, soon())))->role, domain::role::practice_manager);
    EXPECT_FALSE(must(run(store->find_person(99, soon()))));

    const auto found = must(run(store->find_appointment(id, soon())));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->patient_email, "pat@example.com");
    EXPECT_EQ(found->image.psychologist, 2);
    EXPECT_THAT(found->room_name, testing::StartsWith("apt-" + std::to_string(id) + "-"));
    EXPECT_EQ(must(run(store->find_appointment(id, soon())))->room_name, found->room_name);
    EXPECT_FALSE(must(run(store->find_appointment(99, soon()))));
}

TEST_F(store_records, pages_through_what_comes) {
    const auto first = book();
    const auto second = book();
    const auto others = book();
    psql("update punctual.appointment set psychologist_id = 4 where id = " + std::to_string(others));
    const auto page = must(run(store->upcoming(2, now(), {}, 0, 1, soon())));
    ASSERT_EQ(page.size(), 1U);
    EXPECT_EQ(page[0].id, first);
    const auto rest = must(run(store->upcoming(2, now(), page[0].image.what.starts_at, page[0].id, 10, soon())));
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].id, second);
    EXPECT_EQ(must(run(store->upcoming({}, now(), {}, 0, 10, soon()))).size(), 3U);
}

TEST_F(store_records, lists_a_visit_until_its_end) {
    const auto id = book();
    const auto starts_at = [&](const std::string& when) {
        psql("update punctual.appointment set duration_minutes = 50, starts_at = now() " + when);
        return must(run(store->upcoming(2, now(), {}, 0, 10, soon())));
    };
    ASSERT_EQ(starts_at("- interval '49 minutes'").size(), 1U);
    EXPECT_EQ(starts_at("- interval '49 minutes'")[0].id, id);
    EXPECT_EQ(must(run(store->upcoming({}, now(), {}, 0, 10, soon()))).size(), 1U);
    EXPECT_TRUE(starts_at("- interval '51 minutes'").empty());
}

TEST_F(store_records, lists_deliveries_of_an_appointment) {
    const auto one = claim_one(channel::email);
    const auto listed = must(run(store->deliveries(one.appointment, soon())));
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].id, one.id);
    EXPECT_EQ(listed[0].kind, "reminder_1h");
    EXPECT_EQ(listed[0].state, "claimed");
    EXPECT_TRUE(listed[0].claimed_at);
    EXPECT_FALSE(listed[0].accepted_at);
}

TEST_F(store_records, reports_health_and_purges_what_is_old) {
    const auto late = claim_one();
    auto waiting = outcome(late, delivery_state::retrying);
    waiting.next_attempt_at = now() - 2min;
    record(waiting);
    settle_all();
    psql("update punctual.change set handled_at = handled_at - interval '30 days' where appointment_id is not null");
    const auto people_rows = psql("select count(*) from punctual.change where person_id is not null");
    const auto health = must(run(store->health(soon())));
    EXPECT_EQ(health.overdue, 1);
    EXPECT_LT(health.notify_queue_usage, 0.5);
    EXPECT_LT(std::chrono::abs(health.now - now()), 30s);
    must_do(run(store->purge(soon())));
    EXPECT_EQ(psql("select count(*) from punctual.change"), people_rows);
}

TEST_F(store_records, writes_many_callbacks_at_once_and_of_one_message_the_furthest) {
    const auto first = claim_one();
    const auto second = claim_one();
    std::vector<net::message_callback> came;
    const auto add = [&](const domain::delivery_id& id, std::string sid, std::string status) {
        net::message_callback one;
        one.key = sid + ":" + status;
        one.form = "MessageStatus=" + status;
        one.what = {.delivery = id, .provider_id = std::move(sid), .status = std::move(status), .error_code = {}};
        came.push_back(std::move(one));
    };
    add(first.id, "SM1", "delivered");
    add(second.id, "SM2", "sent");
    add("not-an-id", "SM3", "sent");
    add("0f8fad5b-d9cb-469f-a165-70867728950e", "SM4", "sent");
    add(first.id, "SM1", "sent");
    add(second.id, "SM2", "failed");
    const auto effects = must(run(store->record_callbacks(came, soon())));
    ASSERT_EQ(effects.size(), 6U);
    EXPECT_TRUE(effects[0].known);
    EXPECT_FALSE(effects[0].sms);
    EXPECT_TRUE(effects[1].known);
    EXPECT_FALSE(effects[2].known);
    EXPECT_FALSE(effects[3].known);
    EXPECT_TRUE(effects[5].sms);
    EXPECT_EQ(state_of(first.id), "delivered");
    EXPECT_EQ(state_of(second.id), "failed");
    EXPECT_EQ(psql("select count(*) from punctual.delivery where channel = 'sms' and state = 'retrying'"), "1");
    EXPECT_EQ(psql("select count(*) from punctual.webhook where source = 'message_status'"), "6");
    // Again: it changes nothing.
    const auto again = must(run(store->record_callbacks(came, soon())));
    EXPECT_FALSE(again[5].sms);
    EXPECT_EQ(psql("select count(*) from punctual.delivery where channel = 'sms'"), "1");
    EXPECT_EQ(psql("select count(*) from punctual.webhook"), "6");
}

}  // namespace
}  // namespace punctual::test
