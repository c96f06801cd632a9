#pragma once
// A clinic, its providers and one or two daemons through some weeks in a moment: bookings, moves,
// cancellations, faults and crashes drawn from one seed. The same seed gives the same trace.
//
// Time in which there is nothing to do is skipped: both clocks pass it, and the daemons' periodic looks
// happen once after it instead of thousands of times in it.

#include "domain/planted_bug.hpp"
#include "support/planted_bug.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace punctual::test {

struct simulation_options {
    std::uint64_t seed = 1;
    int days = 30;
    bool keep_trace = false;
    planted_bug bug = planted_bug::none;                                        // in what surrounds the jobs
    domain::planted_bug::mistake mistake = domain::planted_bug::mistake::none;  // in their own code
};

struct simulation_result {
    std::vector<std::string> violations;
    std::uint64_t trace_hash = 0;
    std::size_t arrived = 0;  // messages
    std::size_t crashes = 0;
    std::size_t ambiguous = 0;  // rows whose outcome was unknown at some time
    std::size_t met = 0;        // visits by video that both came to, completed
    std::size_t odd_words = 0;  // local times around an odd night that were compared with the law
    std::vector<std::string> trace;
};

[[nodiscard]] simulation_result simulate(const simulation_options& options);

}  // namespace punctual::test
