#pragma once
// One TCP connection to any of several addresses (RFC 8305 §5): families in turn, the next attempt
// 250 ms after the last or as soon as one has failed, the first to connect wins.

#include "domain/result.hpp"
#include "net/async/resolver.hpp"
#include "net/async/tcp_stream.hpp"

namespace punctual::net {

inline constexpr std::chrono::milliseconds connection_attempt_delay{250};

// The first address's family first, then alternating (RFC 8305 §4); the order within a family stays.
[[nodiscard]] address_list interleave_families(const address_list& addresses);

// Errors: connect_refused (with the last reason), timed_out, cancelled. No attempt outlives the call.
[[nodiscard]] task<result<tcp_socket>> connect_any(executor ex, address_list addresses, std::uint16_t port,
                                                   deadline until);

}  // namespace punctual::net
