#pragma once
// How many deliveries a lane should hold claimed: so that a provider's connections stay busy while the next claim is
// being committed, as many as it sends in a second. What is claimed beyond that grows old waiting.

#include "jobs/sender.hpp"

#include <chrono>
#include <cstddef>

namespace punctual::jobs {

class lane_depth {
public:
    // A send has taken that long, `beside` others included that were under way. Sends of which the provider saw nothing
    // say nothing.
    void note(provider_sign sign, std::chrono::duration<double> took, std::size_t beside,
              std::size_t connections) noexcept;
    // As of a claimed one that could not be started: all connections are slow.
    void note_crowded() noexcept;

    [[nodiscard]] std::size_t depth(std::size_t connections) const noexcept;
    // So much room makes another claim worth its commit.
    [[nodiscard]] std::size_t worthwhile(std::size_t connections) const noexcept;

private:
    double seconds_a_send_ = 0;  // on a connection, as of late; 0: not known
};

}  // namespace punctual::jobs
