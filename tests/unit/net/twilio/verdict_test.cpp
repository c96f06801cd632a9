#include "net/twilio/verdict.hpp"
#include "net/https/errc.hpp"
#include "net/twilio/account.hpp"
#include "net/twilio/redact.hpp"

#include <gtest/gtest.h>

namespace punctual::net::twilio {
namespace {

using namespace std::chrono_literals;
using https::https_errc;

const std::string sid = "SM0123456789abcdef0123456789abcdef";

text_outcome judge(unsigned status, std::string body, std::chrono::seconds held = 0s) {
    return judge_answer({status, {}, std::move(body)}, held);
}
std::string error_body(int code) {
    return R"({"code":)" + std::to_string(code) + R"(,"message":"no","status":400})";
}

TEST(verdict, a_sid_is_accepted) {
    const auto outcome = judge(201, R"({"sid":")" + sid + R"(","status":"queued","error_code":null})");
    EXPECT_EQ(outcome.verdict, text_verdict::accepted);
    EXPECT_EQ(outcome.sid, sid);
    EXPECT_EQ(outcome.status, "queued");
}

TEST(verdict, success_that_cannot_be_read_is_asked_about) {
    const std::vector<std::string> bodies{"",
                                          "<html>",
                                          "[]",
                                          R"({"sid":")" + sid + "\"",
                                          R"({"sid":7,"status":"queued"})",
                                          R"({"sid":"SM1","status":"queued"})",
                                          R"({"sid":")" + sid + R"(","status":null})",
                                          std::string(100, '[') + std::string(100, ']'),
                                          "{\"sid\":\"\xff\"}"};
    for (const auto& body : bodies) {
        EXPECT_EQ(judge(201, body).verdict, text_verdict::ask_first) << body;
    }
}

TEST(verdict, bad_numbers_have_no_text_channel) {
    for (const int code : {21211, 21614, 21635}) {
        const auto outcome = judge(400, error_body(code));
        EXPECT_EQ(outcome.verdict, text_verdict::bad_number);
        EXPECT_EQ(outcome.error_code, code);
    }
}

TEST(verdict, an_opt_out_is_one) {
    EXPECT_EQ(judge(400, error_body(21610)).verdict, text_verdict::opted_out);
}

TEST(verdict, our_own_account_refused_is_configuration) {
    for (const unsigned status : {401U, 403U, 404U}) {
        EXPECT_EQ(judge(status, error_body(20003)).verdict, text_verdict::configuration);
    }
}

TEST(verdict, a_redirect_is_configuration) {
    EXPECT_EQ(judge(307, "").verdict, text_verdict::configuration);
}

TEST(verdict, too_many_requests_is_tried_again_after_the_hold) {
    const auto outcome = judge(429, error_body(20429), 30s);
    EXPECT_EQ(outcome.verdict, text_verdict::retry);
    EXPECT_EQ(outcome.retry_after, 30s);
}

TEST(verdict, a_server_error_is_asked_about_first) {
    for (const unsigned status : {408U, 500U, 502U, 503U, 504U}) {
        EXPECT_EQ(judge(status, "<html>Bad gateway</html>").verdict, text_verdict::ask_first);
        EXPECT_EQ(judge(status, "").error_code, static_cast<int>(status));
    }
    EXPECT_EQ(judge(500, error_body(21211)).verdict, text_verdict::ask_first);
}

TEST(verdict, any_other_refusal_is_the_messages) {
    for (const int code : {63016, 63024, 63007, 21910, 0}) {
        EXPECT_EQ(judge(400, error_body(code)).verdict, text_verdict::bad_message);
    }
}

TEST(verdict, reads_the_newer_shape_of_errors) {
    EXPECT_EQ(judge(400, R"({"errors":[{"code":21610,"message":"stop"}]})").verdict, text_verdict::opted_out);
}

TEST(verdict, failures_before_the_first_byte_are_tried_again) {
    EXPECT_EQ(judge_failure(make_error_code(https_errc::not_connected)).verdict, text_verdict::retry);
    EXPECT_EQ(judge_failure(make_error_code(https_errc::lease_lost)).verdict, text_verdict::lease_lost);
    EXPECT_EQ(judge_failure(make_error_code(https_errc::certificate_refused)).verdict, text_verdict::configuration);
}

TEST(verdict, failures_after_it_are_asked_about) {
    for (const auto code : {https_errc::timed_out, https_errc::lost, https_errc::bad_answer}) {
        EXPECT_EQ(judge_failure(make_error_code(code)).verdict, text_verdict::ask_first);
    }
}

TEST(redact, replaces_numbers_as_people_write_them) {
    EXPECT_EQ(redact("The 'To' number +61412345678 is not valid"), "The 'To' number [number] is not valid");
    EXPECT_EQ(redact("whatsapp:+61412345678, (02) 9876 5432, 0412-345-678."), "whatsapp:[number], [number], [number].");
}

TEST(redact, keeps_codes) {
    EXPECT_EQ(redact("Error 21211, HTTP 400"), "Error 21211, HTTP 400");
}

TEST(redact, replaces_mail_addresses) {
    EXPECT_EQ(redact("to <ann.o'neil+x@mail.example.com> failed"), "to <[address]> failed");
}

TEST(redact, makes_one_clean_line_of_500_bytes) {
    EXPECT_EQ(redact("a\r\nb\xff"), "a  b ");
    std::string accents;
    for (int i = 0; i < 400; ++i) {
        accents += "\xc3\xa9";
    }
    EXPECT_EQ(redact("x" + accents).size(), 499U);
}

TEST(account, signs_with_the_key_before_the_token) {
    EXPECT_EQ(authorization({"AC1", "token", "", ""}), "Basic QUMxOnRva2Vu");
    EXPECT_EQ(authorization({"AC1", "token", "SK1", "secret"}), "Basic U0sxOnNlY3JldA==");
    EXPECT_FALSE((account{"AC1", "", "SK1", ""}).complete());
}

}  // namespace
}  // namespace punctual::net::twilio
