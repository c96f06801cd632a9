#include "http/bearer.hpp"

#include "domain/base64.hpp"

#include <gtest/gtest.h>

#include <string>

namespace punctual::http {
namespace {

constexpr std::string_view secret = "django-insecure-0123456789abcdefghijklmnop";
constexpr std::string_view plain_header = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::string_view plain_claims = R"({"token_type":"access","exp":1800000000,"iat":1700000000,"user_id":456})";

// Made by Python's hmac and base64 with the same key.
constexpr std::string_view foreign_token =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjoxODAwMDAwMDAwLCJpYXQiOjE3MDAwMDAwMDAsImp0aSI6ImExIiwidXNlcl9pZCI6NDU2fQ."
    "x0MB4f4fGnv835K2_whAT3W7dQxXjZlBI1KFpxj8ZGw";

std::string sign(std::string_view header, std::string_view claims, std::string_view key = secret) {
    auto token = domain::to_base64url(header) + "." + domain::to_base64url(claims);
    const auto signature = net::hmac{net::digest::sha256, key}.mac(token);
    return token + "." + domain::to_base64url(signature);
}

wall_time at(std::int64_t seconds) {
    return wall_time{std::chrono::seconds{seconds}};
}

class bearer : public testing::Test {
protected:
    auto verify(const std::string& authorization, std::int64_t now = 1'750'000'000) {
        return verifier.verify(authorization, at(now));
    }
    auto verify_claims(std::string_view claims, std::int64_t now = 1'750'000'000) {
        return verify("Bearer " + sign(plain_header, claims), now);
    }

    bearer_verifier verifier{secret};
};

TEST_F(bearer, accepts_a_token_that_another_implementation_made) {
    EXPECT_EQ(verify("Bearer " + std::string{foreign_token}), 456);
}

TEST_F(bearer, accepts_the_scheme_in_any_case) {
    EXPECT_EQ(verify("bEARER " + sign(plain_header, plain_claims)), 456);
}

TEST_F(bearer, accepts_a_numeric_string_as_user_id) {
    EXPECT_EQ(verify_claims(R"({"token_type":"access","exp":1800000000,"user_id":"9007199254740993"})"),
              9007199254740993);
}

TEST_F(bearer, accepts_a_kid_and_does_not_look_at_it) {
    EXPECT_EQ(verify("Bearer " + sign(R"({"alg":"HS256","kid":"../../dev/null"})", plain_claims)), 456);
}

TEST_F(bearer, accepts_broken_seconds) {
    EXPECT_EQ(verify_claims(R"({"token_type":"access","exp":1800000000.5,"user_id":4})"), 4);
}

TEST_F(bearer, refuses_a_token_from_its_expiry_on) {
    EXPECT_EQ(verify_claims(plain_claims, 1'799'999'999), 456);
    EXPECT_EQ(verify_claims(plain_claims, 1'800'000'000), std::nullopt);
}

TEST_F(bearer, refuses_a_remembered_token_once_it_has_expired) {
    const auto header = "Bearer " + sign(plain_header, plain_claims);
    ASSERT_EQ(verify(header, 1'799'999'000), 456);
    EXPECT_EQ(verify(header, 1'800'000'001), std::nullopt);
}

TEST_F(bearer, refuses_a_token_before_its_nbf) {
    constexpr std::string_view claims = R"({"token_type":"access","exp":1800000000,"nbf":1760000000,"user_id":4})";
    EXPECT_EQ(verify_claims(claims, 1'759'999'999), std::nullopt);
    EXPECT_EQ(verify_claims(claims, 1'760'000'000), 4);
}

TEST_F(bearer, verifies_more_tokens_than_it_remembers) {
    for (int user = 1; user <= 1500; ++user) {
        const auto claims = R"({"token_type":"access","exp":1800000000,"user_id":)" + std::to_string(user) + "}";
        ASSERT_EQ(verify_claims(claims), user);
    }
}

class refused_bearer : public bearer, public testing::WithParamInterface<std::string> {};

TEST_P(refused_bearer, is_refused) {
    EXPECT_EQ(verify(GetParam()), std::nullopt);
}

std::string changed(std::size_t from_end, char to) {
    auto token = "Bearer " + sign(plain_header, plain_claims);
    token[token.size() - from_end] = to;
    return token;
}

std::string with_claims(std::string_view claims) {
    return "Bearer " + sign(plain_header, claims);
}

const std::string good = sign(plain_header, plain_claims);
const std::string unsigned_part = good.substr(0, good.rfind('.') + 1);

INSTANTIATE_TEST_SUITE_P(
    attacks, refused_bearer,
    testing::Values(
        "", "Bearer", "Bearer ", "Bearer a", "Bearer a.b", "Bearer ..", "Bearer a.b.c.d", "Basic " + good, good,
        "Bearer  " + good, "Bearer " + good + " ", "Bearer " + good + "=", "Bearer " + good + ".x",
        "Bearer " + std::string(5000, 'a'),
        // no signature, of every spelling of "none"
        "Bearer " + domain::to_base64url(R"({"alg":"none"})") + "." + domain::to_base64url(plain_claims) + ".",
        "Bearer " + unsigned_part, "Bearer " + sign(R"({"alg":"none"})", plain_claims),
        "Bearer " + sign(R"({"alg":"None"})", plain_claims), "Bearer " + sign(R"({"alg":"hs256"})", plain_claims),
        "Bearer " + sign(R"({"alg":"HS512"})", plain_claims), "Bearer " + sign(R"({"alg":"RS256"})", plain_claims),
        "Bearer " + sign(R"({"alg":["HS256"]})", plain_claims), "Bearer " + sign(R"({"typ":"JWT"})", plain_claims),
        "Bearer " + sign(R"({"alg":"HS256","crit":["b64"],"b64":false})", plain_claims),
        "Bearer " + sign("[]", plain_claims), "Bearer " + sign("", plain_claims),
        // other keys
        "Bearer " + sign(plain_header, plain_claims, ""), "Bearer " + sign(plain_header, plain_claims, "guess"),
        // changed signature and claims; the last character has two stray bits
        changed(5, '!'), changed(5, '+'), changed(20, good[good.size() - 20] == 'A' ? 'B' : 'A'),
        "Bearer " + domain::to_base64url(plain_header) + "." +
            domain::to_base64url(R"({"token_type":"access","exp":1800000000,"user_id":1})") +
            good.substr(good.rfind('.')),
        // claims
        with_claims(R"({"token_type":"refresh","exp":1800000000,"user_id":456})"),
        with_claims(R"({"exp":1800000000,"user_id":456})"), with_claims(R"({"token_type":"access","user_id":456})"),
        with_claims(R"({"token_type":"access","exp":"1800000000","user_id":456})"),
        with_claims(R"({"token_type":"access","exp":null,"user_id":456})"),
        with_claims(R"({"token_type":"access","exp":1800000000,"nbf":"x","user_id":456})"),
        with_claims(R"({"token_type":"access","exp":1800000000})"),
        with_claims(R"({"token_type":"access","exp":1800000000,"user_id":0})"),
        with_claims(R"({"token_type":"access","exp":1800000000,"user_id":-4})"),
        with_claims(R"({"token_type":"access","exp":1800000000,"user_id":4.5})"),
        with_claims(R"({"token_type":"access","exp":1800000000,"user_id":true})"),
        with_claims(R"({"token_type":"access","exp":1800000000,"user_id":"-4"})"),
        with_claims(R"({"token_type":"access","exp":1800000000,"user_id":"4 "})"),
        with_claims(R"({"token_type":"access","exp":1800000000,"user_id":"1e3"})"),
        with_claims(R"({"token_type":"access","exp":1800000000,"user_id":"0x1"})"),
        with_claims(R"({"token_type":"access","exp":1800000000,"user_id":"99999999999999999999"})"),
        with_claims(R"({"token_type":"access","exp":1800000000,"user_id":"1' OR '1'='1"})"), with_claims("[]"),
        with_claims("{"), with_claims(std::string(600, '[') + std::string(600, ']'))));

}  // namespace
}  // namespace punctual::http
