#include "net/twilio/access_token.hpp"

#include "domain/base64.hpp"

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include <stdexcept>

namespace punctual::net::twilio {
namespace {

const video_grant grant{.account_sid = "AC00000000000000000000000000000001",
                        .api_key = "SK00000000000000000000000000000001",
                        .api_secret = "thesecret",
                        .identity = "456-patient@example.com",
                        .room = "apt-123-1790000000-abc123de"};

wall_time at(std::int64_t seconds) {
    return wall_time{std::chrono::seconds{seconds}};
}

boost::json::value claims_of(const std::string& token) {
    const auto first = token.find('.');
    return boost::json::parse(domain::from_base64url(token.substr(first + 1, token.rfind('.') - first - 1)).value());
}

TEST(video_token, is_what_a_second_implementation_makes) {
    // Python's hmac over the header and claims in the order of Twilio's library for Node.
    EXPECT_EQ(make_video_token(grant, at(1'795'000'000), at(1'795'007'200)),
              "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImN0eSI6InR3aWxpby1mcGE7dj0xIn0."
              "eyJqdGkiOiJTSzAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAxLTE3OTUwMDAwMDAiLCJncmFudHMiOnsiaWRlbnRpdHkiOiI0"
              "NTYtcGF0aWVudEBleGFtcGxlLmNvbSIsInZpZGVvIjp7InJvb20iOiJhcHQtMTIzLTE3OTAwMDAwMDAtYWJjMTIzZGUifX0sImlhdCI6"
              "MTc5NTAwMDAwMCwiZXhwIjoxNzk1MDA3MjAwLCJpc3MiOiJTSzAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAxIiwic3ViIjoi"
              "QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMSJ9.iv20fhs_QOmKsvHF4iQlki6LwmKjOCDoLuLgHaqkQ7I");
}

TEST(video_token, never_lasts_longer_than_a_day) {
    const auto claims = claims_of(make_video_token(grant, at(1'795'000'000), at(1'795'900'000)));
    EXPECT_EQ(claims.at("exp").as_int64(), 1'795'000'000 + 86'400);
}

TEST(video_token, counts_in_whole_seconds_and_rounds_down) {
    using namespace std::chrono_literals;
    const auto claims = claims_of(make_video_token(grant, at(1'795'000'000) + 900ms, at(1'795'000'100) + 900ms));
    EXPECT_EQ(claims.at("iat").as_int64(), 1'795'000'000);
    EXPECT_EQ(claims.at("exp").as_int64(), 1'795'000'100);
}

TEST(video_token, is_not_made_without_a_room_or_an_identity) {
    auto without_room = grant;
    without_room.room.clear();
    EXPECT_THROW((void)make_video_token(without_room, at(1), at(2)), std::invalid_argument);
    auto without_identity = grant;
    without_identity.identity.clear();
    EXPECT_THROW((void)make_video_token(without_identity, at(1), at(2)), std::invalid_argument);
}

}  // namespace
}  // namespace punctual::net::twilio
