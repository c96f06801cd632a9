#include "net/twilio/account_gate.hpp"
#include "net/twilio/dates.hpp"
#include "net/twilio/retry_after.hpp"

#include <gtest/gtest.h>

namespace punctual::net::twilio {
namespace {

using namespace std::chrono_literals;

const boot_time now{1000s};
// 2019-05-24 17:44:46 UTC
const wall_time wall{std::chrono::sys_days{std::chrono::year{2019} / 5 / 24} + 17h + 44min + 46s};

TEST(retry_after, takes_seconds) {
    EXPECT_EQ(parse_retry_after(" 7 ", wall), 7s);
}

TEST(retry_after, takes_a_date) {
    EXPECT_EQ(parse_retry_after("Fri, 24 May 2019 17:45:16 GMT", wall), 30s);
}

TEST(retry_after, takes_the_old_forms_of_a_date) {
    EXPECT_EQ(parse_retry_after("Friday, 24-May-19 17:45:16 GMT", wall), 30s);
    EXPECT_EQ(parse_retry_after("Fri May 24 17:45:16 2019", wall), 30s);
    const auto fourth = wall - std::chrono::days{20};
    EXPECT_EQ(parse_retry_after("Sat May  4 17:45:16 2019", fourth), 30s);
}

TEST(retry_after, is_capped) {
    EXPECT_EQ(parse_retry_after("99999999999", wall), 300s);
    EXPECT_EQ(parse_retry_after("999999999999999999999999999999999999", wall), 300s);
    EXPECT_EQ(parse_retry_after("Fri, 24 May 2119 17:45:16 GMT", wall), 300s);
}

TEST(retry_after, what_asks_for_no_wait_is_none) {
    for (const auto* text : {"", " ", "0", "-5", "soon", "1.5", "+3", "7s", "Fri, 24 May 2019 17:44:46 GMT",
                             "Fri, 24 May 1970 00:00:00 GMT", "Fri, 99 May 2019 17:44:46 GMT"}) {
        EXPECT_EQ(parse_retry_after(text, wall), std::nullopt) << text;
    }
}

TEST(http_date, takes_two_digits_for_the_year_nearest_to_now) {
    const auto in_year = [](int year) { return wall_time{std::chrono::sys_days{std::chrono::year{year} / 5 / 24}}; };
    EXPECT_EQ(parse_http_date("Friday, 24-May-69 00:00:00 GMT", wall), in_year(2069));
    EXPECT_EQ(parse_http_date("Friday, 24-May-70 00:00:00 GMT", wall), in_year(1970));
    EXPECT_EQ(parse_http_date("Friday, 24-May-00 00:00:00 GMT", wall), in_year(2000));
}

TEST(http_date, refuses_what_is_none) {
    for (const auto* text :
         {"", "Fri May 24 17:45:16 20190", "Fri May 24 17:45:16 -201", "Fri May 32 17:45:16 2019",
          "Fri Mai 24 17:45:16 2019", "Friday, 24-May-19 17:45:16 CET", "Friday, 24-May-2019 17:45:16 GMT",
          "Friday, 24-May-xx 17:45:16 GMT", "Friday, 31-Feb-19 17:45:16 GMT", "2019-05-24T17:45:16Z", ", "}) {
        EXPECT_EQ(parse_http_date(text, wall), std::nullopt) << text;
    }
}

TEST(header_date, reads_an_offset) {
    EXPECT_EQ(parse_header_date("Sat, 25 May 2019 03:44:46 +1000"), wall);
}

TEST(header_date, refuses_other_forms) {
    for (const auto* text :
         {"", "2019-05-24T17:44:46Z", "Fri, 24 May 2019 17:44:46", "Fri, 31 Feb 2019 17:44:46 GMT",
          "Fri, 24 Mai 2019 17:44:46 GMT", "Fri, 24 May 2019 25:44:46 GMT", "Fri, 24 May 2019 17:44:46 +10"}) {
        EXPECT_EQ(parse_header_date(text), std::nullopt) << text;
    }
}

TEST(account_gate, is_open_at_first) {
    EXPECT_EQ(account_gate{}.held(now), 0s);
}

TEST(account_gate, holds_as_long_as_it_was_told) {
    account_gate gate;
    gate.slow_down(now, 30s);
    EXPECT_EQ(gate.held(now), 30s);
    EXPECT_EQ(gate.held(now + 29'500ms), 1s);
    EXPECT_EQ(gate.held(now + 30s), 0s);
}

TEST(account_gate, never_holds_longer_than_five_minutes) {
    account_gate gate;
    gate.slow_down(now, 1h);
    EXPECT_EQ(gate.held(now), 300s);
}

TEST(account_gate, a_later_shorter_wish_does_not_shorten_the_hold) {
    account_gate gate;
    gate.slow_down(now, 60s);
    gate.slow_down(now + 1s, 5s);
    EXPECT_EQ(gate.held(now + 1s), 59s);
}

TEST(account_gate, doubles_its_own_hold_when_it_is_told_nothing) {
    account_gate gate;
    auto at = now;
    for (const auto expected : {2s, 4s, 8s, 16s, 30s, 30s}) {
        gate.slow_down(at, std::nullopt);
        EXPECT_EQ(gate.held(at), expected);
        at += expected;
    }
}

TEST(account_gate, answers_to_requests_sent_before_the_hold_do_not_double_it) {
    account_gate gate;
    gate.slow_down(now, std::nullopt);
    gate.slow_down(now, std::nullopt);
    gate.slow_down(now + 1s, std::nullopt);
    EXPECT_EQ(gate.held(now + 1s), 1s);
}

TEST(account_gate, begins_small_again_after_an_answer) {
    account_gate gate;
    gate.slow_down(now, std::nullopt);
    gate.slow_down(now + 2s, std::nullopt);
    gate.passed();
    gate.slow_down(now + 60s, std::nullopt);
    EXPECT_EQ(gate.held(now + 60s), 2s);
}

}  // namespace
}  // namespace punctual::net::twilio
