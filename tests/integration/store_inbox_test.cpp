// What people write to us, and messages that staff want sent again, on a real database.

#include "net/store/inbox.hpp"

#include "support/store_fixture.hpp"

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using domain::channel;
using domain::delivery_state;
using domain::inbound_intent;
using net::resend_verdict;

constexpr const char* number = "+61412345678";  // of person 1, who wrote it as 0412 345 678
constexpr const char* sender = "whatsapp:+61480000001";

class store_inbox : public store_fixture {
protected:
    net::inbound_effect write(inbound_intent intent, const std::string& key = "SM1", const std::string& from = number,
                              const std::string& to = sender, const std::string& replied_to = {}) {
        net::inbound_message what{
            .key = key, .form = "Body=x", .number = from, .sender = to, .replied_to = replied_to, .intent = intent};
        return must(run(inbox->receive(std::move(what), soon())));
    }
    // A visit of which a text has been accepted.
    domain::appointment_id told_visit(const std::string& sid) {
        const auto id = book();
        auto done =
            outcome(claim({planned(id, domain::reminder_kind(1), channel::whatsapp)}).at(0), delivery_state::accepted);
        done.provider_id = sid;
        record(done);
        return id;
    }
    std::string status_of(domain::appointment_id id) {
        return psql("select status from punctual.appointment where id = " + std::to_string(id));
    }
    bool stopped() { return psql("select punctual.opted_out('0412 345 678')") == "t"; }
    net::resent resend(const domain::claimed_delivery& what, domain::appointment_id of) {
        return must(run(inbox->resend(of, what.id, 3, soon())));
    }

    std::unique_ptr<net::inbox> inbox = net::make_inbox(*client, domain::all_kind_names(rules));
};

TEST_F(store_inbox, stop_holds_for_the_number_until_start_takes_it_back) {
    EXPECT_FALSE(write(inbound_intent::stop).forward);
    EXPECT_TRUE(stopped());
    EXPECT_EQ(psql("select sender, source from punctual.opt_out"), std::string{sender} + "|inbound");
    write(inbound_intent::start, "SM2");
    EXPECT_FALSE(stopped());
    write(inbound_intent::stop, "SM3");
    EXPECT_TRUE(stopped());
}

TEST_F(store_inbox, an_old_stop_that_comes_again_stops_nothing) {
    write(inbound_intent::stop);
    write(inbound_intent::start, "SM2");
    write(inbound_intent::stop, "SM1");
    EXPECT_FALSE(stopped());
}

TEST_F(store_inbox, start_at_one_sender_leaves_the_stop_at_another) {
    write(inbound_intent::stop, "SM1", number, "+61480000002");
    write(inbound_intent::start, "SM2");
    EXPECT_TRUE(stopped());
    write(inbound_intent::start, "SM3", number, "+61480000002");
    EXPECT_FALSE(stopped());
}

TEST_F(store_inbox, what_a_provider_refuses_is_a_stop_that_any_start_takes_back) {
    ASSERT_TRUE(run(inbox->opt_out(number, soon())));
    ASSERT_TRUE(run(inbox->opt_out(number, soon())));
    EXPECT_TRUE(stopped());
    EXPECT_EQ(psql("select source from punctual.opt_out"), "21610");
    write(inbound_intent::start);
    EXPECT_FALSE(stopped());
}

TEST_F(store_inbox, c_confirms_the_visit_that_the_newest_text_told_of) {
    const auto first = told_visit("SMa");
    const auto second = told_visit("SMb");
    const auto effect = write(inbound_intent::confirm);
    EXPECT_EQ(effect.confirmed, second);
    EXPECT_FALSE(effect.forward);
    EXPECT_EQ(status_of(second), "confirmed");
    EXPECT_EQ(status_of(first), "scheduled");
}

TEST_F(store_inbox, c_confirms_the_visit_whose_message_it_answers) {
    const auto first = told_visit("SMa");
    const auto second = told_visit("SMb");
    EXPECT_EQ(write(inbound_intent::confirm, "SM1", number, sender, "SMa").confirmed, first);
    EXPECT_EQ(status_of(second), "scheduled");
}

TEST_F(store_inbox, c_that_comes_twice_is_answered_alike_and_changes_nothing_more) {
    const auto id = told_visit("SMa");
    write(inbound_intent::confirm);
    psql("update punctual.appointment set status = 'scheduled'");
    EXPECT_EQ(write(inbound_intent::confirm).confirmed, id);
    EXPECT_EQ(status_of(id), "scheduled");
}

TEST_F(store_inbox, c_of_somebody_who_was_told_of_nothing_goes_to_the_clinic) {
    const auto id = book();
    EXPECT_TRUE(write(inbound_intent::confirm).forward);
    told_visit("SMa");
    EXPECT_TRUE(write(inbound_intent::confirm, "SM2", "+61411111111").forward);
    psql("update punctual.appointment set starts_at = now() - interval '1 minute'");
    EXPECT_TRUE(write(inbound_intent::confirm, "SM3").forward);
    EXPECT_EQ(status_of(id), "scheduled");
}

TEST_F(store_inbox, confirming_tells_nobody_of_a_change) {
    told_visit("SMa");
    auto at = mark();
    write(inbound_intent::confirm);
    const auto changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].version, 1);
}

TEST_F(store_inbox, one_of_two_forwards_a_message_and_the_other_takes_over_what_it_left) {
    write(inbound_intent::other);
    const auto taken = must(run(inbox->take_unread(10, 60s, soon())));
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].key, "SM1");
    EXPECT_EQ(taken[0].number, number);
    EXPECT_EQ(taken[0].people, std::vector<std::string>{"Pat Ient"});
    EXPECT_TRUE(must(run(inbox->take_unread(10, 60s, soon()))).empty());
    psql("update punctual.webhook set lease_until = now() - interval '1 second'");
    EXPECT_EQ(must(run(inbox->take_unread(10, 60s, soon()))).size(), 1U);
    ASSERT_TRUE(run(inbox->mark_forwarded("SM1", soon())));
    psql("update punctual.webhook set lease_until = null");
    EXPECT_TRUE(must(run(inbox->take_unread(10, 60s, soon()))).empty());
}

TEST_F(store_inbox, a_message_of_nobody_we_know_is_forwarded_too) {
    write(inbound_intent::other, "SM1", "");
    write(inbound_intent::stop, "SM2", "");
    const auto taken = must(run(inbox->take_unread(10, 60s, soon())));
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_TRUE(taken[0].people.empty());
}

TEST_F(store_inbox, sends_a_finished_delivery_again_from_the_start) {
    const auto id = book();
    const auto one = claim({planned(id, domain::reminder_kind(1), channel::email)}).at(0);
    EXPECT_EQ(resend(one, id).verdict, resend_verdict::under_way);
    auto failed = outcome(one, delivery_state::failed);
    failed.error_code = "550";
    record(failed);
    const auto again = resend(one, id);
    EXPECT_EQ(again.verdict, resend_verdict::retrying);
    EXPECT_EQ(again.channel, channel::email);
    EXPECT_EQ(psql("select state, attempts, error_code is null, next_attempt_at <= now(), resent_by, "
                   "resent_at is not null from punctual.delivery"),
              "retrying|0|t|t|3|t");
    EXPECT_EQ(resend(one, id).verdict, resend_verdict::under_way);
}

TEST_F(store_inbox, does_not_send_again_what_is_no_longer_true_or_of_use) {
    const auto id = book();
    const auto one = claim({planned(id, domain::reminder_kind(1), channel::email)}).at(0);
    record(outcome(one, delivery_state::accepted));
    EXPECT_EQ(resend(one, id + 1).verdict, resend_verdict::not_found);
    net::inbox& desk = *inbox;
    EXPECT_EQ(must(run(desk.resend(id, "no-uuid", 3, soon()))).verdict, resend_verdict::not_found);
    psql("update punctual.delivery set useless_after = now() - interval '1 second'");
    EXPECT_EQ(resend(one, id).verdict, resend_verdict::too_late);
    psql("update punctual.appointment set starts_at = starts_at + interval '1 hour'");
    EXPECT_EQ(resend(one, id).verdict, resend_verdict::superseded);
    psql("update punctual.delivery set kind = 'reminder_of_old'");
    EXPECT_EQ(resend(one, id).verdict, resend_verdict::not_this_plan);
    EXPECT_EQ(psql("select state from punctual.delivery"), "accepted");
}

// Exactly a day, by the database's clock: in one transaction it stands still.
TEST_F(store_inbox, a_conversation_is_open_for_a_day_to_the_microsecond) {
    const auto open = [this](const std::string& ago) {
        const auto out =
            psql("begin; delete from punctual.last_inbound; insert into punctual.last_inbound values ('" +
                 std::string{number} + "', '" + sender + "', now() - " + ago +
                 "); select 'open: ' || coalesce(punctual.open_conversations('0412 345 678', now()), '-'); "
                 "commit");
        return out.substr(out.find("open: ") + 6, out.find('\n', out.find("open: ")) - out.find("open: ") - 6);
    };
    EXPECT_EQ(open("interval '24 hours'"), "-");
    EXPECT_EQ(open("(interval '24 hours' - interval '1 microsecond')"), std::string{number} + " " + sender + " true");
}

TEST_F(store_inbox, a_claim_tells_with_whom_a_conversation_is_open) {
    const auto conversations = [this](channel by) {
        return claim({planned(book(), domain::reminder_kind(1), by)}).at(0).conversations;
    };
    EXPECT_TRUE(conversations(channel::whatsapp).empty());
    write(inbound_intent::other);
    write(inbound_intent::other, "SM2", "+61400000009");
    write(inbound_intent::other, "SM3", number, "+61480000001");
    EXPECT_EQ(conversations(channel::whatsapp), (std::vector<domain::conversation>{{number, sender, true}}))
        << "nobody else's, and none by SMS";
    EXPECT_TRUE(conversations(channel::sms).empty());
    psql("update punctual.last_inbound set at = now() - interval '24 hours'");
    EXPECT_TRUE(conversations(channel::whatsapp).empty());
}

TEST_F(store_inbox, a_text_of_unknown_outcome_is_looked_for_as_it_was_when_it_was_tried) {
    write(inbound_intent::other);
    const auto first = claim({planned(book(), domain::reminder_kind(1), channel::whatsapp)}).at(0);
    ASSERT_EQ(first.conversations.size(), 1U);
    psql(
        "update punctual.delivery set lease_until = now() - interval '1 second', created_at = now() - interval '1 "
        "hour'");
    psql("update punctual.last_inbound set at = now() - interval '24 hours 30 minutes'");
    const auto again = must(run(store->take_abandoned(10, {}, lease("two"), soon())));
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].delivery.conversations, (std::vector<domain::conversation>{{number, sender, false}}));
}

TEST_F(store_inbox, an_old_conversation_is_forgotten) {
    write(inbound_intent::other);
    psql("update punctual.last_inbound set at = now() - interval '3 days'");
    must_do(run(store->purge(soon())));
    EXPECT_EQ(psql("select count(*) from punctual.last_inbound"), "0");
}

}  // namespace
}  // namespace punctual::test
