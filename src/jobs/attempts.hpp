#pragma once
// The outcomes that both senders share, so that they read as a table.

#include "domain/delivery.hpp"
#include "jobs/sender.hpp"

#include <optional>

namespace punctual::jobs {

// A blank outcome for this attempt, at `now`.
[[nodiscard]] domain::outcome begin_outcome(const domain::claimed_delivery& what, wall_time now);

// After an unknown outcome both leave the row `unconfirmed`: it may have arrived.
[[nodiscard]] attempt skipped(const domain::claimed_delivery& what, wall_time now, domain::reason why);
[[nodiscard]] attempt expired(const domain::claimed_delivery& what, wall_time now);

// Nothing was written to the provider: `retrying` at `next`, and the attempt does not count.
[[nodiscard]] domain::outcome untried(const domain::claimed_delivery& what, wall_time now, wall_time next);

// `retrying` at `next`; when there is no time left (nullopt) `expired`, or `unconfirmed` after an unknown
// outcome.
void retry_or_expire(domain::outcome& outcome, std::optional<wall_time> next);

}  // namespace punctual::jobs
