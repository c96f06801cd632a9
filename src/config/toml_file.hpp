#pragma once
// The TOML file: the named settings at its top, and the tables that only the file has (reminder plan,
// message matrix, quiet hours, video, limits). toml++ stays in the .cpp.

#include "config/settings.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::config {

struct file_contents {
    std::map<std::string, std::string> names;  // DATABASE_URL -> text
    std::vector<std::string> mistakes;
    std::vector<std::string> notes;
};

// Applies the tables to `into`; gives back the named settings for the caller to apply. `origin` stands
// in the mistakes: "punctual.toml".
[[nodiscard]] file_contents read_toml(std::string_view text, std::string_view origin, settings& into);

}  // namespace punctual::config
