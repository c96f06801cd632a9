#include "net/systemd/service_manager.hpp"

#include <cstdint>
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
