// The whole daemon while its wall clock is stepped, by a preloaded library that the kernel knows nothing of: no timer
// is told. The database's clock stays where it is, as a host's does whose own clock was set wrong.

#include "support/clinic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;

class moved_clock : public testing::Test {
protected:
    moved_clock() {
        set(0s);
        clinic_.environment["LD_PRELOAD"] = PUNCTUAL_FAKETIME;
        clinic_.environment["FAKETIME_TIMESTAMP_FILE"] = file_.string();
        clinic_.environment["FAKETIME_NO_CACHE"] = "1";
        clinic_.environment["ASAN_OPTIONS"] = "verify_asan_link_order=0";
        // The wall clock alone.
        clinic_.environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        patient_ = clinic_.add_patient();
        psychologist_ = clinic_.add_psychologist();
        clinic_.start();
    }

    void set(std::chrono::seconds ahead) {
        const auto fresh = file_.string() + ".new";
        std::ofstream{fresh} << (ahead < 0s ? "-" : "+") << std::chrono::abs(ahead).count() << "\n";
        std::filesystem::rename(fresh, file_);
    }
    void book(std::chrono::milliseconds ahead) { clinic_.book(patient_, psychologist_, ahead); }
    [[nodiscard]] bool stepped(std::size_t times) {
        return becomes_true(
            [&] {
                const auto text = clinic_.daemon().output();
                std::size_t found = 0;
                for (auto at = text.find("wall_clock_set"); at != std::string::npos;
                     at = text.find("wall_clock_set", at + 1)) {
                    ++found;
                }
                return found >= times;
            },
            10s);
    }
    void expect_each_once() {
        EXPECT_EQ(clinic_.stop(), 0);
        std::set<std::string> seen;
        for (const auto& one : clinic_.arrivals()) {
            EXPECT_TRUE(seen.insert(one.delivery).second) << one.kind << " twice";
        }
    }

    // Reminders 30 s, 20 s and 1 s before the start.
    clinic clinic_{compressed_plan(30, 20, 1)};
    std::filesystem::path file_ = clinic_.folder() / "clock";
    std::int64_t patient_ = 0;
    std::int64_t psychologist_ = 0;
};

TEST_F(moved_clock, forward_makes_due_what_it_passes_at_once_and_nothing_else) {
    book(3h);
    book(4h);
    ASSERT_TRUE(clinic_.arrives("confirmation", 4, 10s)) << clinic_.daemon().output();
    const auto began = std::chrono::steady_clock::now();
    set(3h);
    ASSERT_TRUE(clinic_.arrives("reminder_15m", 3, 10s)) << clinic_.daemon().output();
    EXPECT_LE(std::chrono::steady_clock::now() - began, 5s);
    // What came too late for its use is not sent beside it, and the other visit is an hour away.
    EXPECT_EQ(clinic_.count("reminder_24h") + clinic_.count("reminder_1h"), 0U);
    EXPECT_EQ(clinic_.count("reminder_15m"), 3U);
    expect_each_once();
}

TEST_F(moved_clock, back_and_forth_sends_nothing_again_and_nothing_early) {
    book(4s);
    ASSERT_TRUE(clinic_.arrives("reminder_15m", 3, 15s)) << clinic_.daemon().output();
    const auto before = clinic_.arrivals().size();
    set(-3h);
    ASSERT_TRUE(stepped(1)) << clinic_.daemon().output();
    EXPECT_EQ(clinic_.get("/healthz").status, 200);
    set(0s);
    ASSERT_TRUE(stepped(2)) << clinic_.daemon().output();
    book(4s);
    ASSERT_TRUE(clinic_.arrives("reminder_15m", 6, 15s)) << clinic_.daemon().output();
    EXPECT_LE(clinic_.arrivals().size(), 2 * before);
    EXPECT_EQ(clinic_.sql("select count(*) from punctual.delivery where accepted_at < due_at"), "0");
    expect_each_once();
}

// A suspended host: nothing runs, and the clock goes on.
TEST_F(moved_clock, that_ran_on_while_the_process_stood_sends_what_is_of_use_and_once) {
    book(1h);
    book(1h);
    ASSERT_TRUE(clinic_.arrives("confirmation", 4, 10s)) << clinic_.daemon().output();
    clinic_.daemon().signal(SIGSTOP);
    set(1h);
    clinic_.daemon().signal(SIGCONT);
    // Five minutes after the start are allowed to the last of them.
    ASSERT_TRUE(clinic_.arrives("reminder_15m", 6, 10s)) << clinic_.daemon().output();
    EXPECT_EQ(clinic_.count("reminder_24h") + clinic_.count("reminder_1h"), 0U);
    EXPECT_TRUE(becomes_true([&] { return clinic_.get("/readyz").status == 200; }, 10s));
    expect_each_once();
}

}  // namespace
