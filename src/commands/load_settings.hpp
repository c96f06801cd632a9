#pragma once
// The settings of the request, or nullopt when they cannot be used: then every mistake has been told
// on stderr.

#include "commands/command_line.hpp"
#include "config/loader.hpp"

#include <optional>

namespace punctual::commands {

[[nodiscard]] std::optional<config::loaded> load_settings(const request& asked, config::purpose what_for);

}  // namespace punctual::commands
