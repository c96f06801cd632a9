#include "net/async/clock.hpp"

#include <gtest/gtest.h>

namespace punctual::net {
namespace {

TEST(wall_wake, tells_a_step_before_a_poke_and_keeps_the_poke) {
    bool poked = true;
    EXPECT_EQ(wall_wake(true, true, poked), woken::clock_set);
    EXPECT_TRUE(poked);
    EXPECT_EQ(wall_wake(false, false, poked), woken::poked);
    EXPECT_FALSE(poked);
}

TEST(wall_wake, tells_a_poke_once) {
    bool poked = true;
    EXPECT_EQ(wall_wake(true, false, poked), woken::poked);
    EXPECT_EQ(wall_wake(false, false, poked), woken::deadline);
}

TEST(wall_wake, tells_an_aborted_wait_that_nobody_poked) {
    bool poked = false;
    EXPECT_EQ(wall_wake(true, false, poked), woken::cancelled);
}

}  // namespace
}  // namespace punctual::net
