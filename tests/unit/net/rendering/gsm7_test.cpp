#include "net/rendering/gsm7.hpp"

#include <gtest/gtest.h>

namespace punctual::net::rendering {
namespace {

TEST(gsm7, knows_its_alphabet) {
    EXPECT_TRUE(is_gsm7("Hello @ \u00a3 \u00e9\u00e8\u00e0\u00f1 {[~]}\\| \u20ac\n"));
    for (const auto* const outside : {"`", "\u00ea", "\u2019", "\u2026", "\U0001F600", "\u0142", "\t", "\xFF"}) {
        EXPECT_FALSE(is_gsm7(outside)) << outside;
    }
}

TEST(gsm7, counts_segments_at_their_edges) {
    EXPECT_EQ(sms_segments(""), 0U);
    EXPECT_EQ(sms_segments(std::string(160, 'x')), 1U);
    EXPECT_EQ(sms_segments(std::string(161, 'x')), 2U);
    EXPECT_EQ(sms_segments(std::string(306, 'x')), 2U);
    EXPECT_EQ(sms_segments(std::string(307, 'x')), 3U);
}

TEST(gsm7, counts_two_for_a_character_of_the_extension) {
    EXPECT_EQ(sms_segments(std::string(80, '{')), 1U);
    EXPECT_EQ(sms_segments(std::string(81, '{')), 2U);
    // 76 pairs fill 152 of 153: the 77th pair begins the next segment.
    EXPECT_EQ(sms_segments(std::string(152, '{')), 2U);
    EXPECT_EQ(sms_segments(std::string(153, '{')), 3U);
}

TEST(gsm7, makes_seventy_of_a_hundred_and_sixty_for_one_emoji) {
    EXPECT_EQ(sms_segments(std::string(68, 'x') + "\U0001F600"), 1U);
    EXPECT_EQ(sms_segments(std::string(69, 'x') + "\U0001F600"), 2U);
    EXPECT_EQ(sms_segments(std::string(132, 'x') + "\U0001F600"), 2U);
    EXPECT_EQ(sms_segments(std::string(133, 'x') + "\U0001F600"), 3U);
}

TEST(gsm7, writes_plain_forms_for_typography_and_accents) {
    EXPECT_EQ(for_sms("Jo\u2019s \u201cHarbour\u201d \u2013 caf\u00e9 \u2026"), "Jo's \"Harbour\" - caf\u00e9 ...");
    EXPECT_EQ(for_sms("S\u00e3o \u0141\u00f3d\u017a"), "Sao Lodz");
    EXPECT_EQ(for_sms("Harbour \U0001F600 Clinic"), "Harbour  Clinic");
}

TEST(gsm7, keeps_letters_of_another_script) {
    const std::string street = "\u5317\u4eac\u8def 5 \u2013 \u201cx\u201d";
    EXPECT_EQ(for_sms(street), street);
}

}  // namespace
}  // namespace punctual::net::rendering
