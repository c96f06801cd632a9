// The SMS in the place of a silent WhatsApp message, as the claim gives it to its sender, and what Twilio has answered
// about that message written down as its callback would have been. On a real database.

#include "net/store/inbox.hpp"
#include "support/store_fixture.hpp"

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using domain::channel;
using domain::delivery_state;
using domain::reason;

wall_time now() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

class store_silence : public store_fixture {
protected:
    domain::claimed_delivery accepted(std::string sid = "SM1") {
        const auto one = claim({planned(book(), domain::reminder_kind(1), channel::whatsapp)}).at(0);
        auto done = outcome(one, delivery_state::accepted);
        done.provider_id = std::move(sid);
        done.fallback_at = now() + 5min;
        record(done);
        return one;
    }
    domain::claimed_delivery sms_of(const domain::claimed_delivery& /*whatsapp*/) {
        return claim_retries(now() + 6min).at(0);
    }
    // What Twilio has said of it, asked or by callback.
    void told(const domain::claimed_delivery& of, std::string status, std::string code = {}, std::string key = {}) {
        std::vector<net::message_callback> came(1);
        came[0].key = std::move(key);
        came[0].what = {
            .delivery = of.id, .provider_id = "SM1", .status = std::move(status), .error_code = std::move(code)};
        must(run(store->record_callbacks(std::move(came), soon())));
    }
    std::string rows() {
        return psql(
            "select channel, state, coalesce(reason, ''), coalesce(provider_status, '') from punctual.delivery "
            "order by channel desc, id");
    }
};

TEST_F(store_silence, gives_an_sms_the_message_that_it_stands_in_for) {
    const auto first = accepted();
    EXPECT_FALSE(first.in_place_of);
    const auto sms = sms_of(first);
    EXPECT_EQ(sms.reason, reason::whatsapp_silent);
    EXPECT_EQ(sms.in_place_of,
              (domain::replaced_message{.id = first.id, .state = delivery_state::accepted, .provider_id = "SM1"}));
}

TEST_F(store_silence, gives_it_as_it_is_when_the_sms_is_claimed_again) {
    const auto first = accepted();
    auto later = outcome(sms_of(first), delivery_state::retrying);
    later.next_attempt_at = now();
    record(later);
    told(first, "delivered", "", "SM1:delivered");
    const auto again = claim_retries(now() + 1s);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].in_place_of->state, delivery_state::delivered);
}

// `reason` says "outcome_unknown" then.
TEST_F(store_silence, gives_it_to_whoever_takes_the_sms_over) {
    const auto first = accepted();
    const auto sms = sms_of(first);
    psql("update punctual.delivery set lease_until = now() - interval '1 second' where id = '" + sms.id + "'");
    const auto taken = must(run(store->take_abandoned(10, {}, lease("three"), soon())));
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].delivery.reason, reason::outcome_unknown);
    EXPECT_EQ(taken[0].delivery.in_place_of->provider_id, "SM1");
}

TEST_F(store_silence, gives_none_to_an_sms_of_the_plan_nor_to_one_that_is_to_go_again) {
    const auto first = accepted();
    const auto own = claim({planned(first.appointment, domain::reminder_kind(2), channel::sms)}).at(0);
    EXPECT_FALSE(own.in_place_of);
    auto skipped = outcome(sms_of(first), delivery_state::skipped);
    skipped.reason = reason::whatsapp_delivered;
    record(skipped);
    const auto inbox = net::make_inbox(*client, domain::all_kind_names(rules));
    const auto sent = must(run(inbox->resend(first.appointment, skipped.id, 3, soon())));
    EXPECT_EQ(sent.verdict, net::resend_verdict::retrying);
    const auto again = claim_retries(now() + 1s);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].id, skipped.id);
    EXPECT_FALSE(again[0].in_place_of);
}

TEST_F(store_silence, gives_an_sms_the_message_that_failed) {
    const auto first = accepted();
    told(first, "undelivered", "63024", "SM1:undelivered");
    const auto texts = claim_retries(now() + 1s);
    ASSERT_EQ(texts.size(), 1U);
    EXPECT_EQ(texts[0].reason, reason::whatsapp_failed);
    EXPECT_EQ(texts[0].in_place_of->state, delivery_state::failed);
}

TEST_F(store_silence, writes_an_answer_as_its_callback_and_keeps_no_request_that_never_came) {
    const auto first = accepted();
    const auto sms = sms_of(first);
    told(first, "read");
    auto skipped = outcome(sms, delivery_state::skipped);
    skipped.reason = reason::whatsapp_delivered;
    skipped.tried = false;
    record(skipped);
    EXPECT_EQ(rows(), "whatsapp|delivered||read\nsms|skipped|whatsapp_delivered|");
    EXPECT_EQ(psql("select attempts from punctual.delivery where channel = 'sms'"), "0");
    EXPECT_EQ(psql("select delivered_at is not null from punctual.delivery where channel = 'whatsapp'"), "t");
    EXPECT_EQ(psql("select count(*) from punctual.webhook"), "0");
    // The callback after all, late, doubled, and an older one behind it.
    told(first, "read", "", "SM1:read");
    told(first, "read", "", "SM1:read");
    told(first, "sent", "", "SM1:sent");
    EXPECT_EQ(rows(), "whatsapp|delivered||read\nsms|skipped|whatsapp_delivered|");
    EXPECT_EQ(psql("select count(*) from punctual.webhook"), "2");
    EXPECT_TRUE(claim_retries(now() + 7min).empty());
}

TEST_F(store_silence, writes_a_failure_and_leaves_the_sms_that_there_is) {
    const auto first = accepted();
    const auto sms = sms_of(first);
    told(first, "undelivered", "63016");
    EXPECT_EQ(rows(), "whatsapp|failed||undelivered\nsms|claimed|whatsapp_silent|");
    auto done = outcome(sms, delivery_state::accepted);
    done.provider_id = "SM2";
    record(done);
    told(first, "undelivered", "63016", "SM1:undelivered");
    EXPECT_EQ(rows(), "whatsapp|failed||undelivered\nsms|accepted|whatsapp_silent|");
    EXPECT_EQ(psql("select error_code from punctual.delivery where channel = 'whatsapp'"), "63016");
    EXPECT_TRUE(claim_retries(now() + 7min).empty());
}

}  // namespace
}  // namespace punctual::test
