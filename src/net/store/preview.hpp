#pragma once
// What claimed deliveries would hold, for a look at messages before their time. It reads as a claim does and
// writes nothing, also where a claim would: a telehealth appointment without a room's name has no link yet.

#include "domain/delivery.hpp"
#include "domain/policy.hpp"
#include "net/postgres/database.hpp"

#include <optional>
#include <vector>

namespace punctual::net {

// One for each of `wanted` that no row is there for, under an id that is made up. Their order is not that of
// `wanted`. `database` and `rules` must outlive the call, as in the next one.
[[nodiscard]] task<result<std::vector<domain::claimed_delivery>>> preview(postgres::database& database,
                                                                          const domain::policy& rules,
                                                                          std::vector<domain::planned_delivery> wanted,
                                                                          deadline until);

// The rows that wait for another try before `before`, of one appointment or of all; due_at is that try's time.
[[nodiscard]] task<result<std::vector<domain::claimed_delivery>>> preview_waiting(
    postgres::database& database, const domain::policy& rules, std::optional<domain::appointment_id> of,
    wall_time before, deadline until);

}  // namespace punctual::net
