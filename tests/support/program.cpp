#include "support/program.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace punctual::test {
namespace {

int exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Between fork and exec: nothing that allocates.
[[noreturn]] void become(char* const* arguments, char** variables, int log, const std::vector<int>& passed,
                         char* listen_pid) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    int target = STDERR_FILENO + 1;
    for (const int fd : passed) {
        ::dup2(fd, target);
        ++target;
    }
    // "LISTEN_PID=" and room for the number that only the child knows.
    if (listen_pid != nullptr) {
        std::array<char, 16> digits{};
        std::size_t count = 0;
        for (auto pid = static_cast<unsigned>(::getpid()); pid > 0; pid /= 10) {
            digits.at(count++) = static_cast<char>('0' + pid % 10);
        }
        while (count > 0) {
            *listen_pid++ = digits.at(--count);
        }
        *listen_pid = '\0';
    }
    ::execve(arguments[0], arguments, variables);
    ::_exit(127);
}

}  // namespace

program::program(std::vector<std::string> command, const environment& with, std::filesystem::path log,
                 const std::vector<int>& passed)
    : log_{std::move(log)} {
    std::vector<std::string> texts;
    texts.reserve(with.size() + 2);
    for (const auto& [name, value] : with) {
        texts.push_back(name + "=" + value);
    }
    char* listen_pid = nullptr;
    if (!passed.empty()) {
        texts.push_back("LISTEN_FDS=" + std::to_string(passed.size()));
        texts.push_back("LISTEN_PID=" + std::string(16, '\0'));
        listen_pid = texts.back().data() + std::string_view{"LISTEN_PID="}.size();
    }
    std::vector<char*> variables;
    for (auto& text : texts) {
        variables.push_back(text.data());
    }
    variables.push_back(nullptr);
    std::vector<char*> arguments;
    for (auto& word : command) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    const int output = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    child_ = ::fork();
    if (child_ == 0) {
        become(arguments.data(), variables.data(), output, passed, listen_pid);
    }
    ::close(output);
    if (child_ < 0) {
        throw std::system_error{errno, std::generic_category(), "fork"};
    }
}

program::~program() {
    if (running()) {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
}

void program::signal(int number) const {
    ::kill(child_, number);
}

std::optional<int> program::wait(std::chrono::milliseconds limit) {
    if (ended_) {
        return ended_;
    }
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, child_, 0));
    ::pollfd ended{.fd = fd, .events = POLLIN, .revents = 0};
    const int got = ::poll(&ended, 1, static_cast<int>(limit.count()));
    ::close(fd);
    if (got <= 0) {
        return std::nullopt;
    }
    int status = 0;
    ::waitpid(child_, &status, 0);
    ended_ = exit_code(status);
    return ended_;
}

bool program::running() {
    return !wait(std::chrono::milliseconds{0});
}

std::string program::output() const {
    std::ifstream in{log_, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

bool becomes_true(const std::function<bool()>& so, std::chrono::milliseconds limit, std::chrono::milliseconds between) {
    const auto until = std::chrono::steady_clock::now() + limit;
    for (;;) {
        if (so()) {
            return true;
        }
        if (std::chrono::steady_clock::now() >= until) {
            return false;
        }
        ::poll(nullptr, 0, static_cast<int>(between.count()));
    }
}

}  // namespace punctual::test
