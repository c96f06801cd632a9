#pragma once
// Whether a host as it is written names this machine, so that what is said to it crosses no network.

#include <string_view>

namespace punctual::net {

// "localhost", 127.0.0.0/8, ::1 (also in brackets). A name that only begins like an address does not: somebody else
// may own "127.0.0.1.example.com".
[[nodiscard]] bool is_loopback_host(std::string_view host);

}  // namespace punctual::net
