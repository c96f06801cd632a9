#include "component/http/api_fixture.hpp"

namespace punctual::http {
namespace {

// --- webhooks ---------------------------------------------------------------------------------------

TEST_F(http_api, writes_a_message_status_down_before_it_answers) {
    store.known_delivery = delivery;
    const auto answer = webhook(status_target, "MessageSid=SM1&MessageStatus=delivered&To=%2B61&ErrorCode=");
    EXPECT_EQ(answer.status, 204U);
    const std::vector<std::string> expected{"record_callbacks"};
    EXPECT_EQ(store.calls, expected);
    ASSERT_EQ(store.webhooks.size(), 1U);
    EXPECT_EQ(store.webhooks[0].source, "message_status");
    EXPECT_EQ(store.webhooks[0].key, "SM1:delivered");
    EXPECT_EQ(store.webhooks[0].form,
              "MessageSid=SM1&MessageStatus=delivered&To=%2B61&ErrorCode=&delivery=" + std::string{delivery});
    ASSERT_EQ(store.statuses.size(), 1U);
    EXPECT_EQ(store.statuses[0].delivery, delivery);
    EXPECT_EQ(store.statuses[0].provider_id, "SM1");
    EXPECT_EQ(store.statuses[0].status, "delivered");
}

TEST_F(http_api, tells_at_once_of_an_sms_in_place_of_a_message_that_failed) {
    store.known_delivery = delivery;
    EXPECT_EQ(webhook(status_target, "MessageSid=SM1&MessageStatus=sent").status, 204U);
    EXPECT_EQ(sms_written, 0);
    EXPECT_EQ(webhook(status_target, "MessageSid=SM1&MessageStatus=failed").status, 204U);
    EXPECT_EQ(sms_written, 1);
}

TEST_F(http_api, counts_a_status_of_no_delivery_and_is_content) {
    EXPECT_EQ(webhook(status_target, "MessageSid=SM1&MessageStatus=sent").status, 204U);
    EXPECT_EQ(
        webhook("/api/webhooks/twilio/messages/status/?delivery=1'--", "MessageSid=SM1&MessageStatus=sent").status,
        204U);
    EXPECT_EQ(webhook("/api/webhooks/twilio/messages/status/", "MessageSid=SM1&MessageStatus=sent").status, 204U);
    EXPECT_EQ(store.webhooks.size(), 3U);
    EXPECT_TRUE(metrics->text().contains("punctual_http_webhooks_unknown_total 3"));
}

TEST_F(http_api, refuses_webhooks_that_twilio_did_not_sign) {
    const std::string body = "MessageSid=SM1&MessageStatus=delivered";
    const auto form = net::twilio::parse_form(body).value();
    const auto signed_for = [&](std::string_view url) { return net::twilio::sign_request(auth_token, url, form); };
    const std::vector<std::string> signatures{
        "forged", signed_for("https://evil.example" + status_target),
        signed_for(settings.backend_url + status_target + "&x=1"),
        signed_for(settings.backend_url + "/api/webhooks/twilio/messages/status/"),
        net::twilio::sign_request("other token", settings.backend_url + status_target, form)};
    for (const auto& signature : signatures) {
        expect_problem(webhook(status_target, body, signature), 403, "bad_signature",
                       "The request is not signed by Twilio");
    }
    EXPECT_EQ(ask(method::post, status_target, 0, {{"content-type", "application/x-www-form-urlencoded"}}, body).status,
              403U);
    // Host and X-Forwarded-* are what a caller likes them to be.
    EXPECT_EQ(ask(method::post, status_target, 0,
                  {{"content-type", "application/x-www-form-urlencoded"},
                   {"host", "evil.example"},
                   {"x-forwarded-host", "evil.example"},
                   {"x-twilio-signature", signatures[1]}},
                  body)
                  .status,
              403U);
    EXPECT_TRUE(store.calls.empty());
}

TEST_F(http_api, refuses_every_webhook_without_an_auth_token) {
    settings.twilio_auth_token.clear();
    make();
    EXPECT_EQ(webhook(status_target, "MessageSid=SM1&MessageStatus=delivered").status, 403U);
    EXPECT_EQ(
        webhook(status_target, "A=1", net::twilio::sign_request("", settings.backend_url + status_target, {{"A", "1"}}))
            .status,
        403U);
}

TEST_F(http_api, gives_a_text_to_the_inbox_and_answers_with_empty_twiml) {
    inbox.effect.forward = true;
    const auto answer = webhook(inbound_target,
                                "MessageSid=SM2&From=whatsapp%3A%2B61412345678&To=whatsapp%3A%2B6140&"
                                "OriginalRepliedMessageSid=SM1&Body=please+call");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_TRUE(answer.content_type.starts_with("text/xml"));
    EXPECT_EQ(answer.body, R"(<?xml version="1.0" encoding="UTF-8"?><Response/>)");
    ASSERT_EQ(inbox.received.size(), 1U);
    const auto& came = inbox.received[0];
    EXPECT_EQ(came.key, "SM2");
    EXPECT_EQ(came.number, "+61412345678");
    EXPECT_EQ(came.sender, "whatsapp:+6140");
    EXPECT_EQ(came.replied_to, "SM1");
    EXPECT_EQ(came.intent, domain::inbound_intent::other);
    EXPECT_EQ(forwards, 1);
}

TEST_F(http_api, answers_a_confirmation_in_words_that_are_escaped) {
    inbox.effect = {.confirmed = visit, .locale = "zh", .forward = false};
    const auto answer = webhook(inbound_target, "MessageSid=SM2&From=%2B61412345678&To=%2B6140&Body=+c.%0A");
    EXPECT_EQ(answer.body, R"(<?xml version="1.0" encoding="UTF-8"?><Response><Message><Body>)"
                           "thank &lt;you&gt; zh</Body></Message></Response>");
    ASSERT_EQ(inbox.received.size(), 1U);
    EXPECT_EQ(inbox.received[0].intent, domain::inbound_intent::confirm);
    EXPECT_EQ(forwards, 0);
}

TEST_F(http_api, takes_a_button_and_twilio_s_own_word_before_the_text) {
    (void)webhook(inbound_target, "MessageSid=SM2&From=%2B61412345678&ButtonPayload=confirm&Body=Yes+I+will+come");
    (void)webhook(inbound_target, "MessageSid=SM3&From=%2B61412345678&OptOutType=STOP&Body=arret");
    (void)webhook(inbound_target, "MessageSid=SM4&From=SHORT&Body=hello");
    ASSERT_EQ(inbox.received.size(), 3U);
    EXPECT_EQ(inbox.received[0].intent, domain::inbound_intent::confirm);
    EXPECT_EQ(inbox.received[1].intent, domain::inbound_intent::stop);
    EXPECT_EQ(inbox.received[2].number, "");
}

TEST_F(http_api, keeps_the_number_that_a_callback_says_has_opted_out) {
    const std::string body = "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=21610&To=whatsapp%3A%2B61412345678";
    EXPECT_EQ(webhook(status_target, body).status, 204U);
    EXPECT_EQ(inbox.opted_out, std::vector<std::string>{"+61412345678"});
}

TEST_F(http_api, sends_a_delivery_again_for_staff_alone) {
    const auto target = "/api/appointments/123/deliveries/" + std::string{delivery} + "/resend/";
    inbox.answer = {.verdict = net::resend_verdict::retrying, .channel = domain::channel::sms};
    EXPECT_EQ(ask(method::post, target, patient).status, 403U);
    EXPECT_EQ(ask(method::post, target, psychologist).status, 403U);
    EXPECT_EQ(ask(method::post, target, stranger).status, 404U);
    EXPECT_EQ(ask(method::post, target).status, 401U);
    EXPECT_EQ(ask(method::get, target, admin).status, 405U);
    EXPECT_TRUE(inbox.resends.empty());
    const auto answer = ask(method::post, target, manager);
    EXPECT_EQ(answer.status, 202U);
    EXPECT_EQ(json(answer).at("state").as_string(), "retrying");
    ASSERT_EQ(inbox.resends.size(), 1U);
    EXPECT_EQ(inbox.resends[0], (std::tuple{visit, std::string{delivery}, manager}));
    EXPECT_EQ(sends, std::vector{domain::channel::sms});
}

TEST_F(http_api, says_why_a_delivery_is_not_sent_again) {
    using net::resend_verdict;
    const auto target = "/api/appointments/123/deliveries/" + std::string{delivery} + "/resend/";
    const auto ask_with = [&](resend_verdict verdict) {
        inbox.answer.verdict = verdict;
        return ask(method::post, target, admin);
    };
    expect_problem(ask_with(resend_verdict::not_found), 404, "not_found", "Delivery not found");
    expect_problem(ask_with(resend_verdict::under_way), 409, "under_way",
                   "The message is being sent, or waits for another try");
    expect_problem(ask_with(resend_verdict::superseded), 409, "superseded",
                   "The appointment was moved or cancelled since");
    expect_problem(ask_with(resend_verdict::too_late), 409, "too_late", "The message is of no use any more");
    expect_problem(ask_with(resend_verdict::not_this_plan), 409, "not_this_plan",
                   "The reminder plan has no such message any more");
    EXPECT_TRUE(sends.empty());
}

TEST_F(http_api, hands_the_events_of_a_room_on) {
    const std::string target = "/api/webhooks/twilio/rooms/status/";
    const std::string sid{room_sid};
    const auto body = "RoomSid=" + sid +
                      "&RoomName=apt-123-1-a&StatusCallbackEvent=participant-disconnected&SequenceNumber=4"
                      "&ParticipantSid=PA0123456789abcdef0123456789abcdef&ParticipantIdentity=456-p%40example.com"
                      "&ParticipantDuration=65&Timestamp=2026-11-23T09:10:00.250Z";
    EXPECT_EQ(webhook(target, body).status, 204U);
    EXPECT_EQ(webhook(target, "RoomSid=" + sid + "&RoomName=apt-123-1-a&StatusCallbackEvent=room-ended").status, 204U);
    ASSERT_EQ(room_events.taken.size(), 2U);
    const auto& first = room_events.taken[0];
    EXPECT_EQ(first.key, sid + ":4");
    EXPECT_EQ(first.form, body);
    EXPECT_EQ(first.appointment, 123);
    EXPECT_EQ(first.room_sid, sid);
    EXPECT_EQ(first.what, "participant-disconnected");
    EXPECT_EQ(first.person, 456);
    EXPECT_EQ(first.at, start + 10min + 250ms);
    EXPECT_EQ(first.stayed, 65s);
    EXPECT_EQ(room_events.taken[1].key, sid + ":room-ended");
}

TEST_F(http_api, drops_what_happens_to_tracks_before_the_database) {
    EXPECT_EQ(webhook("/api/webhooks/twilio/rooms/status/", "RoomSid=RM1&StatusCallbackEvent=track-added").status,
              204U);
    EXPECT_TRUE(room_events.taken.empty());
    EXPECT_TRUE(store.calls.empty());
}

}  // namespace
}  // namespace punctual::http
