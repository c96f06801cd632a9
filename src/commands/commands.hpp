#pragma once
// The subcommands of punctuald; each gives back the exit code and tells failures on stderr.

#include "commands/command_line.hpp"

namespace punctual::commands {

[[nodiscard]] int serve(const request& asked);
[[nodiscard]] int migrate(const request& asked);
// One line each: configuration, database, Twilio, SMTP, templates, clock. Sends nothing.
[[nodiscard]] int check(const request& asked);
// What would be sent between two instants, when, to whom, by which channel and in what text. Sends and writes
// nothing.
[[nodiscard]] int plan(const request& asked);
// Why did she, or didn't she, get it: everything of one appointment that was sent, skipped, or is to come.
[[nodiscard]] int explain(const request& asked);
// One real message to an address; prints the provider's answer.
[[nodiscard]] int send_test(const request& asked);

}  // namespace punctual::commands
