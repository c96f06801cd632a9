#include "net/smtp/pool.hpp"

#include <algorithm>

namespace punctual::net::smtp {

std::optional<pool::grant> pool::acquire(boot_time now) {
    slot* best = nullptr;
    for (auto& each : slots_) {
        if (each.is == state::busy) {
            continue;
        }
        const bool newer = best != nullptr && each.is == state::idle &&
                           (best->is == state::empty || each.idle_since > best->idle_since);
        if (best == nullptr || newer) {
            best = &each;
        }
    }
    if (best == nullptr) {
        return std::nullopt;
    }
    grant out{.slot = static_cast<std::size_t>(best - slots_.data()),
              .kept = best->is == state::idle,
              .needs_probe = best->is == state::idle && now - best->idle_since >= limits_.probe_after};
    best->is = state::busy;
    return out;
}

bool pool::release(std::size_t index, bool healthy, boot_time now) {
    auto& it = slots_[index];
    const bool keep = healthy && ++it.mails < limits_.mails_per_connection;
    it.is = keep ? state::idle : state::empty;
    it.idle_since = now;
    if (!keep) {
        it.mails = 0;
    }
    return keep;
}

std::optional<std::size_t> pool::take_expired(boot_time now, bool all) {
    for (auto& each : slots_) {
        if (each.is == state::idle && (all || now - each.idle_since >= limits_.idle_limit)) {
            each.is = state::busy;
            return static_cast<std::size_t>(&each - slots_.data());
        }
    }
    return std::nullopt;
}

std::optional<boot_time> pool::next_expiry() const noexcept {
    std::optional<boot_time> next;
    for (const auto& each : slots_) {
        if (each.is == state::idle) {
            const auto expiry = each.idle_since + limits_.idle_limit;
            next = next ? std::min(*next, expiry) : expiry;
        }
    }
    return next;
}

std::size_t pool::busy() const noexcept {
    return static_cast<std::size_t>(
        std::count_if(slots_.begin(), slots_.end(), [](const slot& each) { return each.is == state::busy; }));
}

}  // namespace punctual::net::smtp
