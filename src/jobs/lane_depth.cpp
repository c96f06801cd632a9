#include "jobs/lane_depth.hpp"

#include <algorithm>

namespace punctual::jobs {
namespace {

// A few while it is not known how many it sends in a second.
constexpr double first_depth_per_connection = 8;
constexpr double longest_depth_per_connection = 60;
constexpr double longest_wait_seconds = 1;
constexpr double weight_of_the_last = 1.0 / 16;
// One commit for a handful while hundreds wait would waste it.
constexpr std::size_t worthwhile_claim = 32;
constexpr std::size_t worthwhile_share = 4;  // of the depth

}  // namespace

void lane_depth::note_crowded() noexcept {
    seconds_a_send_ = std::max(seconds_a_send_, longest_wait_seconds);
}

// Where more are under way than there are connections, a send has taken that many turns.
void lane_depth::note(provider_sign sign, std::chrono::duration<double> took, std::size_t beside,
                      std::size_t connections) noexcept {
    if (sign == provider_sign::crowded) {
        note_crowded();
        return;
    }
    if (sign == provider_sign::none || sign == provider_sign::busy) {
        return;
    }
    const auto turns =
        std::max(1.0, static_cast<double>(beside) / static_cast<double>(std::max<std::size_t>(connections, 1)));
    const double seconds = took.count() / turns;
    seconds_a_send_ =
        seconds_a_send_ > 0 ? seconds_a_send_ + weight_of_the_last * (seconds - seconds_a_send_) : seconds;
}

std::size_t lane_depth::depth(std::size_t connections) const noexcept {
    const double each = seconds_a_send_ > 0
                            ? std::clamp(longest_wait_seconds / seconds_a_send_, 1.0, longest_depth_per_connection)
                            : first_depth_per_connection;
    return static_cast<std::size_t>(static_cast<double>(connections) * each);
}

std::size_t lane_depth::worthwhile(std::size_t connections) const noexcept {
    const auto most = depth(connections);
    // Half of a small depth: the other half keeps the provider busy meanwhile.
    return std::min(std::max(worthwhile_claim, most / worthwhile_share), (most + 1) / 2);
}

}  // namespace punctual::jobs
