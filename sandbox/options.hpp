#pragma once
// The command line of punctual-sandbox.

#include "sandbox/sandbox.hpp"

#include <expected>
#include <string>

namespace punctual::sandbox {

// What to print instead of running: --help and --version on stdout with 0, mistakes on stderr with 2.
struct early_end {
    std::string text;
    int exit_code = 0;
};

[[nodiscard]] std::expected<sandbox_options, early_end> parse_command_line(int argc, const char* const* argv);

}  // namespace punctual::sandbox
