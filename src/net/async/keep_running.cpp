#include "net/async/keep_running.hpp"

#include "net/async/caught.hpp"

#include <algorithm>
#include <utility>

namespace punctual::net {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds first_pause = 100ms;
constexpr std::chrono::milliseconds longest_pause = 5s;
constexpr auto good_work = 60s;

}  // namespace

task<> keep_running(std::string name, std::function<task<>()> begin, clock& clock, logger& log, metrics& metrics) {
    auto& breaks = metrics.make_counter("punctual_task_breaks_total",
                                        "Rounds of a job that a bug ended; the job began again", {{"task", name}});
    const auto alarm = clock.make_alarm();
    auto pause = first_pause;
    for (;;) {
        const auto began = clock.boot_now();
        auto child = begin();
        const auto ended = co_await caught(std::move(child));
        if (ended) {
            co_return;
        }
        if (clock.boot_now() - began >= good_work) {
            pause = first_pause;
        }
        breaks.add();
        log.error("task_broke", {{"task", name}, {"error", describe(ended.error())}, {"again_in_ms", pause.count()}});
        if (co_await alarm->wait_until(clock.boot_now() + pause) == woken::cancelled) {
            co_return;
        }
        pause = std::min(pause * 2, longest_pause);
    }
}

}  // namespace punctual::net
