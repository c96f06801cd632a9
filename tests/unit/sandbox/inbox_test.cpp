#include "sandbox/inbox.hpp"

#include "sandbox/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace punctual::sandbox {
namespace {

using namespace std::chrono_literals;

TEST(inbox, numbers_deliveries_and_gives_those_behind_a_number) {
    inbox log;
    for (int i = 0; i < 5; ++i) {
        log.add({});
    }
    const auto found = log.since(2, 2);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0]->n, 3U);
    EXPECT_EQ(found[1]->n, 4U);
}

TEST(inbox, gives_changes_in_the_order_they_happened) {
    inbox log;
    log.add({});
    log.add({});
    const auto before = log.revision();
    log.set_status(1, "delivered", 0);
    const auto found = log.changed_since(before, 10);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0]->n, 1U);
    EXPECT_EQ(log.changed_since(0, 10).back()->n, 1U);
}

TEST(inbox, keeps_the_newest_records_within_its_limits) {
    inbox log{{.records = 3, .raw_bytes = 25}};
    for (int i = 0; i < 10; ++i) {
        log.add({}, std::string(10, 'x'));
    }
    EXPECT_EQ(log.size(), 3U);
    EXPECT_EQ(log.find(7), nullptr);
    EXPECT_NE(log.find(8), nullptr);
    EXPECT_EQ(log.raw(8), "");
    EXPECT_EQ(log.raw(10).size(), 10U);
    EXPECT_EQ(log.changed_since(0, 10).size(), 3U);
    log.set_status(7, "delivered", 0);
    EXPECT_EQ(log.changed_since(0, 10).size(), 3U);
}

TEST(inbox, never_uses_a_number_twice) {
    inbox log;
    log.add({});
    const auto generation = log.generation();
    log.clear();
    EXPECT_TRUE(log.since(0, 10).empty());
    EXPECT_NE(log.generation(), generation);
    EXPECT_EQ(log.add({}), 2U);
}

TEST(text, reads_days_and_instants_as_spans) {
    const auto day = parse_span("2026-11-22");
    ASSERT_TRUE(day);
    EXPECT_EQ(day->second - day->first, 24h);
    const auto second = parse_span("2026-11-22T14:00:00Z");
    ASSERT_TRUE(second);
    EXPECT_EQ(iso_seconds(second->first), "2026-11-22T14:00:00Z");
    for (const auto* wrong :
         {"", "2026-13-01", "2026-02-30", "2026-11-22T14:00:00", "22.11.2026", "2026-11-22T25:00:00Z"}) {
        EXPECT_FALSE(parse_span(wrong)) << wrong;
    }
}

TEST(text, reads_durations) {
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("1s"), 1s);
    EXPECT_EQ(parse_duration("2m"), 2min);
    for (const auto* wrong : {"", "1", "s", "0s", "-1s", "1.5s", "1d"}) {
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace punctual::sandbox
