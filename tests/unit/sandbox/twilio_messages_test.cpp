#include "sandbox/twilio_messages.hpp"

#include "sandbox/message_request.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace punctual::sandbox {
namespace {

using namespace std::chrono_literals;

const wall_time start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 14h};
constexpr auto hook = "http://localhost:8000/hook?delivery=11111111-2222-3333-4444-555555555555";

form sms(form more = {}) {
    form fields{{"To", "+61412345678"}, {"From", "+61480000000"}, {"Body", "Hello"}, {"StatusCallback", hook}};
    for (auto& [name, value] : more) {
        std::erase_if(fields, [&](const auto& each) { return each.first == name; });
        fields.emplace_back(name, value);
    }
    return fields;
}

form whatsapp(form more = {}) {
    form fields = sms({{"To", "whatsapp:+61412345678"}, {"From", "whatsapp:+61480000000"}});
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
}

struct twilio_messages_test : testing::Test {
    behaviours orders;
    inbox log;
    messaging_options options{.account_sid = "AC0123456789abcdef0123456789abcdef", .seed = 7, .step = 1s};

    twilio_messages make() { return {options, orders, log}; }
    static std::vector<std::string> statuses(twilio_messages& messages) {
        std::vector<std::string> found;
        for (const auto& each : messages.take_callbacks()) {
            const auto code = value_of(each.fields, "ErrorCode");
            found.push_back(value_of(each.fields, "MessageStatus") + (code.empty() ? "" : " " + code));
        }
        return found;
    }
    using words = std::vector<std::string>;
};

TEST_F(twilio_messages_test, queues_then_sends_then_delivers) {
    auto messages = make();
    const auto sid = messages.send(sms(), start).value()->sid;
    EXPECT_TRUE(is_sid(sid, "SM"));
    EXPECT_EQ(messages.fetch(sid).value()->status, "queued");
    messages.advance(start + 1s);
    EXPECT_EQ(messages.fetch(sid).value()->status, "sent");
    messages.advance(start + 2s);
    EXPECT_EQ(messages.fetch(sid).value()->status, "delivered");
    EXPECT_EQ(statuses(messages), (words{"sent", "delivered"}));
}

TEST_F(twilio_messages_test, calls_back_for_queued_only_behind_a_messaging_service) {
    auto messages = make();
    form fields{{"To", "+61412345678"},
                {"MessagingServiceSid", "MG0123456789abcdef0123456789abcdef"},
                {"Body", "Hello"},
                {"StatusCallback", hook}};
    EXPECT_EQ(messages.send(fields, start).value()->status, "accepted");
    messages.advance(start + 2s);
    EXPECT_EQ(statuses(messages), (words{"queued", "sent", "delivered"}));
}

TEST_F(twilio_messages_test, adds_read_for_whatsapp_when_receipts_are_on) {
    options.read_receipts = true;
    auto messages = make();
    ASSERT_TRUE(messages.send(whatsapp(), start));
    ASSERT_TRUE(messages.send(sms(), start));
    messages.advance(start + 10s);
    EXPECT_EQ(statuses(messages), (words{"sent", "sent", "delivered", "delivered", "read"}));
}

TEST_F(twilio_messages_test, has_no_date_of_sending_before_it_is_sent) {
    auto messages = make();
    const auto sid = messages.send(sms(), start).value()->sid;
    EXPECT_FALSE(messages.fetch(sid).value()->sent_at);
    message_filter dated;
    dated.sent_from = start - 24h;
    EXPECT_TRUE(messages.list(dated, 10).empty());
    messages.advance(start + 1s);
    EXPECT_EQ(messages.list(dated, 10).size(), 1U);
}

TEST_F(twilio_messages_test, lists_newest_first_by_recipient) {
    auto messages = make();
    const auto first = messages.send(sms(), start).value()->sid;
    const auto second = messages.send(sms(), start).value()->sid;
    ASSERT_TRUE(messages.send(whatsapp(), start));
    message_filter filter;
    filter.to = "+61412345678";
    const auto listed = messages.list(filter, 10);
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(listed[0]->sid, second);
    EXPECT_EQ(listed[1]->sid, first);
}

TEST_F(twilio_messages_test, goes_on_behind_the_last_one_seen) {
    auto messages = make();
    const auto first = messages.send(sms(), start).value()->sid;
    const auto second = messages.send(sms(), start).value()->sid;
    message_filter filter;
    filter.after = second;
    const auto listed = messages.list(filter, 10);
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0]->sid, first);
}

TEST_F(twilio_messages_test, fails_free_whatsapp_text_outside_the_window_later) {
    options.strict_window = true;
    auto messages = make();
    ASSERT_TRUE(messages.send(whatsapp(), start));
    messages.advance(start + 5s);
    EXPECT_EQ(statuses(messages), (words{"undelivered 63016"}));
}

TEST_F(twilio_messages_test, delivers_free_text_for_a_day_after_the_person_wrote) {
    options.strict_window = true;
    auto messages = make();
    ASSERT_TRUE(messages.receive(domain::channel::whatsapp, "+61412345678", "+61480000000", "hi", start));
    ASSERT_TRUE(messages.send(whatsapp(), start + 23h));
    ASSERT_TRUE(messages.send(whatsapp(), start + 24h));
    messages.advance(start + 25h);
    EXPECT_EQ(statuses(messages), (words{"sent", "delivered", "undelivered 63016"}));
}

TEST_F(twilio_messages_test, delivers_templates_outside_the_window) {
    options.strict_window = true;
    auto messages = make();
    auto fields = whatsapp({{"ContentSid", "HX0123456789abcdef0123456789abcdef"}});
    ASSERT_TRUE(messages.send(fields, start));
    messages.advance(start + 5s);
    EXPECT_EQ(statuses(messages), (words{"sent", "delivered"}));
}

TEST_F(twilio_messages_test, fills_a_known_template_without_reading_the_values_again) {
    auto messages = make();
    messages.add_template("HX0123456789abcdef0123456789abcdef", "Dear {{1}}, at {{2}}");
    const form fields{{"To", "whatsapp:+61412345678"},
                      {"From", "whatsapp:+61480000000"},
                      {"ContentSid", "HX0123456789abcdef0123456789abcdef"},
                      {"ContentVariables", R"({"1":"{{1}} Ann","2":"10:00"})"}};
    EXPECT_EQ(messages.send(fields, start).value()->body, "Dear {{1}} Ann, at 10:00");
}

TEST_F(twilio_messages_test, refuses_sms_to_someone_who_wrote_stop_until_start) {
    auto messages = make();
    ASSERT_TRUE(messages.receive(domain::channel::sms, "+61412345678", "+61480000000", " Stop ", start));
    EXPECT_EQ(messages.send(sms(), start).error().code, 21610);
    ASSERT_TRUE(messages.receive(domain::channel::sms, "+61412345678", "+61480000000", "START", start));
    EXPECT_TRUE(messages.send(sms(), start));
}

TEST_F(twilio_messages_test, takes_cancel_as_a_stop_word_but_not_a_sentence_with_it) {
    auto messages = make();
    ASSERT_TRUE(messages.receive(domain::channel::sms, "+61412345678", "+61480000000", "please cancel", start));
    EXPECT_TRUE(messages.send(sms(), start));
    ASSERT_TRUE(messages.receive(domain::channel::sms, "+61412345678", "+61480000000", "cancel", start));
    EXPECT_EQ(messages.send(sms(), start).error().code, 21610);
}

TEST_F(twilio_messages_test, finds_an_opt_out_behind_a_messaging_service_after_the_answer) {
    auto messages = make();
    orders.refuse_number("+61412345678", 21610);
    const form fields{{"To", "+61412345678"},
                      {"MessagingServiceSid", "MG0123456789abcdef0123456789abcdef"},
                      {"Body", "Hello"},
                      {"StatusCallback", hook}};
    ASSERT_TRUE(messages.send(fields, start));
    messages.advance(start + 5s);
    EXPECT_EQ(statuses(messages), (words{"queued", "failed 21610"}));
}

TEST_F(twilio_messages_test, refuses_a_landline_at_once_as_ordered) {
    auto messages = make();
    orders.refuse_number("+61412345678", 21614);
    EXPECT_EQ(messages.send(sms(), start).error().code, 21614);
    EXPECT_EQ(log.size(), 0U);
}

TEST_F(twilio_messages_test, ends_as_ordered_and_only_as_often) {
    auto messages = make();
    message_fate fate;
    fate.channel = domain::channel::whatsapp;
    fate.status = "undelivered";
    fate.code = 63024;
    orders.add(fate);
    ASSERT_TRUE(messages.send(sms(), start));
    ASSERT_TRUE(messages.send(whatsapp(), start));
    ASSERT_TRUE(messages.send(whatsapp(), start));
    messages.advance(start + 1s);
    EXPECT_EQ(statuses(messages), (words{"sent", "sent", "sent"}));
    messages.advance(start + 2s);
    EXPECT_EQ(statuses(messages), (words{"delivered", "undelivered 63024", "delivered"}));
}

TEST_F(twilio_messages_test, stays_silent_as_ordered) {
    auto messages = make();
    message_fate fate;
    fate.status = "queued";
    orders.add(fate);
    ASSERT_TRUE(messages.send(sms(), start));
    messages.advance(start + 24h);
    EXPECT_TRUE(statuses(messages).empty());
}

TEST_F(twilio_messages_test, gives_an_sms_up_when_its_validity_has_passed) {
    auto messages = make();
    message_fate late;
    late.delay = 1h;
    orders.add(late);
    ASSERT_TRUE(messages.send(sms({{"ValidityPeriod", "600"}}), start));
    messages.advance(start + 2h);
    EXPECT_EQ(statuses(messages), (words{"undelivered 30036"}));
}

TEST_F(twilio_messages_test, logs_the_delivery_id_of_the_callback) {
    auto messages = make();
    ASSERT_TRUE(messages.send(sms(), start));
    const auto* record = log.find(1);
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->delivery_id, "11111111-2222-3333-4444-555555555555");
    EXPECT_EQ(record->to, "+61412345678");
    EXPECT_EQ(record->received_at, start);
}

TEST_F(twilio_messages_test, forgets_the_oldest_beyond_its_memory) {
    options.remembered = 2;
    auto messages = make();
    const auto first = messages.send(sms(), start).value()->sid;
    const auto second = messages.send(sms(), start).value()->sid;
    const auto third = messages.send(sms(), start).value()->sid;
    EXPECT_EQ(messages.fetch(first).error().code, 20404);
    EXPECT_EQ(messages.fetch(second).value()->sid, second);
    EXPECT_EQ(messages.fetch(third).value()->sid, third);
}

TEST_F(twilio_messages_test, hands_an_incoming_message_to_the_webhook) {
    options.inbound_url = "http://localhost:8000/inbound";
    auto messages = make();
    ASSERT_TRUE(messages.receive(domain::channel::whatsapp, "+61412345678", "+61480000000", "C", start));
    const auto sent = messages.take_callbacks();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].url, "http://localhost:8000/inbound");
    EXPECT_EQ(value_of(sent[0].fields, "From"), "whatsapp:+61412345678");
    EXPECT_EQ(value_of(sent[0].fields, "WaId"), "61412345678");
    EXPECT_EQ(value_of(sent[0].fields, "Body"), "C");
}

struct refusal_case {
    form fields;
    int code;
};

class message_refusal : public testing::TestWithParam<refusal_case> {};

TEST_P(message_refusal, has_twilios_code) {
    const auto read = read_message_request(GetParam().fields);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, GetParam().code);
    EXPECT_EQ(read.error().status, 400U);
}

INSTANTIATE_TEST_SUITE_P(
    codes, message_refusal,
    testing::Values(
        refusal_case{sms({{"To", ""}}), 21604}, refusal_case{sms({{"From", ""}}), 21603},
        refusal_case{sms({{"Body", ""}}), 21602}, refusal_case{sms({{"To", "0412345678"}}), 21211},
        refusal_case{sms({{"To", "+0412345678"}}), 21211}, refusal_case{sms({{"To", "whatsapp:0412345678"}}), 21211},
        refusal_case{sms({{"To", "whatsapp:+61412345678"}}), 21910},
        refusal_case{sms({{"From", "whatsapp:+61480000000"}}), 21910},
        refusal_case{sms({{"To", "whatsapp:+61412345678"}, {"From", "whatsapp:clinic"}}), 63007},
        refusal_case{sms({{"From", "+"}}), 21212}, refusal_case{sms({{"Body", std::string(1601, 'a')}}), 21617},
        refusal_case{sms({{"ContentSid", "HX1"}}), 21655}, refusal_case{sms({{"ContentVariables", "{1:2}"}}), 21656},
        refusal_case{sms({{"ContentVariables", R"({"1":2})"}}), 21656},
        refusal_case{sms({{"ValidityPeriod", "0"}}), 90014}, refusal_case{sms({{"ValidityPeriod", "36001"}}), 90007},
        refusal_case{sms({{"StatusCallback", "http://my_host/"}}), 21609}));

TEST(message_request, takes_an_alphanumeric_sender) {
    EXPECT_TRUE(read_message_request(sms({{"From", "My Clinic"}})));
}

TEST(sms_segments, counts_gsm_and_unicode_parts) {
    EXPECT_EQ(sms_segments(std::string(160, 'a')), 1U);
    EXPECT_EQ(sms_segments(std::string(161, 'a')), 2U);
    EXPECT_EQ(sms_segments(std::string(80, '[')), 1U);
    EXPECT_EQ(sms_segments(std::string(81, '[')), 2U);
    EXPECT_EQ(sms_segments(std::string(70, 'a') + "\xE2\x80\x99"), 2U);
}

}  // namespace
}  // namespace punctual::sandbox
