#pragma once
// Quiet hours where somebody lives: the pure rule (domain/quiet_hours.hpp) with the system's zone data.

#include "domain/quiet_hours.hpp"

#include <string>

namespace punctual::jobs {

// `zone`: the recipient's IANA name; the clinic's counts when it is empty or unknown.
[[nodiscard]] domain::quiet_decision decide_quiet_hours(const domain::policy& rules, const std::string& zone,
                                                        wall_time due_at, wall_time starts_at, wall_time now);

}  // namespace punctual::jobs
