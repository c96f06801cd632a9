#pragma once
// Whether a host as it is written can only be meant for this machine or this network. It refuses to ask a name server:
// a name may be known inside alone, and this does not find that out.

#include <string_view>

namespace punctual::net {

// "localhost" and names under it, ".local", ".internal"; addresses that are loopback, unspecified, link-local, private
// (RFC 1918, RFC 4193) or a carrier's own (RFC 6598), IPv4 ones in IPv6 included. IPv6 with or without brackets.
[[nodiscard]] bool is_private_host(std::string_view host);

}  // namespace punctual::net
