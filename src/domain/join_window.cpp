#include "domain/join_window.hpp"

#include "domain/moments.hpp"

namespace punctual::domain {

join_verdict join_window::at(wall_time now) const noexcept {
    if (now < opens_at) {
        return join_verdict::too_early;
    }
    return now < closes_at ? join_verdict::open : join_verdict::too_late;
}

std::chrono::seconds join_window::token_lifetime(wall_time now) const noexcept {
    if (at(now) != join_verdict::open) {
        return {};
    }
    return std::chrono::floor<std::chrono::seconds>(closes_at - now);
}

join_window join_window_of(const visit& what, const policy& rules) noexcept {
    return {.opens_at = plus(what.starts_at, -rules.join_before),
            .closes_at = plus(plus(what.starts_at, what.duration), rules.join_after_end)};
}

}  // namespace punctual::domain
