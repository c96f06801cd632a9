#pragma once
// What the daemon tells systemd and takes from it: sd_notify(3), sd_watchdog_enabled(3),
// sd_listen_fds(3). Outside systemd everything here does nothing.

#include <chrono>
#include <optional>
#include <string_view>

namespace punctual::net::systemd {

void notify_ready();                        // READY=1
void notify_stopping();                     // STOPPING=1
void notify_reloading();                    // RELOADING=1 with MONOTONIC_USEC
void notify_watchdog();                     // WATCHDOG=1
void notify_status(std::string_view text);  // STATUS=, one line, no personal data
// More time for what is under way: EXTEND_TIMEOUT_USEC.
void extend_timeout(std::chrono::microseconds by);

// How long systemd waits between two keep-alives before it restarts us; nullopt: no watchdog.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval();

// The listening stream socket that systemd opened for us; nullopt: none was passed. Throws
// std::runtime_error when something else was passed.
[[nodiscard]] std::optional<int> inherited_socket();

}  // namespace punctual::net::systemd
