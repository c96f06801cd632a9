#include "net/twilio/form.hpp"
#include "net/twilio/make_rooms.hpp"
#include "net/twilio/text_request.hpp"

#include <gtest/gtest.h>

namespace punctual::net::twilio {
namespace {

using domain::channel;

const senders all_senders{"+14155238886", "+61480000000", "MG00000000000000000000000000000001"};

text_message sms() {
    text_message what;
    what.channel = channel::sms;
    what.to = "+61412345678";
    what.body = "See you at 9";
    return what;
}

TEST(form, encodes_all_but_the_unreserved) {
    EXPECT_EQ(form{}.add("a b", "+").add("c", "").str(), "a%20b=%2B&c=");
}

TEST(text_request, an_sms_goes_by_the_messaging_service_when_there_is_one) {
    auto what = sms();
    what.validity = std::chrono::seconds{600};
    what.status_callback = "https://b.example/status/?delivery=1";
    EXPECT_EQ(message_form(all_senders, what).value(),
              "To=%2B61412345678&MessagingServiceSid=MG00000000000000000000000000000001&Body=See%20you%20at%209&"
              "ValidityPeriod=600&StatusCallback=https%3A%2F%2Fb.example%2Fstatus%2F%3Fdelivery%3D1");
}

TEST(text_request, an_sms_goes_from_the_number_without_a_service) {
    EXPECT_EQ(message_form({"", "+61480000000", ""}, sms()).value(),
              "To=%2B61412345678&From=%2B61480000000&Body=See%20you%20at%209");
}

TEST(text_request, the_validity_keeps_to_twilios_bounds) {
    auto what = sms();
    what.validity = std::chrono::hours{24};
    EXPECT_TRUE(message_form(all_senders, what).value().ends_with("&ValidityPeriod=36000"));
}

TEST(text_request, whatsapp_has_its_prefix_on_both_ends_and_the_template_without_a_body) {
    text_message what;
    what.to = "+61412345678";
    what.body = "not sent";
    what.content_sid = "HX1";
    what.content_variables = {{"1", "Ann \"A\""}, {"2", "9:00"}};
    EXPECT_EQ(message_form(all_senders, what).value(),
              "To=whatsapp%3A%2B61412345678&From=whatsapp%3A%2B14155238886&ContentSid=HX1&ContentVariables="
              "%7B%221%22%3A%22Ann%20%5C%22A%5C%22%22%2C%222%22%3A%229%3A00%22%7D");
}

TEST(text_request, a_prefix_in_the_configuration_is_not_doubled) {
    EXPECT_EQ(address(channel::whatsapp, "whatsapp:+14155238886"), "whatsapp:+14155238886");
    EXPECT_EQ(address(channel::sms, "whatsapp:+14155238886"), "+14155238886");
}

TEST(text_request, a_channel_without_sender_has_no_form) {
    EXPECT_FALSE(message_form({"", "+61480000000", ""}, text_message{}));
    EXPECT_FALSE(message_form({"+1", "", ""}, sms()));
}

TEST(room_request, says_everything_that_a_default_could_spoil) {
    room_options options;
    options.status_callback = "https://b.example/";
    EXPECT_EQ(
        room_form(options, "apt-1-2-ab"),
        "UniqueName=apt-1-2-ab&Type=group&MaxParticipants=2&UnusedRoomTimeout=60&EmptyRoomTimeout=15&MediaRegion=au1&"
        "RecordParticipantsOnConnect=false&StatusCallback=https%3A%2F%2Fb.example%2F");
}

TEST(room_request, refuses_names_that_cannot_be_fetched) {
    EXPECT_TRUE(is_room_name("apt-123-1234567890-abc123de"));
    EXPECT_FALSE(is_room_name(""));
    EXPECT_FALSE(is_room_name("a/b"));
    EXPECT_FALSE(is_room_name("a b"));
    EXPECT_FALSE(is_room_name(std::string(129, 'a')));
}

}  // namespace
}  // namespace punctual::net::twilio
