#include "net/smtp/pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace punctual::net::smtp {
namespace {

using namespace std::chrono_literals;

constexpr pool_limits limits{.size = 2, .mails_per_connection = 3, .idle_limit = 60s, .probe_after = 10s};
constexpr boot_time start = boot_time{} + 1h;

TEST(smtp_pool, never_grants_more_than_its_size) {
    pool slots{limits};
    const auto first = slots.acquire(start);
    const auto second = slots.acquire(start);
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->slot, second->slot);
    EXPECT_FALSE(first->kept);
    EXPECT_FALSE(slots.acquire(start));
    EXPECT_EQ(slots.busy(), 2U);
}

TEST(smtp_pool, prefers_the_most_recently_used_connection) {
    pool slots{limits};
    const auto first = slots.acquire(start);
    const auto second = slots.acquire(start);
    EXPECT_TRUE(slots.release(first->slot, true, start + 1s));
    EXPECT_TRUE(slots.release(second->slot, true, start + 2s));
    const auto next = slots.acquire(start + 3s);
    EXPECT_EQ(next->slot, second->slot);
    EXPECT_TRUE(next->kept);
    EXPECT_FALSE(next->needs_probe);
}

TEST(smtp_pool, prefers_a_kept_connection_to_a_new_one) {
    pool slots{limits};
    const auto first = slots.acquire(start);
    const auto second = slots.acquire(start);
    EXPECT_FALSE(slots.release(first->slot, false, start));
    EXPECT_TRUE(slots.release(second->slot, true, start));
    EXPECT_EQ(slots.acquire(start)->slot, second->slot);
}

TEST(smtp_pool, asks_for_a_probe_after_a_pause) {
    pool slots{limits};
    const auto first = slots.acquire(start);
    EXPECT_TRUE(slots.release(first->slot, true, start));
    EXPECT_TRUE(slots.acquire(start + 10s)->needs_probe);
}

TEST(smtp_pool, ends_a_connection_after_its_number_of_mails) {
    pool slots{limits};
    for (int mail = 1; mail <= 3; ++mail) {
        const auto grant = slots.acquire(start);
        EXPECT_EQ(grant->kept, mail > 1);
        EXPECT_EQ(slots.is_last(grant->slot), mail == 3);
        EXPECT_EQ(slots.release(grant->slot, true, start), mail < 3);
    }
    EXPECT_FALSE(slots.acquire(start)->kept);
}

TEST(smtp_pool, counts_anew_for_a_connection_that_was_replaced) {
    pool slots{limits};
    auto grant = slots.acquire(start);
    EXPECT_TRUE(slots.release(grant->slot, true, start));
    grant = slots.acquire(start);
    EXPECT_TRUE(slots.release(grant->slot, true, start));
    grant = slots.acquire(start);
    slots.renewed(grant->slot);
    EXPECT_TRUE(slots.release(grant->slot, true, start));
}

TEST(smtp_pool, gives_idle_connections_up_when_their_time_is_over) {
    pool slots{limits};
    EXPECT_FALSE(slots.next_expiry());
    const auto first = slots.acquire(start);
    const auto second = slots.acquire(start);
    EXPECT_TRUE(slots.release(first->slot, true, start));
    EXPECT_TRUE(slots.release(second->slot, true, start + 5s));
    EXPECT_EQ(slots.next_expiry(), start + 60s);
    EXPECT_FALSE(slots.take_expired(start + 59s));
    EXPECT_EQ(slots.take_expired(start + 60s), first->slot);
    EXPECT_FALSE(slots.take_expired(start + 60s));
    EXPECT_FALSE(slots.release(first->slot, false, start + 60s));
    EXPECT_EQ(slots.next_expiry(), start + 65s);
}

TEST(smtp_pool, gives_all_idle_connections_up_on_demand) {
    pool slots{limits};
    const auto first = slots.acquire(start);
    EXPECT_TRUE(slots.release(first->slot, true, start));
    EXPECT_EQ(slots.take_expired(start, true), first->slot);
    EXPECT_FALSE(slots.take_expired(start, true));
}

TEST(smtp_pool, grants_no_slot_twice_whatever_the_order) {
    std::mt19937 random{7};
    pool slots{{.size = 5, .mails_per_connection = 4, .idle_limit = 3s, .probe_after = 1s}};
    std::vector<std::size_t> held;
    auto now = start;
    for (int step = 0; step < 20000; ++step) {
        now += std::chrono::milliseconds{random() % 500};
        if (random() % 2 == 0) {
            const auto grant = slots.acquire(now);
            ASSERT_EQ(grant.has_value(), held.size() < 5);
            if (grant) {
                ASSERT_EQ(std::count(held.begin(), held.end(), grant->slot), 0);
                held.push_back(grant->slot);
            }
        } else if (!held.empty()) {
            (void)slots.release(held.back(), random() % 4 != 0, now);
            held.pop_back();
        }
        if (const auto old = slots.take_expired(now)) {
            ASSERT_EQ(std::count(held.begin(), held.end(), *old), 0);
            (void)slots.release(*old, false, now);
        }
        ASSERT_EQ(slots.busy(), held.size());
    }
}

}  // namespace
}  // namespace punctual::net::smtp
