#include "domain/policy.hpp"

#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

TEST(policy, names_every_kind_at_its_number_and_finds_it_again) {
    const auto rules = default_policy();
    const auto names = all_kind_names(rules);
    ASSERT_EQ(names, (std::vector<std::string>{"confirmation", "cancellation", "reschedule", "staff_alert", "nudge",
                                               "reminder_24h", "reminder_1h", "reminder_15m"}));
    for (std::size_t number = 0; number < names.size(); ++number) {
        const auto found = find_kind(rules, names[number]);
        ASSERT_TRUE(found.has_value()) << names[number];
        EXPECT_EQ(static_cast<std::size_t>(*found), number);
        EXPECT_EQ(kind_name(rules, *found), names[number]);
    }
}

TEST(policy, knows_no_kind_of_yesterdays_plan) {
    EXPECT_EQ(find_kind(default_policy(), "reminder_48h"), std::nullopt);
    EXPECT_EQ(kind_name(default_policy(), reminder_kind(3)), "");
}

}  // namespace
}  // namespace punctual::domain
