#include "jobs/set_aside.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;

constexpr boot_time start{1h};
constexpr std::size_t all = 100;

class set_aside_test : public testing::Test {
protected:
    set_aside<int, std::string> subject{2};
};

TEST_F(set_aside_test, rests_for_twice_as_long_each_time) {
    auto now = start;
    for (const auto pause : {5s, 10s, 20s, 40s}) {
        ASSERT_TRUE(subject.add(1, "row", now));
        EXPECT_TRUE(subject.rests(1, now + pause - 1ms));
        EXPECT_FALSE(subject.rests(1, now + pause));
        now += pause;
    }
}

TEST_F(set_aside_test, rests_for_ten_minutes_at_most) {
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(subject.add(1, "row", start));
    }
    EXPECT_TRUE(subject.rests(1, start + 10min - 1ms));
    EXPECT_FALSE(subject.rests(1, start + 10min));
}

TEST_F(set_aside_test, gives_what_is_due_until_it_is_removed) {
    ASSERT_TRUE(subject.add(1, "one", start));
    ASSERT_TRUE(subject.add(2, "two", start + 1s));
    EXPECT_TRUE(subject.due(start, all).empty());
    EXPECT_EQ(subject.due(start + 5s, all), std::vector<std::string>{"one"});
    EXPECT_EQ(subject.due(start + 6s, all), (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(subject.due(start + 6s, 1), std::vector<std::string>{"one"});
    subject.remove(1);
    EXPECT_EQ(subject.due(start + 6s, all), std::vector<std::string>{"two"});
}

TEST_F(set_aside_test, says_when_the_next_is_due) {
    EXPECT_EQ(subject.next(), boot_time::max());
    ASSERT_TRUE(subject.add(1, "one", start + 1s));
    ASSERT_TRUE(subject.add(2, "two", start));
    EXPECT_EQ(subject.next(), start + 5s);
}

TEST_F(set_aside_test, keeps_what_came_last_under_a_key) {
    ASSERT_TRUE(subject.add(1, "old", start));
    ASSERT_TRUE(subject.add(1, "new", start));
    EXPECT_EQ(*subject.find(1), "new");
    EXPECT_EQ(subject.size(), 1U);
}

TEST_F(set_aside_test, begins_with_the_short_rest_again_for_what_went_well_meanwhile) {
    ASSERT_TRUE(subject.add(1, "row", start));
    ASSERT_TRUE(subject.add(1, "row", start));
    subject.remove(1);
    ASSERT_TRUE(subject.add(1, "row", start));
    EXPECT_FALSE(subject.rests(1, start + 5s));
}

TEST_F(set_aside_test, takes_no_more_than_its_bound) {
    ASSERT_TRUE(subject.add(1, "one", start));
    ASSERT_TRUE(subject.add(2, "two", start));
    EXPECT_TRUE(subject.full());
    EXPECT_FALSE(subject.add(3, "three", start));
    EXPECT_EQ(subject.find(3), nullptr);
    EXPECT_TRUE(subject.add(2, "two again", start)) << "which has its place";
}

TEST_F(set_aside_test, drops_what_is_not_wanted_any_more) {
    ASSERT_TRUE(subject.add(1, "one", start));
    ASSERT_TRUE(subject.add(2, "two", start));
    subject.keep_only([](int key) { return key == 2; });
    EXPECT_EQ(subject.find(1), nullptr);
    EXPECT_NE(subject.find(2), nullptr);
}

}  // namespace
}  // namespace punctual::jobs
