#include "domain/plain_text.hpp"

#include "domain/utf8.hpp"

#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

TEST(plain_text, keeps_a_name_as_written) {
    for (const auto* const name : {"Robert'); DROP TABLE", "{{x}}", "{{{x}}}", "<b>Jo</b> & \"Co\"", "%s%n", ".", "..",
                                   "\u05d3\u05d5\u05d3 \u05db\u05d4\u05df", "Zo\u00eb \U0001F600"}) {
        EXPECT_EQ(clean_line(name), name);
    }
}

TEST(plain_text, lets_no_line_end_or_control_through) {
    EXPECT_EQ(clean_line("Jo\r\nBcc: all@example.com"), "Jo Bcc: all@example.com");
    EXPECT_EQ(clean_line("a\rb\nc\td"), "a b c d");
    EXPECT_EQ(clean_line(std::string_view{"a\0b", 3}), "a b");
    EXPECT_EQ(clean_line("a\u2028b\u0085c\x7F"), "a b c");
}

TEST(plain_text, drops_marks_that_turn_the_words_around_it) {
    EXPECT_EQ(clean_line("Jo\u202Egnp.exe\u2066x"), "Jognp.exex");
}

TEST(plain_text, trims_its_ends) {
    EXPECT_EQ(clean_line(" \r\n Jo \n"), "Jo");
}

TEST(plain_text, cuts_a_name_at_two_hundred_with_an_ellipsis) {
    const auto cut = clean_line(std::string(1'200, 'x'));
    EXPECT_EQ(utf8::count(cut), 200U);
    EXPECT_TRUE(cut.ends_with("\u2026"));
}

}  // namespace
}  // namespace punctual::domain
