#pragma once
// The TOML file: the named settings at its top, which the caller applies as it does those of the
// environment, and the tables that only the file has (tables.hpp).

#include "config/settings.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::config {

struct named_text {
    std::string text;
    std::uint32_t line = 0;

    bool operator==(const named_text&) const = default;
};

struct file_contents {
    std::map<std::string, named_text> names;  // DATABASE_URL
    std::vector<std::string> mistakes;
    std::vector<std::string> old_names;  // of the old stack
};

// Applies the tables to `into`; gives back the named settings for the caller to apply. `origin` stands
// in the mistakes: "punctual.toml".
[[nodiscard]] file_contents read_toml(std::string_view text, std::string_view origin, settings& into);

}  // namespace punctual::config
