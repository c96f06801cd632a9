#include "support/server_user.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace punctual::test {
namespace {

struct pipe_ends {
    int read = -1;
    int write = -1;
};

pipe_ends make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::system_error{errno, std::generic_category(), "pipe2"};
    }
    return {ends[0], ends[1]};
}

void close_end(int& end) noexcept {
    if (end >= 0) {
        ::close(std::exchange(end, -1));
    }
}

// False at the end of the stream.
bool drain(int from, std::string& into) {
    std::array<char, 16384> chunk{};
    const auto got = ::read(from, chunk.data(), chunk.size());
    if (got > 0) {
        into.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return got > 0 || (got < 0 && errno == EINTR);
}

}  // namespace

server_user find_server_user() {
    if (::geteuid() != 0) {
        return {::geteuid(), ::getegid(), false};
    }
    const auto* entry = ::getpwnam("postgres");
    if (entry == nullptr) {
        throw std::runtime_error{"Postgres does not run as root, and there is no user `postgres` to run it as"};
    }
    return {entry->pw_uid, entry->pw_gid, true};
}

bool become(const server_user& user) noexcept {
    return !user.changes ||
           (::setgroups(0, nullptr) == 0 && ::setgid(user.gid) == 0 && ::setuid(user.uid) == 0 && ::chdir("/") == 0);
}

command_result run_command(const std::vector<std::string>& argv, std::string_view input,
                           const std::optional<server_user>& as) {
    std::vector<char*> arguments;
    arguments.reserve(argv.size() + 1);
    for (const auto& argument : argv) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    auto in = make_pipe();
    auto out = make_pipe();
    auto err = make_pipe();
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(in.read, STDIN_FILENO);
        ::dup2(out.write, STDOUT_FILENO);
        ::dup2(err.write, STDERR_FILENO);
        if (!as || become(*as)) {
            ::execvp(arguments[0], arguments.data());
        }
        ::_exit(127);
    }
    close_end(in.read);
    close_end(out.write);
    close_end(err.write);
    if (child < 0) {
        throw std::system_error{errno, std::generic_category(), "fork"};
    }
    // A command that ends before it has read all its input must not end the test with SIGPIPE.
    ::fcntl(in.write, F_SETFL, O_NONBLOCK);
    struct ::sigaction ignore{};
    struct ::sigaction before{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &before);
    command_result ended;
    while (out.read >= 0 || err.read >= 0) {
        if (input.empty()) {
            close_end(in.write);
        }
        std::array<::pollfd, 3> waiting{{{in.write, POLLOUT, 0}, {out.read, POLLIN, 0}, {err.read, POLLIN, 0}}};
        if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) {
            break;
        }
        if (waiting[0].revents != 0) {
            const auto put = ::write(in.write, input.data(), input.size());
            if (put >= 0) {
                input.remove_prefix(static_cast<std::size_t>(put));
            } else if (errno != EAGAIN && errno != EINTR) {
                input = {};
            }
        }
        if (waiting[1].revents != 0 && !drain(out.read, ended.output)) {
            close_end(out.read);
        }
        if (waiting[2].revents != 0 && !drain(err.read, ended.errors)) {
            close_end(err.read);
        }
    }
    close_end(in.write);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    ::sigaction(SIGPIPE, &before, nullptr);
    ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return ended;
}

}  // namespace punctual::test
