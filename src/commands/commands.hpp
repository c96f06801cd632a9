#pragma once
// The subcommands of punctuald; each gives back the exit code and tells failures on stderr.

#include "commands/command_line.hpp"

namespace punctual::commands {

[[nodiscard]] int serve(const request& asked);
[[nodiscard]] int migrate(const request& asked);
// One line each: configuration, database, Twilio, SMTP, templates, clock. Sends nothing.
[[nodiscard]] int check(const request& asked);

}  // namespace punctual::commands
