#pragma once
// What is to be sent, when, to whom and by which channel: pure functions of the appointment, the
// policy and `now` (domain rules §1, §2). Only open visits (scheduled, confirmed) have messages.
// Nothing here knows addresses or consent; those are looked at after the claim (pre_send.hpp).

#include "domain/change.hpp"
#include "domain/delivery.hpp"
#include "domain/policy.hpp"
#include "domain/quiet_hours.hpp"
#include "domain/schedule.hpp"

#include <optional>
#include <vector>

namespace punctual::domain {

// When a reminder of the plan is due, and from when it is useless: 24 h until the 1 h one is due, the
// last one until start + grace (§2.5).
[[nodiscard]] wall_time reminder_due_at(const policy& rules, std::size_t reminder, wall_time starts_at) noexcept;
[[nodiscard]] wall_time reminder_useless_after(const policy& rules, std::size_t reminder, wall_time starts_at) noexcept;

// The rows of a fired reminder: claimed, or expired when the moment says so (or is by `now`). Empty
// for other moments and for a visit that is not open.
[[nodiscard]] std::vector<planned_delivery> plan_reminders(const due_moment& due, const policy& rules, wall_time now);

// How all reminders of the visit stand at `now`: the newest useful one that is due is claimed, missed
// ones are expired, those that passed before booked_at are skipped; those still to come wait as
// `retrying` with next_attempt_at = due_at.
[[nodiscard]] std::vector<planned_delivery> plan_reminders(const scheduled_visit& visit, const policy& rules,
                                                           wall_time now);

// Adds the texts of that reminder to that person which quiet hours move or forbid (§2.7); nothing for "keep".
void add_quiet_rows(std::vector<planned_delivery>& rows, const scheduled_visit& visit, const policy& rules,
                    std::size_t reminder, role to, const quiet_decision& decided);

// The clinic's row, for a visit whose patient nobody reached; empty once the visit has begun.
[[nodiscard]] std::vector<planned_delivery> plan_staff_alert(const scheduled_visit& visit, const policy& rules,
                                                             wall_time now);

// To those who are to know that `absent` (patient or psychologist) is not in the room where the other waits; empty
// before that is looked at, and after the end.
[[nodiscard]] std::vector<planned_delivery> plan_nudge(const scheduled_visit& visit, const policy& rules, role absent,
                                                       wall_time now);

struct notice_plan {
    // Notices to send now, those whose time passed while nobody looked (expired), and the skipped rows
    // of reminders that this version was booked inside of.
    std::vector<planned_delivery> deliveries;
    // What people have then been told; nullopt leaves that as it is.
    std::optional<appointment_image> told;
};

// What a change calls for (§2.2, §2.4, §2.9). `told` = nullopt in the change: a new booking. Whether
// a notice was ever useful is judged at changed_at, whether it still is at `now`.
[[nodiscard]] notice_plan plan_notices(const appointment_change& change, const policy& rules, wall_time now);

}  // namespace punctual::domain
