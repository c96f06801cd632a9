#pragma once
// Quiet hours in the recipient's own zone (domain rules §2.7). They hold for the texts of reminders
// whose rule says so, and for nothing else; which those are, quiet_hours_apply() says. Time zones live
// outside: the caller gives the zone's UTC offset at an instant.

#include "domain/delivery.hpp"
#include "domain/policy.hpp"

#include <chrono>
#include <cstdint>
#include <functional>

namespace punctual::domain {

// East of Greenwich is positive: Sydney in January is +660.
using utc_offset_source = std::function<std::chrono::minutes(wall_time)>;

struct quiet_decision {
    enum class verdict : std::uint8_t { keep, move, skip };
    verdict what = verdict::keep;
    wall_time send_at{};  // keep: due_at; move: the new time; skip: meaningless

    bool operator==(const quiet_decision&) const = default;
};

// A reminder nearer to its visit than `enough_notice` never does: there is no better time for it.
[[nodiscard]] bool keeps_quiet_hours(const policy& rules, std::size_t reminder) noexcept;
[[nodiscard]] bool quiet_hours_apply(const policy& rules, kind what, channel by) noexcept;

// Outside quiet hours: keep. Inside: the evening before at `moved_to` if that is still ahead of `now`,
// else the morning at `until` if that leaves `enough_notice` before the start, else skip.
[[nodiscard]] quiet_decision decide_quiet_hours(const quiet_hours_rule& rule, wall_time due_at, wall_time starts_at,
                                                wall_time now, const utc_offset_source& offset_at);

// How long before due_at the decision has to be taken for every evening to be still ahead.
[[nodiscard]] std::chrono::minutes quiet_hours_lead(const quiet_hours_rule& rule) noexcept;

}  // namespace punctual::domain
