#include "support/server_process.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace punctual::test {
namespace {

// Until the process has ended, or the time is over; pidfd_open(2).
bool ends_within(pid_t child, std::chrono::milliseconds time) {
    const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    ::pollfd ended{.fd = handle, .events = POLLIN, .revents = 0};
    const bool done = handle < 0 || ::poll(&ended, 1, static_cast<int>(time.count())) > 0;
    if (handle >= 0) {
        ::close(handle);
    }
    return done;
}

std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::system_error{errno, std::generic_category(), "pipe2"};
    }
    return ends;
}

}  // namespace

server_process::server_process(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    for (const auto& word : command) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const auto in = make_pipe();
    const auto out = make_pipe();
    child_ = ::fork();
    if (child_ == 0) {
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out[1], STDOUT_FILENO);
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    to_ = in[1];
    from_ = out[0];
    if (child_ < 0) {
        ::close(to_);
        ::close(from_);
        throw std::system_error{errno, std::generic_category(), "fork"};
    }
}

server_process::~server_process() {
    ::close(to_);
    if (!ends_within(child_, std::chrono::seconds{15})) {
        ::kill(child_, SIGKILL);
    }
    ::waitpid(child_, nullptr, 0);
    ::close(from_);
}

std::string server_process::read_line() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    std::size_t end = 0;
    while ((end = buffered_.find('\n')) == std::string::npos) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        ::pollfd readable{.fd = from_, .events = POLLIN, .revents = 0};
        if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) == 0) {
            throw std::runtime_error{"the server said nothing for 30 s"};
        }
        std::array<char, 4096> block{};
        const auto got = ::read(from_, block.data(), block.size());
        if (got == 0) {
            throw std::runtime_error{"the server ended by itself"};
        }
        buffered_.append(block.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    }
    auto line = buffered_.substr(0, end);
    buffered_.erase(0, end + 1);
    return line;
}

void server_process::terminate() {
    ::kill(child_, SIGTERM);
}

std::uint16_t find_free_port() {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::socklen_t size = sizeof address;
    auto* const where = reinterpret_cast<::sockaddr*>(&address);
    const bool found = ::bind(probe, where, size) == 0 && ::getsockname(probe, where, &size) == 0;
    ::close(probe);
    if (!found) {
        throw std::runtime_error{"no free port"};
    }
    return ntohs(address.sin_port);
}

}  // namespace punctual::test
