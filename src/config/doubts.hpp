#pragma once
// Values that hardly go together in the reminder plan, the times and the video settings, each of them fine by itself.
// It refuses none of them: whoever tries the daemon with a plan of seconds changes one and leaves the others. Looks at
// nothing of the outside.

#include "config/settings.hpp"

#include <string>
#include <vector>

namespace punctual::config {

// One sentence each.
[[nodiscard]] std::vector<std::string> doubts(const settings& all);

}  // namespace punctual::config
