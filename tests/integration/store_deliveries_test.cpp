// Claims, settlements, retries, leases and outcomes on a real database.

#include "support/sql_session.hpp"
#include "support/store_fixture.hpp"

#include <gmock/gmock.h>

#include <set>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using domain::channel;
using domain::delivery_state;
using domain::kind;

wall_time now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

class store_claims : public store_fixture {
protected:
    // A settlement of everything in the feed with these deliveries.
    claimed_list settle(net::feed_mark& at, std::vector<domain::planned_delivery> deliveries) {
        net::settlement what;
        for (const auto& change : look(at)) {
            what.entries.push_back(told_now(change));
        }
        what.deliveries = std::move(deliveries);
        return must(run(store->settle(std::move(what), lease(), soon())));
    }
};

TEST_F(store_claims, gives_everything_that_a_message_needs) {
    const auto id = book();
    const auto claimed = claim({planned(id, domain::reminder_kind(0), channel::whatsapp)}, lease("me", 30s));
    ASSERT_EQ(claimed.size(), 1U);
    const auto& one = claimed[0];
    EXPECT_EQ(one.appointment, id);
    EXPECT_EQ(one.kind, domain::reminder_kind(0));
    EXPECT_EQ(one.channel, channel::whatsapp);
    EXPECT_EQ(one.attempts, 1);
    EXPECT_EQ(one.recipient.id, 1);
    EXPECT_EQ(one.recipient.full_name, "Pat Ient");
    EXPECT_EQ(one.recipient.email, "pat@example.com");
    EXPECT_EQ(one.recipient.phone, "0412 345 678");
    EXPECT_EQ(one.recipient.time_zone, "Australia/Perth");
    EXPECT_TRUE(one.recipient.texts_enabled);
    EXPECT_TRUE(one.recipient.active);
    EXPECT_FALSE(one.recipient.opted_out);
    EXPECT_EQ(one.patient_name, "Pat Ient");
    EXPECT_EQ(one.psychologist_name, "Psy Cho");
    EXPECT_EQ(one.what.duration, 60min);
    EXPECT_THAT(one.room_name, testing::MatchesRegex("apt-[0-9]+-[0-9]+-[0-9a-f]+"));
    EXPECT_EQ(one.thread, "");
    EXPECT_GT(one.lease.until(), net::boot_now() + 20s);
    EXPECT_EQ(psql("select kind || ' ' || state || ' ' || claimed_by from punctual.delivery"),
              "reminder_24h claimed me");
}

TEST_F(store_claims, gives_each_row_once) {
    const auto id = book();
    EXPECT_EQ(claim({planned(id, domain::reminder_kind(0))}).size(), 1U);
    EXPECT_TRUE(claim({planned(id, domain::reminder_kind(0))}).empty());
}

TEST_F(store_claims, gives_each_row_to_one_of_two_daemons_at_once) {
    psql(
        "insert into punctual.appointment (id, patient_id, psychologist_id, starts_at) "
        "select i, 1, 2, now() + interval '1 day' from generate_series(1, 1000) i");
    auto other = net::postgres::make_client(context, log, options_for(server.conninfo()));
    work.spawn("other", other->run());
    ASSERT_TRUE(turn_until([&] { return other->connected() && client->connected(); }));
    const auto second = net::make_postgres_store(*other, rules);
    std::vector<domain::planned_delivery> wanted;
    for (domain::appointment_id id = 1; id <= 1000; ++id) {
        wanted.push_back(planned(id, domain::reminder_kind(0)));
    }
    auto backwards = wanted;
    std::ranges::reverse(backwards);
    std::optional<result<claimed_list>> one;
    std::optional<result<claimed_list>> two;
    auto first_task = store->claim(std::move(wanted), lease("one"), soon());
    auto second_task = second->claim(std::move(backwards), lease("two"), soon());
    work.spawn("one", store_into(std::move(first_task), one));
    work.spawn("two", store_into(std::move(second_task), two));
    ASSERT_TRUE(turn_until([&] { return one && two; }));
    std::set<domain::appointment_id> seen;
    for (const auto* list : {&*one, &*two}) {
        ASSERT_TRUE(*list) << list->error().message();
        for (const auto& claimed : **list) {
            EXPECT_TRUE(seen.insert(claimed.appointment).second);
        }
    }
    EXPECT_EQ(seen.size(), 1000U);
    other->stop();
    stop_client();
}

TEST_F(store_claims, refuses_what_was_cancelled_moved_or_deleted_since_it_was_planned) {
    const auto cancelled = book();
    const auto moved = book();
    const auto gone = book();
    psql("update punctual.appointment set status = 'cancelled' where id = " + std::to_string(cancelled));
    psql("update punctual.appointment set starts_at = starts_at + interval '1 hour' where id = " +
         std::to_string(moved));
    psql("delete from punctual.appointment where id = " + std::to_string(gone));
    EXPECT_TRUE(claim({planned(cancelled, domain::reminder_kind(0)), planned(moved, domain::reminder_kind(0)),
                       planned(gone, domain::reminder_kind(0))})
                    .empty());
    EXPECT_EQ(psql("select count(*) from punctual.delivery"), "0");
    EXPECT_EQ(claim({planned(moved, domain::reminder_kind(0), channel::email, 2)}).size(), 1U);
}

TEST_F(store_claims, writes_skipped_rows_down_without_giving_them_back) {
    auto skipped = planned(book(), domain::reminder_kind(0));
    skipped.state = delivery_state::skipped;
    skipped.reason = domain::reason::booked_inside_window;
    EXPECT_TRUE(claim({skipped}).empty());
    EXPECT_EQ(psql("select state || ' ' || reason || ' ' || attempts from punctual.delivery"),
              "skipped booked_inside_window 0");
}

TEST_F(store_claims, sends_to_the_clinic_as_recipient_nobody) {
    auto alert = planned(book(), kind::staff_alert);
    alert.recipient_role = domain::role::clinic;
    const auto claimed = claim({alert});
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(claimed[0].recipient.id, 0);
    EXPECT_TRUE(claimed[0].recipient.active);
    EXPECT_EQ(claimed[0].patient_name, "Pat Ient");
}

TEST_F(store_claims, keeps_the_name_of_a_room_across_a_reschedule) {
    const auto id = book();
    const auto first = claim({planned(id, domain::reminder_kind(0))});
    psql("update punctual.appointment set starts_at = starts_at + interval '1 day'");
    const auto second = claim({planned(id, domain::reminder_kind(0), channel::email, 2)});
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].room_name, first.at(0).room_name);
    EXPECT_EQ(second[0].thread, first[0].id);
}

TEST_F(store_claims, names_no_room_of_a_visit_in_person) {
    const auto claimed =
        claim({planned(book(", session_type, location", ", 'in_person', '1 High St'"), domain::reminder_kind(0))});
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(claimed[0].room_name, "");
    EXPECT_EQ(claimed[0].what.location, "1 High St");
}

TEST_F(store_claims, serves_the_others_when_one_row_is_odd) {
    const auto odd = book();
    const auto good = book();
    const auto huge = std::int64_t{9'007'199'254'740'993};
    psql(
        "alter table punctual.appointment alter patient_id drop not null; "
        "update punctual.appointment set patient_id = null where id = " +
        std::to_string(odd) +
        "; insert into punctual.appointment (id, patient_id, psychologist_id, starts_at) values (" +
        std::to_string(huge) +
        ", 1, 2, now() + interval '1 day'); "
        "update punctual.person set email = null, phone = null, time_zone = 'Nowhere/Land'");
    const auto claimed = claim({planned(odd, domain::reminder_kind(0), channel::email, 2),
                                planned(good, domain::reminder_kind(0)), planned(huge, domain::reminder_kind(0))});
    ASSERT_EQ(claimed.size(), 2U);
    const std::set<domain::appointment_id> ids{claimed[0].appointment, claimed[1].appointment};
    EXPECT_EQ(ids, (std::set<domain::appointment_id>{good, huge}));
    EXPECT_EQ(claimed[0].recipient.email, "");
}

TEST_F(store_claims, knows_a_stopped_number_however_it_is_written) {
    const auto id = book();
    psql("insert into punctual.opt_out (number) values ('+61412345678')");
    const auto text = claim({planned(id, domain::reminder_kind(0), channel::whatsapp)});
    ASSERT_EQ(text.size(), 1U);
    EXPECT_TRUE(text[0].recipient.opted_out);
    EXPECT_EQ(psql("select array_agg(punctual.opted_out(n)) from unnest(array['+61 412 345 678', '0061412345678', "
                   "'+61 (0)412 345 678', '+64 412 345 678', '0412345679', '', 'none']) n"),
              "{t,t,t,f,f,f,f}");
    EXPECT_EQ(psql("select punctual.opted_out(null)"), "f");
}

TEST_F(store_claims, settles_a_booking_once_for_two_daemons) {
    auto mine = mark();
    const auto id = book();
    auto theirs = mine;
    EXPECT_EQ(settle(mine, {planned(id, kind::confirmation)}).size(), 1U);
    EXPECT_TRUE(settle(theirs, {planned(id, kind::confirmation)}).empty());
    EXPECT_EQ(psql("select count(*) from punctual.change where handled_at is null and appointment_id is not null"),
              "0");
}

TEST_F(store_claims, leaves_an_appointment_that_moved_since_the_look_for_the_next_look) {
    auto at = mark();
    const auto id = book();
    const auto changes = look(at);
    psql("update punctual.appointment set starts_at = starts_at + interval '1 hour'");
    net::settlement stale;
    stale.entries.push_back(told_now(changes.at(0)));
    stale.deliveries.push_back(planned(id, kind::confirmation));
    EXPECT_TRUE(must(run(store->settle(std::move(stale), lease(), soon()))).empty());
    const auto again = look(at);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].version, 2);
    EXPECT_FALSE(again[0].told) << "nobody has been told of the first version";
    EXPECT_EQ(again[0].change_ids.size(), 2U);
}

TEST_F(store_claims, tells_a_reschedule_with_what_people_knew) {
    const auto id = book();
    settle_all();
    auto at = mark();
    psql("update punctual.appointment set starts_at = starts_at + interval '90 minutes'");
    const auto claimed = settle(at, {planned(id, kind::reschedule, channel::email, 2)});
    ASSERT_EQ(claimed.size(), 1U);
    ASSERT_TRUE(claimed[0].before);
    EXPECT_EQ(claimed[0].what.starts_at - claimed[0].before->starts_at, 90min);
    EXPECT_NE(claimed[0].room_name, "");
}

TEST_F(store_claims, a_deleted_appointment_s_cancellation_still_has_its_facts) {
    const auto id = book();
    settle_all();
    auto at = mark();
    psql("delete from punctual.appointment");
    auto to_psychologist = planned(id, kind::cancellation, channel::email, 2);
    to_psychologist.recipient_role = domain::role::psychologist;
    auto claimed = settle(at, {planned(id, kind::cancellation, channel::email, 2), to_psychologist});
    ASSERT_EQ(claimed.size(), 2U);
    const std::set<std::string> mails{claimed[0].recipient.email, claimed[1].recipient.email};
    EXPECT_EQ(mails, (std::set<std::string>{"pat@example.com", "psy@example.com"}));
    EXPECT_EQ(claimed[0].what.duration, 60min);
    EXPECT_EQ(claimed[0].patient_name, "Pat Ient");

    auto later = outcome(claimed[0], delivery_state::retrying);
    later.next_attempt_at = now();
    record(later);
    const auto again = claim_retries(now() + 1s);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].what.starts_at, claimed[0].what.starts_at);
    EXPECT_EQ(again[0].attempts, 2);
}

TEST_F(store_claims, an_sms_goes_in_place_of_a_cancellation_by_whatsapp) {
    const auto cancelled = book();
    const auto gone = book();
    settle_all();
    auto at = mark();
    psql("update punctual.appointment set status = 'cancelled' where id = " + std::to_string(cancelled) +
         "; delete from punctual.appointment where id = " + std::to_string(gone));
    const auto claimed = settle(at, {planned(cancelled, kind::cancellation, channel::whatsapp, 2),
                                     planned(gone, kind::cancellation, channel::whatsapp, 2)});
    ASSERT_EQ(claimed.size(), 2U);
    for (int twice = 0; twice < 2; ++twice) {
        for (const auto& one : claimed) {
            auto refused = outcome(one, delivery_state::failed);
            refused.sms_instead = domain::reason::whatsapp_failed;
            record(refused);
        }
    }
    EXPECT_EQ(psql("select count(*) from punctual.delivery s join punctual.delivery w using (appointment_id, kind, "
                   "recipient_id, recipient_role, version, due_at, useless_after, stood) "
                   "where s.channel = 'sms' and w.channel = 'whatsapp' and w.state = 'failed' "
                   "and s.state = 'retrying' and s.attempts = 0 and s.reason = 'whatsapp_failed'"),
              "2");
    EXPECT_EQ(psql("select count(*) from punctual.delivery"), "4");
    const auto texts = claim_retries(now() + 1s);
    ASSERT_EQ(texts.size(), 2U);
    for (const auto& text : texts) {
        EXPECT_EQ(text.channel, channel::sms);
        EXPECT_EQ(text.recipient.id, 1);
        EXPECT_EQ(text.what.duration, 60min);
        EXPECT_EQ(text.attempts, 1);
    }
}

TEST_F(store_claims, no_sms_goes_for_an_attempt_that_no_longer_holds_its_row) {
    const auto first = claim({planned(book(), domain::reminder_kind(0), channel::whatsapp)}, lease("one", 0s));
    ASSERT_EQ(must(run(store->take_abandoned(10, {}, lease("two"), soon()))).size(), 1U);
    auto late = outcome(first.at(0), delivery_state::failed);
    late.sms_instead = domain::reason::whatsapp_failed;
    record(late);
    EXPECT_EQ(psql("select channel, state from punctual.delivery"), "whatsapp|claimed");
}

TEST_F(store_claims, a_moved_and_cancelled_appointment_is_cancelled_as_people_knew_it) {
    const auto id = book();
    settle_all();
    const auto known = visits;
    auto at = mark();
    const auto stood = visits.at(id).starts_at;
    psql(
        "update punctual.appointment set starts_at = starts_at + interval '2 days', status = 'cancelled', "
        "cancellation_reason = 'ill'");
    const auto claimed = settle(at, {planned(id, kind::cancellation, channel::email, 2)});
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(claimed[0].what.starts_at, stood);
    EXPECT_EQ(claimed[0].cancellation_reason, "ill");
}

TEST_F(store_claims, unsent_rows_of_an_older_version_are_superseded) {
    const auto id = book();
    settle_all();
    auto waiting = planned(id, domain::reminder_kind(0));
    waiting.state = delivery_state::retrying;
    waiting.next_attempt_at = now() + 1h;
    claim({waiting});
    auto at = mark();
    psql("update punctual.appointment set starts_at = starts_at + interval '1 hour'");
    settle(at, {});
    EXPECT_EQ(psql("select state from punctual.delivery"), "superseded");
}

TEST_F(store_claims, whoever_went_out_of_an_appointment_is_told_though_it_moves_again) {
    const auto id = book();
    settle_all();
    auto at = mark();
    psql("update punctual.appointment set psychologist_id = 4");
    auto goodbye = planned(id, kind::cancellation, channel::email, 2);
    goodbye.recipient_role = domain::role::psychologist;
    goodbye.recipient = 2;
    goodbye.state = delivery_state::retrying;
    goodbye.next_attempt_at = now();
    EXPECT_TRUE(settle(at, {goodbye}).empty());
    psql("update punctual.appointment set starts_at = starts_at + interval '1 hour'");
    settle(at, {});
    const auto claimed = claim_retries(now() + 1s);
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(claimed[0].recipient.id, 2);
    EXPECT_EQ(claimed[0].psychologist_name, "Psy Cho");
}

TEST_F(store_claims, retries_come_when_due_and_the_most_useful_first) {
    std::vector<domain::planned_delivery> rows;
    for (int i = 0; i < 3; ++i) {
        auto one = planned(book(), domain::reminder_kind(0));
        one.state = delivery_state::retrying;
        one.next_attempt_at = now() - 1s;
        one.useless_after = now() + std::chrono::hours{3 - i};
        rows.push_back(one);
    }
    rows[0].next_attempt_at = now() + 1h;
    claim(rows);
    const auto next = must(run(store->next_retry(all_channels, soon())));
    ASSERT_TRUE(next);
    EXPECT_EQ(*next,
              rows[1].next_attempt_at < rows[2].next_attempt_at ? rows[1].next_attempt_at : rows[2].next_attempt_at);
    const auto claimed = claim_retries(now(), 1);
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(claimed[0].appointment, rows[2].appointment);
    EXPECT_EQ(claimed[0].attempts, 1);
    EXPECT_EQ(claim_retries(now()).size(), 1U);
    EXPECT_TRUE(claim_retries(now()).empty());
}

TEST_F(store_claims, retries_whose_time_passed_expire_and_those_of_cancelled_visits_are_superseded) {
    const auto late = book();
    const auto cancelled = book();
    auto one = planned(late, domain::reminder_kind(0));
    one.state = delivery_state::retrying;
    one.next_attempt_at = now() - 1s;
    one.useless_after = now() - 1s;
    auto two = planned(cancelled, domain::reminder_kind(0));
    two.state = delivery_state::retrying;
    two.next_attempt_at = now() - 1s;
    claim({one, two});
    psql("update punctual.appointment set status = 'completed' where id = " + std::to_string(cancelled));
    EXPECT_TRUE(claim_retries(now()).empty());
    EXPECT_EQ(psql("select state from punctual.delivery order by appointment_id"), "expired\nsuperseded");
}

TEST_F(store_claims, leaves_rows_of_a_kind_that_the_plan_does_not_know) {
    const auto id = book();
    psql(
        "insert into punctual.delivery (appointment_id, kind, channel, recipient_id, recipient_role, version, state, "
        "due_at, useless_after, next_attempt_at) values (" +
        std::to_string(id) +
        ", 'reminder_48h', 'email', 1, 'patient', 1, 'retrying', now(), now() + interval '1 hour', now())");
    EXPECT_TRUE(claim_retries(now() + 1s).empty());
    EXPECT_FALSE(must(run(store->next_retry(all_channels, soon()))));
    EXPECT_EQ(psql("select state from punctual.delivery"), "retrying");
}

TEST_F(store_claims, a_lease_that_ran_out_is_taken_over_by_one_other) {
    const auto first = claim({planned(book(), domain::reminder_kind(0))}, lease("one", 0s));
    ASSERT_EQ(first.size(), 1U);
    EXPECT_TRUE(must(run(store->renew({first[0].id}, lease("one"), soon()))).empty());
    const auto taken = must(run(store->take_abandoned(10, {}, lease("two"), soon())));
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].delivery.id, first[0].id);
    EXPECT_EQ(taken[0].delivery.attempts, 2);
    EXPECT_EQ(taken[0].delivery.reason, domain::reason::outcome_unknown);
    EXPECT_TRUE(must(run(store->take_abandoned(10, {}, lease("three"), soon()))).empty());

    auto late = outcome(first[0], delivery_state::retrying);
    late.next_attempt_at = now();
    record(late);
    EXPECT_EQ(state_of(first[0].id), "claimed") << "the process that lost it has no say";
}

TEST_F(store_claims, an_abandoned_mail_is_given_back_after_each_death_and_not_for_ever) {
    const auto first = claim({planned(book(), domain::reminder_kind(0))}, lease("one", 0s));
    for (int taken = 1; taken < 10; ++taken) {
        ASSERT_EQ(must(run(store->take_abandoned(10, {}, lease("two", 0s), soon()))).size(), 1U) << taken;
    }
    EXPECT_TRUE(must(run(store->take_abandoned(10, {}, lease("three"), soon()))).empty());
    EXPECT_EQ(state_of(first.at(0).id), "unconfirmed");
}

TEST_F(store_claims, a_lease_is_renewed_by_its_holder_alone) {
    const auto held = claim({planned(book(), domain::reminder_kind(0))}, lease("one", 30s));
    EXPECT_TRUE(must(run(store->renew({held.at(0).id}, lease("two"), soon()))).empty());
    EXPECT_THAT(must(run(store->renew({held[0].id}, lease("one"), soon()))), testing::ElementsAre(held[0].id));
    EXPECT_TRUE(must(run(store->take_abandoned(10, {}, lease("two"), soon()))).empty());
}

TEST_F(store_claims, an_abandoned_claim_of_a_moved_visit_stays_unconfirmed) {
    const auto first = claim({planned(book(), domain::reminder_kind(0))}, lease("one", 0s));
    psql("update punctual.appointment set starts_at = starts_at + interval '1 hour'");
    EXPECT_TRUE(must(run(store->take_abandoned(10, {}, lease("two"), soon()))).empty());
    EXPECT_EQ(state_of(first.at(0).id), "unconfirmed");
}

TEST_F(store_claims, retries_of_thousands_come_the_most_useful_first) {
    const auto id = book();
    const auto waiting = [&](std::string_view channel, std::string_view versions, std::string_view due) {
        psql(
            "insert into punctual.delivery (appointment_id, kind, channel, recipient_id, recipient_role, version, "
            "state, due_at, useless_after, next_attempt_at) select " +
            std::to_string(id) + ", 'reminder_24h', '" + std::string{channel} +
            "', v, 'patient', 1, 'retrying', now(), now() + interval '1 day' - v * interval '1 second', now() + v * "
            "interval '1 millisecond' + interval '" +
            std::string{due} + "' from generate_series(" + std::string{versions} + ") v");
    };
    const auto recipients = [&](std::size_t limit, std::vector<domain::channel> channels) {
        std::vector<std::int64_t> found;
        for (const auto& one :
             must(run(store->claim_retries(std::move(channels), now(), limit, lease("two"), soon())))) {
            found.push_back(one.recipient.id);
        }
        return found;
    };
    waiting("email", "1, 3000", "-1 hour");
    waiting("email", "3001, 6000", "1 hour");
    waiting("whatsapp", "1, 10", "-1 hour");
    EXPECT_EQ(recipients(3, {domain::channel::email}), (std::vector<std::int64_t>{3000, 2999, 2998}));
    EXPECT_EQ(recipients(2, {domain::channel::whatsapp, domain::channel::sms}), (std::vector<std::int64_t>{10, 9}));
    EXPECT_EQ(recipients(3, all_channels), (std::vector<std::int64_t>{2997, 2996, 2995}));
    // Few are due now, and thousands wait.
    psql(
        "update punctual.delivery set next_attempt_at = now() + interval '1 hour' where state = 'retrying' and "
        "recipient_id not in (5, 7, 11)");
    EXPECT_EQ(recipients(100, all_channels), (std::vector<std::int64_t>{11, 7, 7, 5, 5}));
}

TEST_F(store_claims, what_wrote_nothing_is_no_attempt) {
    const auto first = claim({planned(book(), domain::reminder_kind(0))}).at(0);
    auto released = outcome(first, delivery_state::retrying);
    released.next_attempt_at = now();
    released.tried = false;
    record(released);
    EXPECT_EQ(psql("select state, attempts, claims from punctual.delivery"), "retrying|0|1");
    const auto second = claim_retries(now() + 1s).at(0);
    EXPECT_EQ(second.attempts, 1);
    EXPECT_EQ(second.claim, 2);
    // The same once more, after its answer was lost: it is not of the claim that there is now.
    record(released);
    EXPECT_EQ(psql("select state, attempts, claims from punctual.delivery"), "claimed|1|2");
    record(outcome(second, delivery_state::accepted));
    EXPECT_EQ(psql("select state, attempts, claims from punctual.delivery"), "accepted|1|2");
}

// --- whose message is it -----------------------------------------------------------------------------

class store_bindings : public store_claims {
protected:
    domain::delivery_id unknown(std::size_t reminder) {
        const auto one = claim({planned(visit, domain::reminder_kind(reminder), domain::channel::whatsapp)}).at(0);
        psql("update punctual.delivery set reason = 'outcome_unknown' where id = '" + one.id + "'");
        return one.id;
    }
    net::message_binding bind(const domain::delivery_id& id, std::vector<std::string> candidates) {
        return must(run(store->bind_message(id, std::move(candidates), soon())));
    }

    domain::appointment_id visit = book();
};

TEST_F(store_bindings, give_each_message_to_one_delivery_the_oldest_first) {
    const auto first = unknown(0);
    const auto second = unknown(1);
    EXPECT_TRUE(bind(second, {"SM1", "SM2"}).wait);
    EXPECT_EQ(bind(first, {"SM1", "SM2"}).sid, "SM1");
    EXPECT_EQ(bind(second, {"SM1", "SM2"}).sid, "SM2");
    EXPECT_EQ(psql("select string_agg(provider_id, ' ' order by id) from punctual.delivery"), "SM1 SM2");
}

TEST_F(store_bindings, find_nothing_among_those_of_others) {
    const auto first = unknown(0);
    EXPECT_EQ(bind(first, {"SM1"}).sid, "SM1");
    const auto second = unknown(1);
    const auto none = bind(second, {"SM1"});
    EXPECT_TRUE(none.sid.empty());
    EXPECT_FALSE(none.wait);
    EXPECT_TRUE(bind(second, {}).sid.empty());
}

TEST_F(store_bindings, believe_the_callback_that_came_first) {
    const auto id = unknown(0);
    std::vector<net::message_callback> came(1);
    came[0].key = "SM5:sent";
    came[0].what = {.delivery = id, .provider_id = "SM5", .status = "sent", .error_code = {}};
    must(run(store->record_callbacks(std::move(came), soon())));
    EXPECT_EQ(bind(id, {"SM1"}).sid, "SM5");
}

TEST_F(store_bindings, wait_for_a_fresh_text_to_the_same_person) {
    const auto id = unknown(0);
    const auto fresh = claim({planned(visit, domain::reminder_kind(1), domain::channel::whatsapp)}).at(0);
    EXPECT_TRUE(bind(id, {"SM1"}).wait);
    auto done = outcome(fresh, delivery_state::accepted);
    done.provider_id = "SM1";
    record(done);
    const auto none = bind(id, {"SM1"});
    EXPECT_FALSE(none.wait);
    EXPECT_TRUE(none.sid.empty());
}

TEST_F(store_claims, a_process_gets_back_what_it_claimed_without_learning_of_it) {
    const auto known = claim({planned(book(), domain::reminder_kind(0))}, lease("one"));
    const auto unheard = claim({planned(book(), domain::reminder_kind(0))}, lease("one"));
    claim({planned(book(), domain::reminder_kind(0))}, lease("two"));
    const auto moved = claim({planned(book(), domain::reminder_kind(0))}, lease("one"));
    psql("update punctual.appointment set starts_at = starts_at + interval '1 hour' where id = " +
         std::to_string(moved.at(0).appointment));
    const auto back = must(run(store->reclaim({known.at(0).id}, lease("one"), soon())));
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(back[0].id, unheard.at(0).id);
    EXPECT_EQ(back[0].attempts, 1);
    EXPECT_EQ(back[0].reason, domain::reason::none);
    EXPECT_EQ(back[0].recipient.full_name, "Pat Ient");
    EXPECT_EQ(state_of(moved[0].id), "superseded");
    EXPECT_EQ(state_of(known[0].id), "claimed");
}

TEST_F(store_claims, what_is_got_back_after_an_unknown_outcome_stays_marked) {
    const auto first = claim({planned(book(), domain::reminder_kind(0))}, lease("one", 0s));
    ASSERT_EQ(must(run(store->take_abandoned(10, {}, lease("two"), soon()))).size(), 1U);
    const auto back = must(run(store->reclaim({}, lease("two"), soon())));
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(back[0].id, first.at(0).id);
    EXPECT_EQ(back[0].attempts, 2);
    EXPECT_EQ(back[0].reason, domain::reason::outcome_unknown);
    psql("update punctual.appointment set status = 'cancelled'");
    EXPECT_TRUE(must(run(store->reclaim({}, lease("two"), soon()))).empty());
    EXPECT_EQ(state_of(first[0].id), "unconfirmed");
}

}  // namespace
}  // namespace punctual::test
