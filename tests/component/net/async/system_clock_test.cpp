// The system's clock and its timerfd. Nobody sets the machine's clock here: what a step does to the alarm is in
// wall_wake_test.cpp and, with a clock moved by hand, in the tests of the jobs.

#include "net/async/clock.hpp"

#include "support/loop_fixture.hpp"

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using net::woken;

class wall_alarm : public loop_fixture {
protected:
    std::unique_ptr<net::clock> clock = net::make_system_clock(context);
    std::unique_ptr<net::wall_alarm> alarm = clock->make_wall_alarm();
};

TEST_F(wall_alarm, never_fires_before_its_time) {
    const auto when = clock->wall_now() + 20ms;
    EXPECT_EQ(run(alarm->wait_until(when)), woken::deadline);
    EXPECT_GE(clock->wall_now(), when);
}

TEST_F(wall_alarm, fires_at_once_what_is_past_and_what_is_before_1970) {
    EXPECT_EQ(run(alarm->wait_until(clock->wall_now() - 1h)), woken::deadline);
    EXPECT_EQ(run(alarm->wait_until(wall_time::min())), woken::deadline);
}

TEST_F(wall_alarm, keeps_a_poke_that_came_before_the_wait) {
    alarm->poke();
    EXPECT_EQ(run(alarm->wait_until(wall_time::max())), woken::poked);
}

TEST_F(wall_alarm, is_woken_from_a_wait_without_end) {
    boost::asio::post(context, [this] { boost::asio::post(context, [this] { alarm->poke(); }); });
    EXPECT_EQ(run(alarm->wait_until(wall_time::max())), woken::poked);
}

}  // namespace
}  // namespace punctual::test
