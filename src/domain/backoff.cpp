#include "domain/backoff.hpp"

#include "domain/moments.hpp"

#include <algorithm>
#include <cmath>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;
using milliseconds = std::chrono::milliseconds;

constexpr milliseconds longest_general = 5min;
constexpr milliseconds longest_smtp = 1h;
constexpr std::chrono::seconds longest_retry_after = 5min;

milliseconds doubled(milliseconds first, int attempts, milliseconds longest) noexcept {
    auto delay = first;
    for (int made = 1; made < attempts && delay < longest; ++made) {
        delay *= 2;
    }
    return std::min(delay, longest);
}

milliseconds scaled(milliseconds delay, double factor) noexcept {
    return milliseconds{std::llround(static_cast<double>(delay.count()) * factor)};
}

}  // namespace

std::chrono::milliseconds backoff_delay(const backoff_terms& terms) noexcept {
    const auto fraction = std::clamp(terms.fraction, 0.0, 1.0);
    milliseconds delay{};
    if (terms.failure == passing_failure::smtp_4xx) {
        // Greylisting counts from its first refusal: never earlier than a minute.
        delay = std::min(scaled(doubled(1min, terms.attempts, longest_smtp), 1.0 + 0.2 * fraction), longest_smtp);
    } else {
        delay = std::min(scaled(doubled(2s, terms.attempts, longest_general), 0.8 + 0.4 * fraction), longest_general);
    }
    return std::max<milliseconds>(delay, std::clamp(terms.retry_after, 0s, longest_retry_after));
}

std::optional<wall_time> next_attempt(const backoff_terms& terms, wall_time now, wall_time useless_after) noexcept {
    const auto next = plus(now, backoff_delay(terms));
    if (next >= useless_after) {
        return std::nullopt;
    }
    return next;
}

}  // namespace punctual::domain
