#pragma once
// What no single value can tell: settings that need each other, that contradict each other, or that name
// files. Reads those files, and nothing else of the outside.

#include "config/settings.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::config {

// One sentence each. `serves`: callers are answered, so SECRET_KEY is needed. `was_refused`: whether a setting's own
// value has been complained of already.
[[nodiscard]] std::vector<std::string> check_together(const settings& all, bool serves,
                                                      const std::function<bool(std::string_view name)>& was_refused);

}  // namespace punctual::config
