#include "net/smtp/reply_parser.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace punctual::net::smtp {
namespace {

using status = reply_parser::status;

status parse_at_once(reply_parser& parser, std::string_view text) {
    return parser.consume(text);
}

status parse_byte_by_byte(reply_parser& parser, std::string_view text) {
    auto last = status::need_more;
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto one = text.substr(at, 1);
        last = parser.consume(one);
        if (last == status::malformed) {
            break;
        }
    }
    return last;
}

TEST(smtp_reply_parser, reads_one_line) {
    reply_parser parser;
    ASSERT_EQ(parse_at_once(parser, "250 2.1.0 Ok\r\n"), status::complete);
    EXPECT_EQ(parser.value(), (reply{250, "2.1.0 Ok"}));
}

TEST(smtp_reply_parser, joins_multi_line_replies) {
    reply_parser parser;
    ASSERT_EQ(parse_at_once(parser, "250-mail.example.com\r\n250-PIPELINING\r\n250 SIZE 1000\r\n"), status::complete);
    EXPECT_EQ(parser.value(), (reply{250, "mail.example.com\nPIPELINING\nSIZE 1000"}));
}

TEST(smtp_reply_parser, gives_the_same_reply_for_every_split) {
    constexpr std::string_view text = "250-a\r\n250-\r\n250-b c\r\n250\r\n";
    const reply expected{250, "a\n\nb c\n"};
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        reply_parser parser;
        auto first = text.substr(0, cut);
        auto second = text.substr(cut);
        auto got = parser.consume(first);
        if (got == status::need_more) {
            got = parser.consume(second);
        }
        ASSERT_EQ(got, status::complete) << "cut at " << cut;
        EXPECT_EQ(parser.value(), expected) << "cut at " << cut;
    }
}

TEST(smtp_reply_parser, reads_byte_by_byte) {
    reply_parser parser;
    ASSERT_EQ(parse_byte_by_byte(parser, "220-one\r\n220 two\r\n"), status::complete);
    EXPECT_EQ(parser.value(), (reply{220, "one\ntwo"}));
}

TEST(smtp_reply_parser, leaves_the_next_reply_in_the_input) {
    reply_parser parser;
    std::string_view input = "250 one\r\n354 two\r\n550 th";
    ASSERT_EQ(parser.consume(input), status::complete);
    EXPECT_EQ(parser.value().code, 250);
    ASSERT_EQ(parser.consume(input), status::complete);
    EXPECT_EQ(parser.value(), (reply{354, "two"}));
    EXPECT_EQ(parser.consume(input), status::need_more);
    EXPECT_TRUE(input.empty());
}

TEST(smtp_reply_parser, takes_a_bare_code) {
    reply_parser parser;
    ASSERT_EQ(parse_at_once(parser, "250\r\n"), status::complete);
    EXPECT_EQ(parser.value(), (reply{250, ""}));
}

TEST(smtp_reply_parser, tolerates_lines_that_end_with_lf_alone) {
    reply_parser parser;
    ASSERT_EQ(parse_at_once(parser, "250-one\n250 two\n"), status::complete);
    EXPECT_EQ(parser.value(), (reply{250, "one\ntwo"}));
}

TEST(smtp_reply_parser, takes_a_line_as_long_as_the_limit) {
    reply_parser parser{{.line = 16, .lines = 2, .total = 100}};
    EXPECT_EQ(parse_at_once(parser, "250 0123456789\r\n"), status::complete);
}

class malformed_reply : public testing::TestWithParam<std::string> {};

TEST_P(malformed_reply, is_refused_at_once_and_byte_by_byte) {
    reply_parser whole{{.line = 64, .lines = 4, .total = 160}};
    EXPECT_EQ(parse_at_once(whole, GetParam()), status::malformed);
    reply_parser pieces{{.line = 64, .lines = 4, .total = 160}};
    EXPECT_EQ(parse_byte_by_byte(pieces, GetParam()), status::malformed);
}

INSTANTIATE_TEST_SUITE_P(smtp_reply_parser, malformed_reply,
                         testing::Values("\r\n", "25\r\n", "2x0 ok\r\n", "-50 ok\r\n", "999 what\r\n", "100 go on\r\n",
                                         "199 ok\r\n", "600 ok\r\n", "000 ok\r\n", "250_ok\r\n", "2500 ok\r\n",
                                         "250ok\r\n", "250-one\r\n251 two\r\n", "250 a\rb\r\n", "250 a\r\r\n",
                                         std::string{"250 a\0b\r\n", 9}, "HTTP/1.1 200 OK\r\n", " 250 ok\r\n",
                                         std::string(65, '2'), "250 " + std::string(100, 'x') + "\r\n",
                                         "250-1\r\n250-2\r\n250-3\r\n250-4\r\n250-5\r\n",
                                         "250-" + std::string(55, 'x') + "\r\n250-" + std::string(55, 'x') +
                                             "\r\n250-" + std::string(55, 'x') + "\r\n"));

}  // namespace
}  // namespace punctual::net::smtp
