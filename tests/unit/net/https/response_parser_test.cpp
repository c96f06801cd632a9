#include "net/https/response_parser.hpp"

#include <gtest/gtest.h>

namespace punctual::net::https {
namespace {

constexpr std::string_view small = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-One:  a b \r\n\r\n{}";

std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) {
        out += text;
    }
    return out;
}

TEST(response_parser, reads_an_answer_in_one_piece) {
    response_parser parser;
    ASSERT_TRUE(parser.feed(small).value());
    EXPECT_TRUE(parser.reusable());
    const auto answer = parser.take();
    EXPECT_EQ(answer.status, 201U);
    EXPECT_EQ(answer.header("x-one"), "a b");
    EXPECT_EQ(answer.body, "{}");
}

TEST(response_parser, reads_an_answer_byte_by_byte) {
    response_parser parser;
    for (const char c : small.substr(0, small.size() - 1)) {
        ASSERT_FALSE(parser.feed({&c, 1}).value());
    }
    ASSERT_TRUE(parser.feed(small.substr(small.size() - 1)).value());
    EXPECT_EQ(parser.take().body, "{}");
}

// Beast's parser asserted there: a server could end the daemon by where its packets were cut.
TEST(response_parser, reads_an_empty_chunked_answer_cut_anywhere) {
    constexpr std::string_view text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    for (std::size_t first = 1; first < text.size(); ++first) {
        for (std::size_t second = first + 1; second < text.size(); ++second) {
            response_parser parser;
            ASSERT_FALSE(parser.feed(text.substr(0, first)).value());
            ASSERT_FALSE(parser.feed(text.substr(first, second - first)).value());
            ASSERT_TRUE(parser.feed(text.substr(second)).value());
        }
    }
}

TEST(response_parser, reads_chunks) {
    response_parser parser;
    ASSERT_TRUE(parser.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
                    .value());
    EXPECT_TRUE(parser.reusable());
    EXPECT_EQ(parser.take().body, "abcde");
}

TEST(response_parser, skips_interim_answers) {
    response_parser parser;
    ASSERT_TRUE(
        parser.feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + std::string{small})
            .value());
    EXPECT_EQ(parser.take().status, 201U);
}

TEST(response_parser, refuses_endless_interim_answers) {
    response_parser parser;
    const auto fed = parser.feed(repeat("HTTP/1.1 100 Continue\r\n\r\n", most_interim_answers + 1));
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().code, https_errc::bad_answer);
}

TEST(response_parser, refuses_to_switch_protocols) {
    response_parser parser;
    EXPECT_FALSE(parser.feed("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
}

TEST(response_parser, refuses_a_head_beyond_its_limit) {
    response_parser parser;
    EXPECT_FALSE(
        parser.feed("HTTP/1.1 200 OK\r\n" + repeat("X-Y: 0123456789\r\n", 1000) + "Content-Length: 0\r\n\r\n"));
}

TEST(response_parser, refuses_a_header_line_without_end) {
    response_parser parser;
    ASSERT_TRUE(parser.feed("HTTP/1.1 200 OK\r\nX: "));
    EXPECT_FALSE(parser.feed(std::string(most_head_bytes + 1, 'x')));
}

TEST(response_parser, refuses_a_declared_body_beyond_its_limit) {
    response_parser parser;
    EXPECT_FALSE(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n"));
}

TEST(response_parser, refuses_a_body_that_grows_beyond_its_limit) {
    response_parser parser;
    ASSERT_FALSE(parser.feed("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").value());
    const std::string block(1U << 16U, 'x');
    bool refused = false;
    for (int i = 0; i < 64 && !refused; ++i) {
        refused = !parser.feed(block).has_value();
    }
    EXPECT_TRUE(refused);
}

TEST(response_parser, accepts_a_body_of_just_the_limit) {
    response_parser parser;
    ASSERT_FALSE(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n").value());
    EXPECT_TRUE(parser.feed(std::string(most_body_bytes, 'x')).value());
}

TEST(response_parser, refuses_a_chunk_header_without_end) {
    response_parser parser;
    ASSERT_TRUE(parser.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"));
    EXPECT_FALSE(parser.feed(std::string(most_head_bytes + 1, 'x')));
}

TEST(response_parser, refuses_what_is_not_http) {
    response_parser parser;
    EXPECT_FALSE(parser.feed("220 smtp.example.com ESMTP\r\n"));
}

TEST(response_parser, refuses_a_length_beside_chunks) {
    response_parser parser;
    EXPECT_FALSE(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
}

TEST(response_parser, bytes_after_the_answer_spoil_the_connection) {
    response_parser parser;
    ASSERT_TRUE(parser.feed(std::string{small} + "HTTP/1.1 200 OK\r\n").value());
    EXPECT_FALSE(parser.reusable());
    EXPECT_EQ(parser.take().body, "{}");
}

TEST(response_parser, connection_close_is_not_reusable) {
    response_parser parser;
    ASSERT_TRUE(parser.feed("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").value());
    EXPECT_FALSE(parser.reusable());
}

TEST(response_parser, the_end_of_the_connection_ends_a_body_without_length) {
    response_parser parser;
    ASSERT_FALSE(parser.feed("HTTP/1.1 200 OK\r\n\r\nabc").value());
    ASSERT_TRUE(parser.end().value());
    EXPECT_FALSE(parser.reusable());
    EXPECT_EQ(parser.take().body, "abc");
}

TEST(response_parser, the_end_of_the_connection_cuts_a_body_with_length) {
    response_parser parser;
    ASSERT_FALSE(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").value());
    const auto ended = parser.end();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().detail, "the answer was cut off");
}

TEST(response_parser, an_interim_answer_alone_is_cut_off) {
    response_parser parser;
    ASSERT_FALSE(parser.feed("HTTP/1.1 100 Continue\r\n\r\n").value());
    EXPECT_FALSE(parser.end());
}

}  // namespace
}  // namespace punctual::net::https
