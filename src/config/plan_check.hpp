#pragma once
// Values that contradict each other in the reminder plan, the times and the video settings, each of them fine by
// itself. Looks at nothing of the outside.

#include "config/settings.hpp"

#include <string>
#include <vector>

namespace punctual::config {

// One sentence each.
[[nodiscard]] std::vector<std::string> check_plan(const settings& all);

}  // namespace punctual::config
