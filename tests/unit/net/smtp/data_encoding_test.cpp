#include "net/smtp/data_encoding.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace punctual::net::smtp {
namespace {

// What a server makes of it: RFC 5321 §4.5.2 read from the receiver's side. The message, or "?" when
// it ends before its end or not at all.
std::string received(std::string_view wire) {
    std::string message;
    for (;;) {
        const auto end = wire.find("\r\n");
        if (end == std::string_view::npos) {
            return "?";
        }
        auto line = wire.substr(0, end);
        wire.remove_prefix(end + 2);
        if (line == ".") {
            return wire.empty() ? message : "?";
        }
        if (line.starts_with('.')) {
            line.remove_prefix(1);
        }
        message.append(line).append("\r\n");
    }
}

std::string with_crlf_lines(std::string_view message) {
    std::string out;
    for (std::size_t at = 0; at < message.size(); ++at) {
        if (message[at] == '\r' || message[at] == '\n') {
            at += message.substr(at).starts_with("\r\n") ? 1 : 0;
            out += "\r\n";
        } else {
            out += message[at];
        }
    }
    return out.empty() || out.ends_with("\r\n") ? out : out + "\r\n";
}

bool has_bare_line_end(std::string_view wire) {
    for (std::size_t at = 0; at < wire.size(); ++at) {
        if (wire[at] == '\n' && (at == 0 || wire[at - 1] != '\r')) {
            return true;
        }
        if (wire[at] == '\r' && (at + 1 == wire.size() || wire[at + 1] != '\n')) {
            return true;
        }
    }
    return false;
}

TEST(smtp_data_encoding, leaves_a_plain_message_as_it_is) {
    EXPECT_EQ(encode_data("Subject: x\r\n\r\nhello\r\n"), "Subject: x\r\n\r\nhello\r\n.\r\n");
}

TEST(smtp_data_encoding, doubles_leading_dots_alone) {
    EXPECT_EQ(encode_data(".a\r\n..\r\nb.\r\n.\r\n"), "..a\r\n...\r\nb.\r\n..\r\n.\r\n");
}

TEST(smtp_data_encoding, ends_an_unfinished_last_line) {
    EXPECT_EQ(encode_data("a"), "a\r\n.\r\n");
}

TEST(smtp_data_encoding, makes_an_empty_message_a_lone_dot) {
    EXPECT_EQ(encode_data(""), ".\r\n");
}

TEST(smtp_data_encoding, lets_no_bare_line_end_smuggle_a_dot) {
    for (const auto* attack : {"a\n.\nMAIL FROM:<x>", "a\r.\rMAIL", "a\n.\r\nMAIL", "a\r\n.\nMAIL", "a\r.\r\nMAIL",
                               "a\r\r\n.\r\r\nMAIL", "\n.\n", "\r.\r"}) {
        const auto wire = encode_data(attack);
        EXPECT_FALSE(has_bare_line_end(wire)) << attack;
        EXPECT_EQ(received(wire), with_crlf_lines(attack)) << attack;
    }
}

TEST(smtp_data_encoding, arrives_as_it_was_for_any_mixture_of_dots_and_line_ends) {
    std::mt19937 random{20240229};
    std::uniform_int_distribution<std::size_t> length{0, 40};
    constexpr std::string_view letters = "..\r\r\n\nab";
    std::uniform_int_distribution<std::size_t> letter{0, letters.size() - 1};
    for (int round = 0; round < 20000; ++round) {
        std::string message(length(random), ' ');
        for (char& c : message) {
            c = letters[letter(random)];
        }
        const auto wire = encode_data(message);
        ASSERT_FALSE(has_bare_line_end(wire)) << testing::PrintToString(message);
        ASSERT_EQ(received(wire), with_crlf_lines(message)) << testing::PrintToString(message);
    }
}

TEST(smtp_data_encoding, knows_how_long_the_end_is) {
    EXPECT_EQ(terminator_length(encode_data("a\r\n")), 5U);
    EXPECT_EQ(terminator_length(encode_data("")), 3U);
}

TEST(smtp_data_encoding, sees_eight_bit_text_and_nul) {
    EXPECT_FALSE(inspect_content("plain").eight_bit);
    EXPECT_TRUE(inspect_content("caf\xc3\xa9").eight_bit);
    EXPECT_TRUE(inspect_content(std::string_view{"a\0b", 3}).has_nul);
    EXPECT_FALSE(inspect_content("ab").has_nul);
}

}  // namespace
}  // namespace punctual::net::smtp
