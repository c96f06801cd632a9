#pragma once
// What was asked for on the command line (contract §1). CLI11 stays in the .cpp.

#include "domain/time.hpp"
#include "domain/vocabulary.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

namespace punctual::commands {

enum class verb : std::uint8_t { serve, migrate, check, plan, explain, send_test };

struct request {
    commands::verb verb = verb::serve;
    std::optional<std::filesystem::path> config;
    std::string adapter = "standalone";  // migrate
    // explain; plan, of one alone.
    std::optional<domain::appointment_id> appointment;
    std::optional<wall_time> at;                       // plan: as if it were then
    std::optional<wall_time> until;                    // plan
    domain::channel channel = domain::channel::email;  // send-test
    std::string to;                                    // send-test
};

// The request, or the exit code when there is nothing more to do: 0 after --help and --version, 2 after
// bad usage, which has been told on stderr in one sentence.
[[nodiscard]] std::variant<request, int> parse(int argc, const char* const* argv);

}  // namespace punctual::commands
