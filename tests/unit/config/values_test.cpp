#include "config/values.hpp"

#include "net/async/loopback.hpp"

#include <gtest/gtest.h>

namespace {

using namespace punctual::config;
using namespace std::chrono_literals;

TEST(config_values, reads_durations) {
    EXPECT_EQ(parse_duration("24h"), 24h);
    EXPECT_EQ(parse_duration("1h30m"), 90min);
    EXPECT_EQ(parse_duration("8s"), 8s);
    EXPECT_EQ(parse_duration("2d"), 48h);
    EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(config_values, refuses_what_is_no_duration) {
    for (const auto* text : {"", "24", "h", "-1h", "1.5h", "1w", "1h ", "99999999999h", "1h30"}) {
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    }
}

TEST(config_values, reads_times_of_day) {
    EXPECT_EQ(parse_time_of_day("21:00"), 21h);
    EXPECT_EQ(parse_time_of_day("00:05"), 5min);
    for (const auto* text : {"24:00", "9:00", "12:60", "12-00", ""}) {
        EXPECT_EQ(parse_time_of_day(text), std::nullopt) << text;
    }
}

TEST(config_values, reads_yes_and_no_as_the_old_stack_did) {
    EXPECT_EQ(parse_bool("True"), true);
    EXPECT_EQ(parse_bool("0"), false);
    EXPECT_EQ(parse_bool("maybe"), std::nullopt);
    EXPECT_EQ(parse_bool(""), std::nullopt);
}

TEST(config_values, takes_the_trailing_slash_off_a_base_url) {
    EXPECT_EQ(parse_base_url("https://clinic.example/"), "https://clinic.example");
    for (const auto* text : {"clinic.example", "ftp://x", "https://", "https://x/?q=1", "https://u:p@x", ""}) {
        EXPECT_EQ(parse_base_url(text), std::nullopt) << text;
    }
}

TEST(config_values, finds_the_bare_address) {
    EXPECT_EQ(bare_address("Clinic <a@b.example>"), "a@b.example");
    EXPECT_EQ(bare_address("a@b.example"), "a@b.example");
    for (const auto* text : {"", "a", "@b", "a@", "x <a@b> y", "a b@c", "a@b\r\nBcc: c@d"}) {
        EXPECT_EQ(bare_address(text), std::nullopt) << text;
    }
}

TEST(config_values, knows_loopback) {
    EXPECT_TRUE(punctual::net::is_loopback_host("127.0.0.1"));
    EXPECT_TRUE(punctual::net::is_loopback_host(host_of("http://[::1]:80/")));
    EXPECT_FALSE(punctual::net::is_loopback_host("128.0.0.1"));
    EXPECT_FALSE(punctual::net::is_loopback_host("127.0.0.1.example.com"));
    EXPECT_FALSE(punctual::net::is_loopback_host("127.example.com"));
}

}  // namespace
