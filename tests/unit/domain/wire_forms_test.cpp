// How numbers and links are spelled wherever they leave the house.
#include "domain/e164.hpp"
#include "domain/percent_encoding.hpp"
#include "domain/session_link.hpp"

#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

TEST(e164, takes_a_plus_and_seven_to_fifteen_digits) {
    EXPECT_TRUE(is_e164("+61412345678"));
    EXPECT_TRUE(is_e164("+1234567"));
    EXPECT_TRUE(is_e164("+123456789012345"));
    for (const auto* text :
         {"", "+", "0412345678", "+0412345678", "+123456", "+6141234567890123", "+61 412345678", "+61a12345678"}) {
        EXPECT_FALSE(is_e164(text)) << text;
    }
}

TEST(percent_encoding, spares_the_unreserved_alone) {
    EXPECT_EQ(percent_encode("+61 4&=%\r\n'*~-._aZ9"), "%2B61%204%26%3D%25%0D%0A%27%2A~-._aZ9");
    EXPECT_EQ(percent_encode("\xc3\xa9"), "%C3%A9");
}

TEST(percent_encoding, is_undone_by_decoding) {
    std::string bytes;
    for (int c = 0; c < 256; ++c) {
        bytes += static_cast<char>(c);
    }
    EXPECT_EQ(percent_decode(percent_encode(bytes), false), bytes);
}

TEST(session_link, encodes_a_room_name_that_another_program_has_given) {
    EXPECT_EQ(session_link("https://clinic.example/", "apt-1-1700000000-0123abcd"),
              "https://clinic.example/video-session/apt-1-1700000000-0123abcd");
    EXPECT_EQ(session_link("https://clinic.example", "Dr Who/1?"),
              "https://clinic.example/video-session/Dr%20Who%2F1%3F");
    EXPECT_EQ(session_link("https://clinic.example", ""), "");
}

}  // namespace
}  // namespace punctual::domain
