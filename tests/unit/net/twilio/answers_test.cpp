#include "net/twilio/answers.hpp"

#include <gtest/gtest.h>

namespace punctual::net::twilio {
namespace {

const std::string room_sid = "RM0123456789abcdef0123456789abcdef";
const std::string room_text = R"({"sid":")" + room_sid + R"(","unique_name":"apt-1","status":"in-progress","more":{}})";

TEST(answers, reads_a_page_of_rooms_and_where_it_goes_on) {
    const auto page =
        read_room_page(R"({"rooms":[)" + room_text +
                       R"(],"meta":{"next_page_url":"https://video.twilio.com/v1/Rooms?Page=1&PageToken=x"}})");
    ASSERT_TRUE(page);
    ASSERT_EQ(page->items.size(), 1U);
    EXPECT_EQ(page->items[0].unique_name, "apt-1");
    EXPECT_EQ(page->next, "/v1/Rooms?Page=1&PageToken=x");
}

TEST(answers, the_last_page_has_no_next) {
    EXPECT_EQ(read_room_page(R"({"rooms":[],"meta":{"next_page_url":null}})").value().next, "");
}

TEST(answers, a_page_with_one_unreadable_room_is_unreadable) {
    EXPECT_FALSE(read_room_page(R"({"rooms":[)" + room_text + R"(,{"sid":1}],"meta":{}})"));
    EXPECT_FALSE(read_room_page(R"({"rooms":{},"meta":{}})"));
    EXPECT_FALSE(read_room_page(R"({"rooms":[]})"));
    EXPECT_FALSE(read_room_page("<html></html>"));
}

TEST(answers, reads_messages_with_their_dates) {
    const auto page = read_message_page(
        R"({"messages":[{"sid":"SM0123456789abcdef0123456789abcdef","status":"failed","error_code":30003,"body":"hi",)"
        R"("date_created":"Thu, 01 Jan 1970 00:01:00 +0000"},{"sid":"MM0123456789abcdef0123456789abcdef","status":"queued",)"
        R"("error_code":null,"body":null,"date_created":null}],"next_page_uri":"/2010-04-01/x?Page=1"})");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->items[0].created_at, wall_time{std::chrono::minutes{1}});
    EXPECT_EQ(page->items[0].error_code, 30003);
    EXPECT_EQ(page->items[1].created_at, wall_time::max());
    EXPECT_EQ(page->next, "/2010-04-01/x?Page=1");
}

TEST(answers, credentials_stay_with_our_host) {
    EXPECT_EQ(path_and_query("https://evil.example/v1/Rooms?x=1#f"), "/v1/Rooms?x=1");
    EXPECT_EQ(path_and_query("/a?u=http://b/c"), "/a?u=http://b/c");
    for (const auto* url : {"", "https://host", "//host/a", "a/b", "/a b", "/a\r\nX: y"}) {
        EXPECT_FALSE(path_and_query(url)) << url;
    }
}

TEST(answers, deep_json_is_refused) {
    EXPECT_EQ(read_error(R"({"code":1,"a":)" + std::string(40, '[') + std::string(40, ']') + "}").code, 0);
    EXPECT_EQ(read_error(R"({"code":1,"a":)" + std::string(20, '[') + std::string(20, ']') + "}").code, 1);
}

TEST(answers, an_error_of_another_type_is_none) {
    EXPECT_EQ(read_error(R"({"code":"21211","message":"x"})").code, 0);
    EXPECT_EQ(read_error(R"({"code":99999999999})").code, 0);
    EXPECT_EQ(read_error(R"([])").code, 0);
}

TEST(answers, variables_are_one_json_object) {
    EXPECT_EQ(write_variables({{"1", "a\"b"}, {"2", "c\nd"}}), R"({"1":"a\"b","2":"c\nd"})");
}

}  // namespace
}  // namespace punctual::net::twilio
