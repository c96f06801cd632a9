// The daemon's own domain and jobs through weeks of faults (docs/simulation.md). SEEDS, FIRST_SEED and DAYS in
// the environment make a run longer or repeat one seed; TRACE=1 prints what happened in it.

#include "support/simulation/world.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>

namespace punctual::test {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::stoull(text);
}

TEST(simulation, keeps_every_promise_whatever_the_seed) {
    const auto first = from_environment("FIRST_SEED", 1);
    const auto count = from_environment("SEEDS", 200);
    const bool trace = from_environment("TRACE", 0) != 0;
    simulation_options options;
    options.days = static_cast<int>(from_environment("DAYS", 30));
    options.keep_trace = trace;
    std::size_t arrived = 0;
    std::size_t crashes = 0;
    std::size_t ambiguous = 0;
    std::size_t odd_words = 0;
    std::size_t met = 0;
    for (options.seed = first; options.seed < first + count; ++options.seed) {
        const auto result = simulate(options);
        arrived += result.arrived;
        crashes += result.crashes;
        ambiguous += result.ambiguous;
        odd_words += result.odd_words;
        met += result.met;
        for (const auto& line : result.trace) {
            std::cout << line << '\n';
        }
        for (const auto& what : result.violations) {
            ADD_FAILURE() << "seed " << options.seed << ": " << what << "\nagain: FIRST_SEED=" << options.seed
                          << " SEEDS=1 DAYS=" << options.days << " TRACE=1 simulation_tests";
        }
    }
    EXPECT_GT(arrived, 0U);
    EXPECT_GT(met, 0U);
    constexpr std::uint64_t all_seasons = 8;
    if (count >= all_seasons) {
        EXPECT_GT(odd_words, 0U);
    }
    std::cout << count << " seeds of " << options.days << " days: " << arrived << " messages, " << crashes
              << " crashes, " << ambiguous << " unknown outcomes, " << odd_words << " local times around an odd night, "
              << met << " visits by video that both came to\n";
}

TEST(simulation, gives_the_same_trace_for_the_same_seed) {
    simulation_options options;
    options.seed = 7;
    const auto once = simulate(options);
    const auto again = simulate(options);
    EXPECT_EQ(once.trace_hash, again.trace_hash);
    options.seed = 8;
    EXPECT_NE(simulate(options).trace_hash, once.trace_hash);
}

void expect_found(simulation_options options) {
    constexpr std::uint64_t most_seeds = 1000;
    for (options.seed = 1; options.seed <= most_seeds; ++options.seed) {
        const auto result = simulate(options);
        if (!result.violations.empty()) {
            std::cout << "seed " << options.seed << ": " << result.violations.front() << '\n';
            return;
        }
    }
    ADD_FAILURE() << "not found within " << most_seeds << " seeds";
}

class planted : public testing::TestWithParam<int> {};

TEST_P(planted, bug_is_found) {
    simulation_options options;
    options.bug = static_cast<planted_bug>(GetParam());
    expect_found(options);
}

INSTANTIATE_TEST_SUITE_P(simulation, planted, testing::Range(1, static_cast<int>(planted_bug::count)));

class planted_in_the_jobs : public testing::TestWithParam<int> {};

TEST_P(planted_in_the_jobs, bug_is_found) {
    simulation_options options;
    options.mistake = static_cast<domain::planted_bug::mistake>(GetParam());
    expect_found(options);
}

INSTANTIATE_TEST_SUITE_P(simulation, planted_in_the_jobs,
                         testing::Range(1, static_cast<int>(domain::planted_bug::mistake::count)));

}  // namespace
}  // namespace punctual::test
