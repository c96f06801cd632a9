#pragma once
// Whether a provider may be given work: a circuit breaker as a value. Open while it answers; held after
// a configuration error (probed every 30 s), after Retry-After, or after several passing failures in a
// row (2 s, doubling, at most 30 s). When a hold has passed, one probe goes; its answer decides.
// It refuses to know what a provider is; `now` and the jitter are arguments.

#include "domain/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace punctual::domain {

class provider_gate {
public:
    enum class state : std::uint8_t { open, held, probing };

    // How many may be sent now beside `under_way`, of a provider that can carry `capacity`.
    [[nodiscard]] std::size_t allowance(boot_time now, std::size_t under_way, std::size_t capacity) const noexcept;

    // A hold that the provider asked for stays: what succeeds within it had been on its way before.
    void succeeded(boot_time now) noexcept;
    // Refused, reset, timed out. `fraction` in [0, 1) spreads the holds by ±20 %. What fails within a hold had been
    // on its way before, and says nothing new: a burst of them is one hold of two seconds, not one of thirty.
    void failed(boot_time now, double fraction) noexcept;
    // Credentials, certificate, sender, template: somebody has to mend it.
    void misconfigured(boot_time now) noexcept;
    // The provider has said when to come again (Retry-After).
    void hold_until(boot_time when) noexcept;

    [[nodiscard]] state current(boot_time now) const noexcept;
    // When a hold ends; nullopt while open.
    [[nodiscard]] std::optional<boot_time> held_until() const noexcept;
    [[nodiscard]] bool is_misconfigured() const noexcept { return misconfigured_; }

    static constexpr int failures_before_hold = 5;
    static constexpr std::chrono::seconds probe_interval{30};

private:
    void hold_at_least(boot_time when) noexcept;

    std::optional<boot_time> held_until_;
    std::optional<boot_time> asked_until_;
    int failures_ = 0;
    bool misconfigured_ = false;
};

[[nodiscard]] std::string_view to_string(provider_gate::state value) noexcept;

}  // namespace punctual::domain
