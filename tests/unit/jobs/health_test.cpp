#include "jobs/health.hpp"

#include <gtest/gtest.h>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;

health_report good() {
    return {
        .database_connected = true, .listening = true, .snapshot_loaded = true, .worst_lateness = 0ms, .breakers = {}};
}

TEST(readiness, is_given_when_nothing_is_wrong) {
    const auto verdict = judge(good());
    EXPECT_TRUE(verdict.ready);
    EXPECT_TRUE(verdict.reasons.empty());
}

TEST(readiness, names_everything_that_is_wrong) {
    const auto verdict = judge({.worst_lateness = 60'001ms});
    EXPECT_FALSE(verdict.ready);
    const std::vector<std::string> expected{"database_not_connected", "not_listening", "snapshot_not_loaded",
                                            "messages_late"};
    EXPECT_EQ(verdict.reasons, expected);
}

TEST(readiness, tolerates_a_minute_of_lateness) {
    auto report = good();
    report.worst_lateness = 60s;
    EXPECT_TRUE(judge(report).ready);
}

TEST(readiness, is_refused_before_the_feed_has_not_been_read_for_two_seconds) {
    auto report = good();
    report.feed_age = 1800ms;
    EXPECT_TRUE(judge(report).ready);
    report.feed_age = 1801ms;
    EXPECT_EQ(judge(report).reasons, std::vector<std::string>{"feed_not_read"});
}

TEST(readiness, expects_no_feed_to_be_read_before_the_snapshot) {
    auto report = good();
    report.snapshot_loaded = false;
    report.feed_age = 1h;
    EXPECT_EQ(judge(report).reasons, std::vector<std::string>{"snapshot_not_loaded"});
}

TEST(readiness, only_notes_a_provider_that_is_held) {
    auto report = good();
    report.breakers = {{.provider = "twilio", .open = true}, {.provider = "smtp", .open = false}};
    const auto verdict = judge(report);
    EXPECT_TRUE(verdict.ready);
    EXPECT_EQ(verdict.notes, std::vector<std::string>{"twilio_held"});
}

}  // namespace
}  // namespace punctual::jobs
