#pragma once
// Instants as the message formats write them, in UTC. Words for people are net/rendering/local_time.

#include "domain/time.hpp"

#include <string>

namespace punctual::domain {

// RFC 5322 §3.3: "Sun, 22 Nov 2026 14:39:10 +0000".
[[nodiscard]] std::string internet_date(wall_time at);
// RFC 5545 §3.3.5, form 2: "20261122T143910Z".
[[nodiscard]] std::string calendar_stamp(wall_time at);

}  // namespace punctual::domain
