#include "net/async/keep_running.hpp"

#include "support/jobs_fixture.hpp"

#include <stdexcept>

namespace punctual::test {
namespace {

class keep_running : public jobs_fixture {
protected:
    net::task<> work(std::chrono::seconds time) {
        ++begun;
        const auto alarm = clock.make_alarm();
        if (co_await alarm->wait_until(clock.boot_now() + time) == net::woken::cancelled) {
            co_return;
        }
        if (breaks > 0) {
            --breaks;
            throw std::logic_error{"a bug"};
        }
    }
    void start(std::chrono::seconds each = 0s) {
        run(net::keep_running("work", [this, each] { return work(each); }, clock, log, *metrics));
        settle();
    }

    int begun = 0;
    int breaks = 0;
};

TEST_F(keep_running, ends_when_its_child_ends) {
    start();
    EXPECT_EQ(begun, 1);
    EXPECT_EQ(group.size(), 0U);
    EXPECT_TRUE(log.lines.empty());
}

TEST_F(keep_running, begins_again_later_each_time) {
    breaks = 4;
    start();
    EXPECT_EQ(begun, 1);
    advance(99ms);
    EXPECT_EQ(begun, 1);
    advance(1ms);
    EXPECT_EQ(begun, 2);
    advance(200ms);
    EXPECT_EQ(begun, 3);
    advance(400ms);
    EXPECT_EQ(begun, 4);
    advance(800ms);
    EXPECT_EQ(begun, 5);
    EXPECT_EQ(group.size(), 0U);
    EXPECT_TRUE(logged("task_broke task=work error=std::logic_error: a bug again_in_ms=800"));
}

TEST_F(keep_running, waits_no_longer_than_five_seconds) {
    breaks = 1000;
    start();
    advance(1min);
    const auto before = begun;
    advance(50s);
    EXPECT_EQ(begun, before + 10);
}

TEST_F(keep_running, forgets_after_a_minute_of_good_work) {
    breaks = 1000;
    start(61s);
    advance(61s);
    advance(100ms);
    EXPECT_EQ(begun, 2);
    advance(61s);
    advance(100ms);
    EXPECT_EQ(begun, 3);
}

TEST_F(keep_running, ends_when_it_is_cancelled_in_its_pause) {
    breaks = 1;
    start();
    boost::asio::post(context, [this] { group.cancel(); });
    settle();
    EXPECT_EQ(group.size(), 0U);
    EXPECT_EQ(begun, 1);
}

}  // namespace
}  // namespace punctual::test
