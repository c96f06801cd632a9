#pragma once
// How many connections the process has descriptors for (getrlimit(2), RLIMIT_NOFILE).

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>

namespace punctual::http {

// `wanted`, or fewer so that `reserved` descriptors stay free for everything else; at least 1. Raises
// the soft limit towards the hard one when that helps.
[[nodiscard]] std::size_t connection_limit(std::size_t wanted, std::size_t reserved) noexcept;

// IPv4 or IPv6, whichever the inherited socket listens on; throws boost::system::system_error for
// anything else.
[[nodiscard]] boost::asio::ip::tcp inherited_protocol(int descriptor);

}  // namespace punctual::http
