#include "net/async/keep_running.hpp"

#include <algorithm>
#include <utility>

namespace punctual::net {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds first_pause = 100ms;
constexpr std::chrono::milliseconds longest_pause = 5s;
constexpr auto good_work = 60s;

task<std::exception_ptr> outcome_of(task<> child) {
    std::exception_ptr why;
    try {
        co_await std::move(child);
    } catch (...) {
        why = std::current_exception();
    }
    co_return why;
}

}  // namespace

std::string describe(const std::exception_ptr& why) {
    try {
        std::rethrow_exception(why);
    } catch (const std::exception& thrown) {
        return thrown.what();
    } catch (...) {
        return "not a std::exception";
    }
}

task<> keep_running(std::string name, std::function<task<>()> begin, clock& clock, logger& log) {
    const auto alarm = clock.make_alarm();
    auto pause = first_pause;
    for (;;) {
        const auto began = clock.boot_now();
        auto child = begin();
        const auto why = co_await outcome_of(std::move(child));
        if (!why) {
            co_return;
        }
        if (clock.boot_now() - began >= good_work) {
            pause = first_pause;
        }
        log.error("task_broke", {{"task", name}, {"error", describe(why)}, {"again_in_ms", pause.count()}});
        if (co_await alarm->wait_until(clock.boot_now() + pause) == woken::cancelled) {
            co_return;
        }
        pause = std::min(pause * 2, longest_pause);
    }
}

}  // namespace punctual::net
