#pragma once
// A server that a test starts and ends: a child process that says on its stdout when it is ready, and
// ends when its stdin does, so that none is left behind by a test that crashes.

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace punctual::test {

class server_process {
public:
    // Throws std::runtime_error when it cannot be started.
    explicit server_process(const std::vector<std::string>& command);
    // Ends its stdin and waits; kills it when it takes longer than 15 s.
    ~server_process();
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;

    // The next line of its stdout, without the line end. Throws when there is none within 30 s.
    [[nodiscard]] std::string read_line();
    // For a server that knows nothing of stdin.
    void terminate();

private:
    pid_t child_ = -1;
    int to_ = -1;
    int from_ = -1;
    std::string buffered_;
};

// A port of 127.0.0.1 that nobody listened on a moment ago.
[[nodiscard]] std::uint16_t find_free_port();

}  // namespace punctual::test
