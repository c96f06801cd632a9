#pragma once
// One of our own programs as a test runs it: arguments, an environment of its own, its output in a file,
// signals, the exit code. It dies with the test.

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace punctual::test {

class program {
public:
    using environment = std::map<std::string, std::string>;

    // Output (stdout and stderr) goes to `log`. Descriptors in `passed` become 3, 4, … as sd_listen_fds(3)
    // wants them; LISTEN_PID is set for them.
    program(std::vector<std::string> command, const environment& with, std::filesystem::path log,
            const std::vector<int>& passed = {});
    ~program();  // SIGKILL when it still runs
    program(const program&) = delete;
    program& operator=(const program&) = delete;

    void signal(int number) const;
    // The exit code, or 128 + the signal that ended it; nullopt when it still runs after `limit`.
    [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds limit);
    [[nodiscard]] bool running();
    [[nodiscard]] pid_t pid() const noexcept { return child_; }
    [[nodiscard]] std::string output() const;

private:
    std::filesystem::path log_;
    pid_t child_ = -1;
    std::optional<int> ended_;
};

// Asks every few milliseconds until it is so; false when it is not within `limit`. `between` longer for what costs
// something to ask.
[[nodiscard]] bool becomes_true(const std::function<bool()>& so, std::chrono::milliseconds limit,
                                std::chrono::milliseconds between = std::chrono::milliseconds{5});

}  // namespace punctual::test
