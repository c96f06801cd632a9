#include "net/crypto/hmac.hpp"

#include <gtest/gtest.h>

#include <string>

namespace punctual::net {
namespace {

std::string hex(std::string_view bytes) {
    std::string out;
    for (const char byte : bytes) {
        const auto c = static_cast<unsigned char>(byte);
        out += "0123456789abcdef"[c >> 4U];
        out += "0123456789abcdef"[c & 15U];
    }
    return out;
}

TEST(hmac, gives_the_values_of_the_rfcs) {
    // RFC 2202 §3 case 2 and RFC 4231 §4.3.
    EXPECT_EQ(hex(hmac(digest::sha1, "Jefe").mac("what do ya want for nothing?")),
              "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    EXPECT_EQ(hex(hmac(digest::sha256, "Jefe").mac("what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(hmac, starts_anew_for_each_text_and_takes_an_empty_key) {
    const hmac key{digest::sha256, ""};
    const auto first = key.mac("");
    EXPECT_EQ(hex(first), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    EXPECT_NE(key.mac("x"), first);
    EXPECT_EQ(key.mac(""), first);
}

TEST(sha256, gives_the_known_value) {
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(constant_time, compares_contents_and_lengths) {
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
    EXPECT_TRUE(equal_in_constant_time("", ""));
}

}  // namespace
}  // namespace punctual::net
