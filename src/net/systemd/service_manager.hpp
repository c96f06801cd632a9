#pragma once
// What the daemon tells systemd and takes from it: sd_notify(3), sd_watchdog_enabled(3),
// sd_listen_fds(3). Outside systemd everything here does nothing.

#include <chrono>
#include <optional>

namespace punctual::net::systemd {

void notify_ready();     // READY=1
void notify_stopping();  // STOPPING=1
void notify_watchdog();  // WATCHDOG=1

// How long systemd waits between two keep-alives before it restarts us; nullopt: no watchdog.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval();

// The listening stream socket that systemd opened for us; nullopt: none was passed. Throws
// std::runtime_error when something else was passed.
[[nodiscard]] std::optional<int> inherited_socket();

}  // namespace punctual::net::systemd
