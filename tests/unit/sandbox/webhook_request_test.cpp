#include "sandbox/webhook_request.hpp"

#include "sandbox/crypto.hpp"

#include <gtest/gtest.h>

#include <string>

namespace punctual::sandbox {
namespace {

const form fields{{"MessageStatus", "sent"}, {"To", "+61412345678"}};

TEST(webhook_request, posts_the_form_signed_over_the_url) {
    const auto made = make_webhook_request({"http://localhost:8000/hook/?delivery=1", true, fields}, "token");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->to, (net::endpoint{"localhost", 8000, net::transport::plain}));
    EXPECT_TRUE(made->bytes.starts_with("POST /hook/?delivery=1 HTTP/1.1\r\nHost: localhost:8000\r\n"));
    EXPECT_NE(made->bytes.find("\r\nX-Twilio-Signature: " +
                               twilio_signature("token", "http://localhost:8000/hook/?delivery=1", fields) + "\r\n"),
              std::string::npos);
    EXPECT_TRUE(made->bytes.ends_with("\r\n\r\nMessageStatus=sent&To=%2B61412345678"));
}

TEST(webhook_request, keeps_the_fragment_to_itself) {
    const auto made = make_webhook_request({"http://localhost/hook#rc=3&rp=all", true, fields}, "token");
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->bytes.starts_with("POST /hook HTTP/1.1\r\n"));
    EXPECT_NE(made->bytes.find(twilio_signature("token", "http://localhost/hook", fields)), std::string::npos);
    EXPECT_EQ(made->retries, 3U);
    EXPECT_TRUE(made->retry_answers);
}

TEST(webhook_request, gets_with_the_fields_in_the_signed_query) {
    const auto made = make_webhook_request({"https://[::1]/hook?a=1", false, {{"b", "2"}}}, "token");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->to, (net::endpoint{"::1", 443, net::transport::tls}));
    EXPECT_TRUE(made->bytes.starts_with("GET /hook?a=1&b=2 HTTP/1.1\r\nHost: [::1]\r\n"));
    EXPECT_NE(made->bytes.find(twilio_signature("token", "https://[::1]/hook?a=1&b=2", {})), std::string::npos);
}

TEST(webhook_request, refuses_what_cannot_be_called) {
    EXPECT_FALSE(make_webhook_request({"ftp://localhost/", true, {}}, "token"));
    EXPECT_FALSE(make_webhook_request({"http://localhost:99999/", true, {}}, "token"));
}

TEST(webhook_answer, waits_for_the_whole_head) {
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const auto head_size = answer.size() - 2;
    EXPECT_FALSE(read_answer_head(std::string_view{answer}.substr(0, head_size - 1)));
    const auto head = read_answer_head(answer);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, 200U);
    EXPECT_EQ(head->length, answer.size());
    EXPECT_TRUE(head->keep_alive);
}

TEST(webhook_answer, does_not_keep_a_connection_whose_body_it_cannot_measure) {
    EXPECT_FALSE(read_answer_head("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")->keep_alive);
    EXPECT_FALSE(read_answer_head("HTTP/1.1 200 OK\r\n\r\n")->keep_alive);
    EXPECT_TRUE(read_answer_head("HTTP/1.1 204 No Content\r\n\r\n")->keep_alive);
    EXPECT_FALSE(read_answer_head("HTTP/1.1 204 No Content\r\nConnection: Close\r\n\r\n")->keep_alive);
}

}  // namespace
}  // namespace punctual::sandbox
