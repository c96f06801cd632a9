#include "net/systemd/service_manager.hpp"

#include <cstdint>
#include <ctime>
#include <stdexcept>
#include <string>

#include <sys/socket.h>
#include <systemd/sd-daemon.h>

namespace punctual::net::systemd {

void notify_ready() {
    sd_notify(0, "READY=1");
}
void notify_stopping() {
    sd_notify(0, "STOPPING=1");
}
void notify_watchdog() {
    sd_notify(0, "WATCHDOG=1");
}

void notify_reloading() {
    std::timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto microseconds =
        static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
    const auto text = "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds);
    sd_notify(0, text.c_str());
}

void notify_status(std::string_view text) {
    const auto line = "STATUS=" + std::string{text};
    sd_notify(0, line.c_str());
}

void extend_timeout(std::chrono::microseconds by) {
    const auto text = "EXTEND_TIMEOUT_USEC=" + std::to_string(by.count());
    sd_notify(0, text.c_str());
}

std::optional<std::chrono::microseconds> watchdog_interval() {
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0) {
        return std::nullopt;
    }
    return std::chrono::microseconds{microseconds};
}

std::optional<int> inherited_socket() {
    const int count = sd_listen_fds(1);
    if (count <= 0) {
        return std::nullopt;
    }
    if (count > 1) {
        throw std::runtime_error{"systemd passed " + std::to_string(count) +
                                 " sockets; punctuald serves one: keep one ListenStream= in the socket unit"};
    }
    if (sd_is_socket(SD_LISTEN_FDS_START, 0, SOCK_STREAM, 1) <= 0) {
        throw std::runtime_error{"systemd passed a descriptor that is not a listening stream socket"};
    }
    return SD_LISTEN_FDS_START;
}

}  // namespace punctual::net::systemd
