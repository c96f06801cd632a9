#include "net/smtp/capabilities.hpp"

#include <gtest/gtest.h>

namespace punctual::net::smtp {
namespace {

TEST(smtp_capabilities, reads_what_postfix_says) {
    const auto found = parse_capabilities(
        "mail.example.com\nPIPELINING\nSIZE 10240000\nVRFY\nETRN\nSTARTTLS\nAUTH PLAIN LOGIN\nENHANCEDSTATUSCODES\n"
        "8BITMIME\nDSN\nSMTPUTF8\nCHUNKING");
    const capabilities expected{.starttls = true,
                                .pipelining = true,
                                .eight_bit_mime = true,
                                .smtputf8 = true,
                                .enhanced_codes = true,
                                .size = true,
                                .size_limit = 10240000,
                                .auth_plain = true,
                                .auth_login = true};
    EXPECT_EQ(found, expected);
}

TEST(smtp_capabilities, takes_the_first_line_as_the_servers_name) {
    EXPECT_EQ(parse_capabilities("STARTTLS"), capabilities{});
    EXPECT_EQ(parse_capabilities(""), capabilities{});
}

TEST(smtp_capabilities, reads_keywords_in_any_case) {
    const auto found = parse_capabilities("x\nstarttls\nauth plain");
    EXPECT_TRUE(found.starttls);
    EXPECT_TRUE(found.auth_plain);
    EXPECT_FALSE(found.auth_login);
}

TEST(smtp_capabilities, knows_no_keyword_by_its_beginning) {
    EXPECT_EQ(parse_capabilities("x\nSTARTTLSX\nPIPELINING2\nSIZES 5\nAUTHPLAIN"), capabilities{});
}

TEST(smtp_capabilities, reads_the_old_spelling_of_auth) {
    const auto found = parse_capabilities("x\nAUTH=LOGIN CRAM-MD5");
    EXPECT_TRUE(found.auth_login);
    EXPECT_FALSE(found.auth_plain);
}

TEST(smtp_capabilities, sees_no_limit_in_a_size_without_a_number) {
    for (const auto* text : {"x\nSIZE", "x\nSIZE 0", "x\nSIZE lots", "x\nSIZE 99999999999999999999999"}) {
        const auto found = parse_capabilities(text);
        EXPECT_TRUE(found.size) << text;
        EXPECT_EQ(found.size_limit, 0U) << text;
    }
}

}  // namespace
}  // namespace punctual::net::smtp
