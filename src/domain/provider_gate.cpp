#include "domain/provider_gate.hpp"

#include "domain/planted_bug.hpp"

#include <algorithm>

namespace punctual::domain {

using namespace std::chrono_literals;

std::size_t provider_gate::allowance(boot_time now, std::size_t under_way, std::size_t capacity) const noexcept {
    switch (current(now)) {
        case state::held:
            return 0;
        case state::probing:
            return under_way == 0 ? 1 : 0;
        case state::open:
            break;
    }
    return under_way < capacity ? capacity - under_way : 0;
}

void provider_gate::succeeded(boot_time now) noexcept {
    if (asked_until_ && *asked_until_ <= now) {
        asked_until_.reset();
    }
    held_until_ = asked_until_;
    failures_ = 0;
    misconfigured_ = false;
}

void provider_gate::failed(boot_time now, double fraction) noexcept {
    if (current(now) == state::held) {
        return;
    }
    ++failures_;
    if (failures_ < failures_before_hold && !held_until_) {
        return;
    }
    const int doublings = std::min(std::max(failures_ - failures_before_hold, 0), 4);
    const auto base = std::min<std::chrono::nanoseconds>(2s * (1 << doublings), probe_interval);
    const auto spread = std::chrono::duration_cast<std::chrono::nanoseconds>(base * (0.8 + 0.4 * fraction));
    hold_at_least(now + spread);
}

void provider_gate::misconfigured(boot_time now) noexcept {
    misconfigured_ = true;
    hold_at_least(now + probe_interval);
}

void provider_gate::hold_until(boot_time when) noexcept {
    if (planted_bug::is(planted_bug::mistake::hold_ignored)) {
        return;
    }
    asked_until_ = asked_until_ ? std::max(*asked_until_, when) : when;
    hold_at_least(when);
}

void provider_gate::hold_at_least(boot_time when) noexcept {
    held_until_ = held_until_ ? std::max(*held_until_, when) : when;
}

provider_gate::state provider_gate::current(boot_time now) const noexcept {
    if (!held_until_) {
        return state::open;
    }
    return now < *held_until_ ? state::held : state::probing;
}

std::optional<boot_time> provider_gate::held_until() const noexcept {
    return held_until_;
}

std::string_view to_string(provider_gate::state value) noexcept {
    switch (value) {
        case provider_gate::state::open:
            return "open";
        case provider_gate::state::held:
            return "held";
        case provider_gate::state::probing:
            return "probing";
    }
    return "";
}

}  // namespace punctual::domain
