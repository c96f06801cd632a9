#pragma once
// Instants on the command line and in what the subcommands print.

#include "domain/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace punctual::commands {

// RFC 3339 §5.6, a space for the T allowed: 2026-11-24T09:00:00+11:00. The offset must be there.
[[nodiscard]] std::optional<wall_time> parse_instant(std::string_view text);
// In UTC, whole seconds: 2026-11-23T22:00:00Z.
[[nodiscard]] std::string instant_text(wall_time when);

}  // namespace punctual::commands
