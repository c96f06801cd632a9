#include "http/request_parser.hpp"

#include <gtest/gtest.h>

#include <string>

namespace punctual::http {
namespace {

using state = request_parser::state;

struct parsed {
    request what;
    http::request_parser parser{what, {.header = 512, .body = 64}};

    // Everything at once; gives how much was consumed.
    request_parser::progress feed(std::string_view bytes) { return parser.feed({bytes.data(), bytes.size()}); }
};

constexpr std::string_view chunked =
    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: "
    "1\r\n\r\n";

TEST(request_parser, reads_a_request) {
    parsed one;
    constexpr std::string_view text = "GET /a%20b/?q=1 HTTP/1.1\r\nHost: x:80\r\nX-Thing:  a b \r\n\r\n";
    const auto [state, consumed] = one.feed(text);
    EXPECT_EQ(state, state::complete);
    EXPECT_EQ(consumed, text.size());
    EXPECT_EQ(one.what.method, method::get);
    EXPECT_EQ(one.what.path, "/a b");
    EXPECT_EQ(one.what.query, "q=1");
    EXPECT_EQ(one.what.target, "/a%20b/?q=1");
    EXPECT_EQ(one.what.header("x-thing"), "a b");
    EXPECT_TRUE(one.parser.keep_alive());
}

TEST(request_parser, reads_a_chunked_body_cut_at_every_byte) {
    for (std::size_t cut = 1; cut < chunked.size(); ++cut) {
        parsed one;
        const auto first = one.feed(chunked.substr(0, cut));
        ASSERT_EQ(first.state, state::need_more) << cut;
        const auto second = one.feed(chunked.substr(first.consumed));
        ASSERT_EQ(second.state, state::complete) << cut;
        ASSERT_EQ(one.what.body, "hello!") << cut;
        ASSERT_EQ(one.what.header("trailer"), "") << cut;
    }
}

TEST(request_parser, reads_byte_by_byte) {
    parsed one;
    std::string held;
    for (const char c : chunked.substr(0, chunked.size() - 1)) {
        held += c;
        const auto [state, consumed] = one.feed(held);
        ASSERT_EQ(state, state::need_more);
        held.erase(0, consumed);
    }
    held += '\n';
    EXPECT_EQ(one.feed(held).state, state::complete);
    EXPECT_EQ(one.what.body, "hello!");
}

TEST(request_parser, leaves_the_next_request_alone) {
    parsed one;
    constexpr std::string_view first = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab";
    const auto text = std::string{first} + "GET /next HTTP/1.1\r\nHost: x\r\n\r\n";
    const auto [state, consumed] = one.feed(text);
    EXPECT_EQ(state, state::complete);
    EXPECT_EQ(consumed, first.size());
    one.parser.reset();
    EXPECT_EQ(one.feed(text.substr(consumed)).state, state::complete);
    EXPECT_EQ(one.what.path, "/next");
    EXPECT_TRUE(one.what.body.empty());
    EXPECT_EQ(one.what.headers.size(), 1U);
}

TEST(request_parser, skips_one_empty_line_before_a_request) {
    parsed one;
    EXPECT_EQ(one.feed("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n").state, state::complete);
}

// Beast's parser asserted there: anybody could end the daemon by where his packets were cut.
TEST(request_parser, reads_an_empty_chunked_body_cut_anywhere) {
    constexpr std::string_view text = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    for (std::size_t first = 1; first < text.size(); ++first) {
        for (std::size_t second = first + 1; second < text.size(); ++second) {
            parsed one;
            std::string held;
            auto state = state::need_more;
            for (const auto piece : {text.substr(0, first), text.substr(first, second - first), text.substr(second)}) {
                held += piece;
                const auto progress = one.feed(held);
                held.erase(0, progress.consumed);
                state = progress.state;
            }
            ASSERT_EQ(state, state::complete) << first << " " << second;
        }
    }
}

TEST(request_parser, refuses_a_folded_line_wherever_it_is_cut) {
    constexpr std::string_view text = "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n";
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
        parsed one;
        const auto first = one.feed(text.substr(0, cut));
        const bool refused =
            first.state == state::failed || one.feed(text.substr(first.consumed)).state == state::failed;
        ASSERT_TRUE(refused) << cut;
    }
}

TEST(request_parser, waits_for_nothing_more_of_a_request_line_that_has_ended) {
    parsed one;
    EXPECT_EQ(one.feed("GET ost: x\r\n\r\n").state, state::failed);
    EXPECT_EQ(one.parser.failure(), 400U);
}

TEST(request_parser, refuses_a_second_empty_line_however_it_comes) {
    parsed whole;
    EXPECT_EQ(whole.feed("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n").state, state::failed);
    parsed cut;
    EXPECT_EQ(cut.feed("\r\n").state, state::need_more);
    EXPECT_EQ(cut.feed("\r\n").state, state::failed);
}

TEST(request_parser, keeps_an_http_1_0_connection_only_when_asked) {
    parsed plain;
    EXPECT_EQ(plain.feed("GET / HTTP/1.0\r\n\r\n").state, state::complete);
    EXPECT_FALSE(plain.parser.keep_alive());
    parsed kept;
    EXPECT_EQ(kept.feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").state, state::complete);
    EXPECT_TRUE(kept.parser.keep_alive());
    EXPECT_TRUE(kept.parser.is_http_1_0());
}

TEST(request_parser, takes_the_path_of_an_absolute_target) {
    parsed one;
    EXPECT_EQ(one.feed("GET HTTP://x:1/y?z=1 HTTP/1.1\r\nHost: other\r\n\r\n").state, state::complete);
    EXPECT_EQ(one.what.path, "/y");
    EXPECT_EQ(one.what.target, "/y?z=1");
}

TEST(request_parser, tells_that_the_client_waits_before_its_body) {
    parsed one;
    EXPECT_EQ(one.feed("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n").state,
              state::need_more);
    EXPECT_TRUE(one.parser.wants_continue());
    EXPECT_EQ(one.feed("ab").state, state::complete);
    EXPECT_FALSE(one.parser.wants_continue());
}

TEST(request_parser, takes_a_body_of_exactly_the_limit) {
    parsed one;
    EXPECT_EQ(one.feed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 64\r\n\r\n" + std::string(64, 'a')).state,
              state::complete);
}

struct refusal {
    std::string_view name;
    std::string text;
    unsigned status;
};
void PrintTo(const refusal& one, std::ostream* out) {
    *out << one.name;
}

std::string post(std::string_view headers, std::string_view body = "") {
    return "POST / HTTP/1.1\r\nHost: x\r\n" + std::string{headers} + "\r\n\r\n" + std::string{body};
}
std::string get(std::string_view headers) {
    return "GET / HTTP/1.1\r\n" + std::string{headers} + "\r\n\r\n";
}
std::string chunks(std::string_view body) {
    return post("Transfer-Encoding: chunked", body);
}

class refused_request : public testing::TestWithParam<refusal> {};

TEST_P(refused_request, is_refused_at_once) {
    parsed one;
    EXPECT_EQ(one.feed(GetParam().text).state, state::failed);
    EXPECT_EQ(one.parser.failure(), GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(
    all, refused_request,
    testing::Values(
        refusal{"no host", get("X: y"), 400}, refusal{"two hosts", get("Host: x\r\nHost: x"), 400},
        refusal{"host with a path", get("Host: x/y"), 400}, refusal{"host with a user", get("Host: a@x"), 400},
        refusal{"length and coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400},
        refusal{"coding and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"), 400},
        refusal{"two lengths that differ", post("Content-Length: 1\r\nContent-Length: 2", "ab"), 400},
        refusal{"two equal lengths", post("Content-Length: 1\r\nContent-Length: 1", "a"), 400},
        refusal{"list of lengths", post("Content-Length: 1, 1", "a"), 400},
        refusal{"signed length", post("Content-Length: +1", "a"), 400},
        refusal{"negative length", post("Content-Length: -1", "a"), 400},
        refusal{"hexadecimal length", post("Content-Length: 0x1", "a"), 400},
        refusal{"empty length", post("Content-Length:", "a"), 400},
        refusal{"length beyond 64 bits", post("Content-Length: 99999999999999999999", "a"), 400},
        refusal{"long body", post("Content-Length: 65"), 413},
        refusal{"unknown coding", post("Transfer-Encoding: gzip"), 400},
        refusal{"coding that looks like chunked", post("Transfer-Encoding: xchunked", "0\r\n\r\n"), 400},
        refusal{"coding we have not", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), 501},
        refusal{"chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400},
        refusal{"chunked, then another", post("Transfer-Encoding: chunked, identity", "0\r\n\r\n"), 400},
        refusal{"coding after a vertical tab",
                post("Transfer-Encoding: \x0b"
                     "chunked",
                     "0\r\n\r\n"),
                400},
        refusal{"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        refusal{"blank before the colon", post("Transfer-Encoding : chunked", "0\r\n\r\n"), 400},
        refusal{"blank in a name", get("Host: x\r\nX Y: z"), 400}, refusal{"no name", get("Host: x\r\n: z"), 400},
        refusal{"no colon", get("Host: x\r\nfoo"), 400}, refusal{"folded line", get("Host: x\r\nX: a\r\n b"), 400},
        refusal{"folded by a tab", get("Host: x\r\nX: a\r\n\tb"), 400},
        refusal{"folded first line", get(" Host: x"), 400},
        refusal{"NUL in a value", get(std::string{"Host: x\r\nX: a\0b", 15}), 400},
        refusal{"CR in a value", get("Host: x\r\nX: a\rb"), 400},
        refusal{"bare LF", "GET / HTTP/1.1\nHost: x\n\n", 400},
        refusal{"bare LF in the header", "GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", 400},
        refusal{"blank first", " GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        refusal{"two blanks", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400}, refusal{"0.9", "GET /\r\n\r\n", 400},
        refusal{"TLS hello", "\x16\x03\x01", 400}, refusal{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        refusal{"HTTP/1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505},
        refusal{"no version", "GET / HTTQ/1.1\r\nHost: x\r\n\r\n", 400},
        refusal{"unknown method", "FOO / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        refusal{"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        refusal{"TRACE", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        refusal{"star without OPTIONS", "GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        refusal{"relative target", "GET a/b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        refusal{"fragment", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        refusal{"bad escape", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        refusal{"escaped NUL", "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        refusal{"escaped line break", "GET /a%0d%0ab HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        refusal{"long header", get("Host: x\r\nX: " + std::string(600, 'a')), 431},
        refusal{"endless target", "GET /" + std::string(600, 'a'), 431},
        refusal{"other expectation", post("Expect: tea\r\nContent-Length: 1", "a"), 417},
        refusal{"chunk size with a prefix", chunks("0x5\r\nhello\r\n0\r\n\r\n"), 400},
        refusal{"negative chunk size", chunks("-5\r\nhello\r\n0\r\n\r\n"), 400},
        refusal{"chunk size beyond 64 bits", chunks("fffffffffffffffff\r\na"), 400},
        refusal{"bare LF after a chunk size", chunks("5\nhello\n0\n\n"), 400},
        refusal{"chunk longer than its size", chunks("5\r\nhello!\r\n0\r\n\r\n"), 400},
        refusal{"chunk with a blank size", chunks(" 5\r\nhello\r\n0\r\n\r\n"), 400},
        refusal{"large chunk", chunks("41\r\n"), 413},
        refusal{"many chunks", chunks("20\r\n" + std::string(32, 'a') + "\r\n21\r\n"), 413},
        refusal{"long chunk extension", chunks("5;" + std::string(600, 'a')), 413},
        refusal{"length in a trailer", chunks("0\r\nContent-Length: 5\r\n\r\n"), 400}));

}  // namespace
}  // namespace punctual::http
