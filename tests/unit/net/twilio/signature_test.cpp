// Vectors of Twilio's own libraries (docs/twilio.md, webhooks), recomputed with Python's hmac.

#include "net/twilio/signature.hpp"

#include <gtest/gtest.h>

#include <string>

namespace punctual::net::twilio {
namespace {

constexpr std::string_view auth_token = "12345";
constexpr std::string_view url = "https://mycompany.com/myapp.php?foo=1&bar=2";
constexpr std::string_view body =
    "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
constexpr std::string_view plain = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

bool valid(std::string_view at, std::string_view signature, std::string_view form = body, bool is_form = true) {
    return is_signed_by_twilio(auth_token, {.url = at, .body = form, .is_form = is_form, .signature = signature});
}

TEST(twilio_signature, accepts_the_url_as_it_is) {
    EXPECT_TRUE(valid(url, plain));
}

TEST(twilio_signature, accepts_a_signature_without_the_port_of_the_url) {
    EXPECT_TRUE(valid("https://mycompany.com:1234/myapp.php?foo=1&bar=2", plain));
}

TEST(twilio_signature, accepts_a_signature_with_the_standard_port) {
    EXPECT_TRUE(valid(url, "kvajT1Ptam85bY51eRf/AJRuM3w="));
    EXPECT_TRUE(valid("http://mycompany.com/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4="));
}

TEST(twilio_signature, accepts_a_signature_with_the_urls_own_port) {
    EXPECT_TRUE(valid("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="));
}

TEST(twilio_signature, counts_a_doubled_value_once_and_sorts_values_of_a_name) {
    constexpr std::string_view signature = "IK+Dwps556ElfBT0I3Rgjkr1wJU=";
    EXPECT_TRUE(valid(url, signature, "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234"));
    EXPECT_TRUE(valid(url, signature, "Digits=1234&SidAccount=AC123&Digits=5678&Sid=CA123"));
}

TEST(twilio_signature, accepts_a_json_body_bound_by_its_hash) {
    const std::string at =
        std::string{url} + "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    constexpr std::string_view json = R"({"property": "value", "boolean": true})";
    EXPECT_TRUE(valid(at, "a9nBmqA0ju/hNViExpshrM61xv4=", json, false));
    EXPECT_FALSE(valid(at, "a9nBmqA0ju/hNViExpshrM61xv4=", R"({"property": "other", "boolean": true})", false));
    EXPECT_TRUE(valid(
        "https://mycompany.com/myapp.php?bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
        "y77kIzt2vzLz71DgmJGsen2scGs=", json, false));
}

TEST(twilio_signature, accepts_an_empty_json_object_signed_with_the_port) {
    const std::string at =
        std::string{url} + "&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    EXPECT_TRUE(valid(at, "Ldidvp12m26NI7eqEvxnEpkd9Hc=", "{}", false));
}

TEST(twilio_signature, refuses_a_json_body_without_a_hash) {
    const auto signature = sign_request(auth_token, url, {});
    EXPECT_TRUE(valid(url, signature, "", false));
    EXPECT_FALSE(valid(url, signature, "{}", false));
}

TEST(twilio_signature, keeps_user_information_of_the_url) {
    constexpr std::string_view at = "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2";
    EXPECT_TRUE(valid(at, "CukzLTc1tT5dXEDIHm/tKBanW10="));
    EXPECT_TRUE(valid(at, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="));
}

TEST(twilio_signature, accepts_the_query_as_old_libraries_encode_it) {
    EXPECT_TRUE(valid(std::string{url} + "&Body=It's+amazing", "TfZzewPq8wqrGlMfyAud8+/IvJ0="));
}

TEST(twilio_signature, keeps_empty_fields_and_does_not_trim) {
    const form_fields fields{{"A", ""}, {"B", " x "}};
    EXPECT_TRUE(valid(url, sign_request(auth_token, url, fields), "A=&B=+x+"));
    EXPECT_FALSE(valid(url, sign_request(auth_token, url, fields), "B=+x+&C=1"));
}

TEST(twilio_signature, handles_a_bracketed_address) {
    constexpr std::string_view at = "http://[::1]:8000/x";
    EXPECT_TRUE(valid(at, sign_request(auth_token, "http://[::1]/x", {}), ""));
    EXPECT_TRUE(valid("http://[::1]/x", sign_request(auth_token, "http://[::1]:80/x", {}), ""));
}

TEST(twilio_signature, refuses_what_differs_in_anything) {
    EXPECT_FALSE(valid(url, ""));
    EXPECT_FALSE(valid(url, "RSOYDt4T1cUTdK1PDd93/VVr8B9="));
    EXPECT_FALSE(valid(url, "rsoydt4t1cutdk1pdd93/vvr8b8="));
    EXPECT_FALSE(valid(url, std::string{plain} + "="));
    EXPECT_FALSE(valid("http://mycompany.com/myapp.php?foo=1&bar=2", plain));
    EXPECT_FALSE(valid("https://mycompany.com.evil.org/myapp.php?foo=1&bar=2", plain));
    EXPECT_FALSE(valid("https://mycompany.com/myapp.php?bar=2&foo=1", plain));
    EXPECT_FALSE(valid("https://mycompany.com/myapp.php?foo=1&bar=2&x=1", plain));
    EXPECT_FALSE(valid(url, plain, std::string{body} + "&More=1"));
    EXPECT_FALSE(valid(url, plain, "Digits=1234"));
    EXPECT_FALSE(valid(url, plain, "CallSid=%ZZ"));
}

TEST(twilio_signature, refuses_everything_without_a_token) {
    EXPECT_FALSE(is_signed_by_twilio("", {.url = url, .body = body, .signature = sign_request("", url, {})}));
}

TEST(twilio_form, reads_fields_in_order_and_undoes_the_encoding) {
    const auto fields = parse_form("a=1&&b=x+y%2Bz&c&d=a=b");
    ASSERT_TRUE(fields);
    const form_fields expected{{"a", "1"}, {"b", "x y+z"}, {"c", ""}, {"d", "a=b"}};
    EXPECT_EQ(*fields, expected);
    EXPECT_EQ(find_field(*fields, "b"), "x y+z");
    EXPECT_EQ(find_field(*fields, "B"), "");
    EXPECT_FALSE(parse_form("a=%4"));
}

}  // namespace
}  // namespace punctual::net::twilio
