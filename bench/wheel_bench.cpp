// The timer wheel beside what one would write without it: a heap with lazy cancel and a multimap.
// Moments within 36 days, spread over every millisecond or bunched on whole minutes as appointments
// are. Each figure is for one timer; fire includes finding each next deadline.

#include "domain/schedule.hpp"
#include "domain/timer_wheel.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <queue>
#include <random>
#include <vector>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;
using timer_id = timer_wheel::timer_id;

constexpr wall_time start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

class wheel_queue {
public:
    explicit wheel_queue(std::size_t) {}
    void schedule(timer_id id, wall_time when) { wheel_.schedule(id, when); }
    void cancel(timer_id id) { wheel_.cancel(id); }
    [[nodiscard]] std::optional<wall_time> next() { return wheel_.next_deadline(); }
    std::size_t fire(wall_time now) {
        std::size_t fired = 0;
        while (wheel_.advance(now, 1000, [&](timer_id) { ++fired; })) {
        }
        return fired;
    }

private:
    timer_wheel wheel_{start};
};

class heap_queue {
public:
    explicit heap_queue(std::size_t count) : generations_(count) {}
    void schedule(timer_id id, wall_time when) { heap_.push({when, id, ++generations_[id]}); }
    void cancel(timer_id id) { ++generations_[id]; }
    [[nodiscard]] std::optional<wall_time> next() {
        while (!heap_.empty() && heap_.top().generation != generations_[heap_.top().id]) {
            heap_.pop();
        }
        return heap_.empty() ? std::nullopt : std::optional{heap_.top().when};
    }
    std::size_t fire(wall_time now) {
        std::size_t fired = 0;
        for (auto due = next(); due && *due <= now; due = next()) {
            ++generations_[heap_.top().id];
            heap_.pop();
            ++fired;
        }
        return fired;
    }

private:
    struct entry {
        wall_time when;
        timer_id id;
        std::uint32_t generation;
        bool operator<(const entry& other) const { return when > other.when; }
    };
    std::priority_queue<entry> heap_;
    std::vector<std::uint32_t> generations_;
};

class map_queue {
public:
    explicit map_queue(std::size_t count) : places_(count) {}
    void schedule(timer_id id, wall_time when) { places_[id] = queue_.emplace(when, id); }
    void cancel(timer_id id) { queue_.erase(places_[id]); }
    [[nodiscard]] std::optional<wall_time> next() {
        return queue_.empty() ? std::nullopt : std::optional{queue_.begin()->first};
    }
    std::size_t fire(wall_time now) {
        std::size_t fired = 0;
        while (!queue_.empty() && queue_.begin()->first <= now) {
            queue_.erase(queue_.begin());
            ++fired;
        }
        return fired;
    }

private:
    std::multimap<wall_time, timer_id> queue_;
    std::vector<std::multimap<wall_time, timer_id>::iterator> places_;
};

std::vector<wall_time> moments(std::size_t count, bool bunched) {
    std::mt19937_64 random{1};
    std::uniform_int_distribution<std::int64_t> within{1, 36LL * 86'400'000};
    std::vector<wall_time> all(count);
    for (auto& when : all) {
        when = start + std::chrono::milliseconds{within(random)};
        if (bunched) {
            when = std::chrono::ceil<std::chrono::minutes>(when);
        }
    }
    return all;
}

std::vector<timer_id> shuffled(std::size_t count) {
    std::vector<timer_id> ids(count);
    std::iota(ids.begin(), ids.end(), timer_id{0});
    std::ranges::shuffle(ids, std::mt19937_64{2});
    return ids;
}

template <class Queue>
void fill(Queue& queue, const std::vector<wall_time>& when) {
    for (timer_id id = 0; id < when.size(); ++id) {
        queue.schedule(id, when[id]);
    }
}

void per_timer(benchmark::State& state, std::size_t count) {
    state.counters["per_timer"] = benchmark::Counter(
        static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

template <class Queue>
void schedule_timers(benchmark::State& state) {
    const auto when = moments(static_cast<std::size_t>(state.range(0)), state.range(1) != 0);
    for (auto _ : state) {
        state.PauseTiming();
        auto queue = std::make_unique<Queue>(when.size());
        state.ResumeTiming();
        fill(*queue, when);
        state.PauseTiming();
        queue.reset();
        state.ResumeTiming();
    }
    per_timer(state, when.size());
}

template <class Queue>
void cancel_timers(benchmark::State& state) {
    const auto when = moments(static_cast<std::size_t>(state.range(0)), state.range(1) != 0);
    const auto order = shuffled(when.size());
    for (auto _ : state) {
        state.PauseTiming();
        auto queue = std::make_unique<Queue>(when.size());
        fill(*queue, when);
        state.ResumeTiming();
        for (const auto id : order) {
            queue->cancel(id);
        }
        state.PauseTiming();
        queue.reset();
        state.ResumeTiming();
    }
    per_timer(state, when.size());
}

template <class Queue>
void fire_timers(benchmark::State& state) {
    const auto when = moments(static_cast<std::size_t>(state.range(0)), state.range(1) != 0);
    for (auto _ : state) {
        state.PauseTiming();
        auto queue = std::make_unique<Queue>(when.size());
        fill(*queue, when);
        state.ResumeTiming();
        std::size_t fired = 0;
        while (const auto next = queue->next()) {
            fired += queue->fire(*next);
        }
        if (fired != when.size()) {
            state.SkipWithError("timers were lost");
        }
        state.PauseTiming();
        queue.reset();
        state.ResumeTiming();
    }
    per_timer(state, when.size());
}

void load_schedule(benchmark::State& state) {
    const auto when = moments(static_cast<std::size_t>(state.range(0)), true);
    const auto order = shuffled(when.size());
    const auto rules = default_policy();
    std::size_t bytes = 0;
    for (auto _ : state) {
        schedule held{rules, start};
        for (const auto id : order) {
            held.upsert({.appointment = id, .starts_at = when[id] + 24h, .booked_at = start}, start);
        }
        bytes = held.memory_bytes();
    }
    per_timer(state, when.size());
    state.counters["bytes_each"] = static_cast<double>(bytes) / static_cast<double>(when.size());
}

// A fixed number of times: every turn is a million timers, and what is not measured, filling and emptying, takes longer
// than what is. Left to itself the library would go on until enough of the latter has come together.
#define PUNCTUAL_QUEUE_BENCH(queue, turns)   \
    BENCHMARK(schedule_timers<queue>)        \
        ->ArgNames({"timers", "bunched"})    \
        ->ArgsProduct({{1'000'000}, {0, 1}}) \
        ->Iterations(turns)                  \
        ->Unit(benchmark::kMillisecond);     \
    BENCHMARK(cancel_timers<queue>)          \
        ->ArgNames({"timers", "bunched"})    \
        ->ArgsProduct({{1'000'000}, {0, 1}}) \
        ->Iterations(turns)                  \
        ->Unit(benchmark::kMillisecond);     \
    BENCHMARK(fire_timers<queue>)            \
        ->ArgNames({"timers", "bunched"})    \
        ->ArgsProduct({{1'000'000}, {0, 1}}) \
        ->Iterations(turns)                  \
        ->Unit(benchmark::kMillisecond)

PUNCTUAL_QUEUE_BENCH(wheel_queue, 8);
PUNCTUAL_QUEUE_BENCH(heap_queue, 3);
PUNCTUAL_QUEUE_BENCH(map_queue, 2);
BENCHMARK(load_schedule)->Arg(1'000'000)->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace punctual::domain
