#pragma once
// Postgres refuses to run as root. Commands for it run as the machine's `postgres` user when the tests
// run as root, else as the tests' own user.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace punctual::test {

struct server_user {
    uid_t uid = 0;
    gid_t gid = 0;
    bool changes = false;  // differs from the user that runs the tests
};

// Throws std::runtime_error when the tests run as root and there is no `postgres` user.
[[nodiscard]] server_user find_server_user();

struct command_result {
    int status = -1;  // exit code; 128 + signal
    std::string output;
    std::string errors;
};

// Runs argv[0] to its end, `input` on its stdin. argv[0] is searched in PATH.
[[nodiscard]] command_result run_command(const std::vector<std::string>& argv, std::string_view input = {},
                                         const std::optional<server_user>& as = {});

// For a child between fork and exec: async-signal-safe. False when refused.
[[nodiscard]] bool become(const server_user& user) noexcept;

}  // namespace punctual::test
