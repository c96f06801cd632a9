#include "net/smtp/classification.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace punctual::net::smtp {
namespace {

using enum mail_verdict;

struct expected_verdict {
    command at;
    int code;
    mail_verdict verdict;
};

class smtp_classification : public testing::TestWithParam<expected_verdict> {};

TEST_P(smtp_classification, follows_the_table) {
    const auto& [at, code, verdict] = GetParam();
    EXPECT_FALSE(succeeds(at, code));
    EXPECT_EQ(classify(at, code), verdict) << name_of(at) << ' ' << code;
}

INSTANTIATE_TEST_SUITE_P(
    domain_rules_3, smtp_classification,
    testing::Values(
        expected_verdict{command::greeting, 421, retry_greylisted},
        expected_verdict{command::greeting, 450, retry_greylisted},
        expected_verdict{command::greeting, 554, configuration}, expected_verdict{command::ehlo, 421, retry_greylisted},
        expected_verdict{command::ehlo, 502, configuration}, expected_verdict{command::helo, 550, configuration},
        expected_verdict{command::starttls, 454, retry_greylisted},
        expected_verdict{command::starttls, 501, configuration}, expected_verdict{command::auth, 454, retry_greylisted},
        expected_verdict{command::auth, 535, configuration},
        expected_verdict{command::mail_from, 452, retry_greylisted},
        expected_verdict{command::mail_from, 550, configuration},
        expected_verdict{command::mail_from, 552, bad_message},
        expected_verdict{command::rcpt_to, 450, retry_greylisted}, expected_verdict{command::rcpt_to, 550, bad_address},
        expected_verdict{command::rcpt_to, 552, bad_address}, expected_verdict{command::data, 451, retry_greylisted},
        expected_verdict{command::data, 554, bad_message}, expected_verdict{command::message, 451, retry_greylisted},
        expected_verdict{command::message, 554, bad_message},
        // Well-formed and senseless, and malformed (0).
        expected_verdict{command::greeting, 354, retry_greylisted},
        expected_verdict{command::mail_from, 354, retry_greylisted},
        expected_verdict{command::data, 250, retry_greylisted}, expected_verdict{command::rcpt_to, 0, retry_greylisted},
        expected_verdict{command::message, 354, outcome_unknown},
        expected_verdict{command::message, 0, outcome_unknown}));

TEST(smtp_classification_success, goes_by_the_first_digit) {
    EXPECT_TRUE(succeeds(command::rcpt_to, 251));
    EXPECT_TRUE(succeeds(command::data, 354));
    EXPECT_TRUE(succeeds(command::message, 250));
    EXPECT_TRUE(succeeds(command::auth, 235));
    EXPECT_FALSE(succeeds(command::auth, 334));
}

TEST(smtp_classification_blame, tells_a_refusal_of_all_from_one_of_a_mail) {
    EXPECT_TRUE(is_of_server(command::greeting, 450));
    EXPECT_TRUE(is_of_server(command::auth, 454));
    EXPECT_TRUE(is_of_server(command::mail_from, 452));
    EXPECT_TRUE(is_of_server(command::rcpt_to, 421));
    EXPECT_TRUE(is_of_server(command::message, 421));
    EXPECT_TRUE(is_of_server(command::data, 0));
    EXPECT_FALSE(is_of_server(command::rcpt_to, 450));
    EXPECT_FALSE(is_of_server(command::message, 452));
    EXPECT_FALSE(is_of_server(command::rcpt_to, 550));
}

}  // namespace
}  // namespace punctual::net::smtp
