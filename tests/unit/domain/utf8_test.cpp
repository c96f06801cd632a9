#include "domain/utf8.hpp"

#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

TEST(utf8, replaces_what_is_not_utf8) {
    EXPECT_EQ(utf8::repair("a\xFFz"), "a\xEF\xBF\xBDz");
    EXPECT_EQ(utf8::repair("a\xC3"), "a\xEF\xBF\xBD");
    EXPECT_EQ(utf8::repair("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(utf8, refuses_overlong_forms_surrogates_and_values_past_the_last) {
    EXPECT_FALSE(utf8::decode("\xE0\x80\xAF").valid);
    EXPECT_FALSE(utf8::decode("\xED\xA0\x80").valid);
    EXPECT_FALSE(utf8::decode("\xF4\x90\x80\x80").valid);
    EXPECT_TRUE(utf8::decode("\xF4\x8F\xBF\xBF").valid);
}

TEST(utf8, keeps_what_is_right) {
    const std::string text = "Zo\u00eb \u4e2d\u6587 \U0001F600";
    EXPECT_EQ(utf8::repair(text), text);
    EXPECT_EQ(utf8::count(text), 8U);
}

TEST(utf8, appends_what_it_decodes_for_every_length) {
    for (const char32_t c : {U'a', U'\u00e9', U'\u20ac', U'\U0001F600'}) {
        std::string out;
        utf8::append(out, c);
        EXPECT_EQ(utf8::decode(out).code_point, c);
        EXPECT_EQ(utf8::decode(out).length, out.size());
    }
}

TEST(utf8, cuts_at_characters_and_says_so) {
    EXPECT_EQ(utf8::cut("abcdef", 6), "abcdef");
    EXPECT_EQ(utf8::cut("abcdefg", 6), "abcde\u2026");
    EXPECT_EQ(utf8::cut("\u00e9\u00e9\u00e9\u00e9", 3), "\u00e9\u00e9\u2026");
}

TEST(utf8, leaves_no_accent_alone_at_the_cut) {
    // e + combining acute: the cut falls before the whole letter.
    EXPECT_EQ(utf8::cut("abe\u0301xyz", 4), "ab\u2026");
}

}  // namespace
}  // namespace punctual::domain
