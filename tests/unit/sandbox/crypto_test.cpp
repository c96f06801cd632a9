#include "sandbox/crypto.hpp"

#include <gtest/gtest.h>

#include <string>

namespace punctual::sandbox {
namespace {

// Twilio's own vectors, from the tests of its helper libraries; the auth token is 12345.
const form call{{"CallSid", "CA1234567890ABCDE"},
                {"Caller", "+14158675309"},
                {"Digits", "1234"},
                {"From", "+14158675309"},
                {"To", "+18005551212"}};

TEST(twilio_signature, signs_the_url_and_the_sorted_parameters) {
    EXPECT_EQ(twilio_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", call),
              "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    EXPECT_EQ(twilio_signature("12345", "https://mycompany.com:443/myapp.php?foo=1&bar=2", call),
              "kvajT1Ptam85bY51eRf/AJRuM3w=");
    EXPECT_EQ(twilio_signature("12345", "http://mycompany.com:1234/myapp.php?foo=1&bar=2", call),
              "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=");
}

TEST(twilio_signature, takes_a_repeated_value_once) {
    const form repeated{
        {"Digits", "5678"}, {"Digits", "1234"}, {"Digits", "1234"}, {"Sid", "CA123"}, {"SidAccount", "AC123"}};
    EXPECT_EQ(twilio_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", repeated),
              "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
}

TEST(twilio_signature, signs_the_url_alone_without_parameters) {
    EXPECT_EQ(twilio_signature("12345",
                               "https://mycompany.com/myapp.php?bodySHA256="
                               "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
                               {}),
              "y77kIzt2vzLz71DgmJGsen2scGs=");
}

TEST(base64, gives_back_what_it_was_given) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        EXPECT_EQ(base64_decode(base64(bytes)), bytes) << i;
        bytes += static_cast<char>(i);
    }
}

TEST(base64, refuses_what_is_none) {
    EXPECT_FALSE(base64_decode("a"));
    EXPECT_FALSE(base64_decode("ab*d"));
    EXPECT_FALSE(base64_decode("ab+/", true));
}

TEST(form, decodes_plus_and_percent_and_leaves_broken_ones) {
    EXPECT_EQ(parse_form("To=%2B61+4&x=%zz&y=%4"), (form{{"To", "+61 4"}, {"x", "%zz"}, {"y", "%4"}}));
}

TEST(form, comes_back_from_its_encoding) {
    const form fields{{"a b", "+&=%"}, {"ü", "\r\n"}, {"empty", ""}};
    EXPECT_EQ(parse_form(encode_form(fields)), fields);
}

TEST(form, knows_utf8) {
    EXPECT_TRUE(is_utf8("Ø 漢 😀"));
    EXPECT_FALSE(is_utf8("\xC0\x80"));
    EXPECT_FALSE(is_utf8("\xED\xA0\x80"));
    EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));
    EXPECT_FALSE(is_utf8("a\xE2\x80"));
}

}  // namespace
}  // namespace punctual::sandbox
