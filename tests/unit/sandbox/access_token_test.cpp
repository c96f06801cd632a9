#include "sandbox/access_token.hpp"

#include "sandbox/crypto.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace punctual::sandbox {
namespace {

using namespace std::chrono_literals;

const wall_time now{std::chrono::seconds{1'800'000'000}};
const account of{"AC0123456789abcdef0123456789abcdef", "token", "SK0123456789abcdef0123456789abcdef", "secret"};

std::string url_safe(std::string_view text) {
    auto made = base64(text);
    std::ranges::replace(made, '+', '-');
    std::ranges::replace(made, '/', '_');
    made.erase(made.find_last_not_of('=') + 1);
    return made;
}

struct parts {
    std::string header = R"({"typ":"JWT","alg":"HS256","cty":"twilio-fpa;v=1"})";
    std::string issuer = of.api_key;
    std::string subject = of.sid;
    std::string times = R"("iat":1800000000,"exp":1800007200)";
    std::string grants = R"({"identity":"456-patient","video":{"room":"apt-1"}})";
    std::string secret = of.api_secret;
};

std::string sign(const parts& from) {
    const auto claims = R"({"jti":"x","iss":")" + from.issuer + R"(","sub":")" + from.subject + R"(",)" + from.times +
                        R"(,"grants":)" + from.grants + "}";
    const auto text = url_safe(from.header) + "." + url_safe(claims);
    return text + "." + url_safe(hmac_sha256(from.secret, text));
}

int refusal(const parts& from) {
    const auto grants = verify_access_token(sign(from), of, now);
    return grants ? 0 : grants.error().code;
}

TEST(access_token, accepts_a_token_and_tells_its_grants) {
    const auto grants = verify_access_token(sign({}), of, now);
    ASSERT_TRUE(grants);
    EXPECT_EQ(grants->identity, "456-patient");
    EXPECT_EQ(grants->room, "apt-1");
    EXPECT_EQ(grants->expires_at, now + 2h);
}

TEST(access_token, refuses_with_twilios_codes) {
    EXPECT_EQ(refusal({.header = R"({"typ":"JWT","alg":"HS256"})"}), 20102);
    EXPECT_EQ(refusal({.header = R"({"typ":"JWT","alg":"none","cty":"twilio-fpa;v=1"})"}), 20102);
    EXPECT_EQ(refusal({.issuer = "SK00000000000000000000000000000000"}), 20103);
    EXPECT_EQ(refusal({.subject = of.api_key}), 20103);
    EXPECT_EQ(refusal({.times = R"("exp":1800000000)"}), 20104);
    EXPECT_EQ(refusal({.times = R"("exp":1800086401)"}), 20104);
    EXPECT_EQ(refusal({.times = R"("iat":1)"}), 20104);
    EXPECT_EQ(refusal({.times = R"("exp":1800007200,"nbf":1800000001)"}), 20105);
    EXPECT_EQ(refusal({.grants = R"({"identity":"a"})"}), 20106);
    EXPECT_EQ(refusal({.grants = R"({"video":{}})"}), 20106);
    EXPECT_EQ(refusal({.secret = "other"}), 20107);
}

TEST(access_token, refuses_what_is_no_token) {
    for (const auto* text : {"", "a", "a.b", "a.b.c", "....", "e30.e30.e30"}) {
        EXPECT_FALSE(verify_access_token(text, of, now)) << text;
    }
    EXPECT_EQ(verify_access_token("a.b.c.d", of, now).error().code, 20101);
}

}  // namespace
}  // namespace punctual::sandbox
