#pragma once
// make_connector (byte_stream.hpp) with its resolver in the caller's hand, for tests and the simulation
// of a dead name server.

#include "net/async/byte_stream.hpp"
#include "net/async/resolver.hpp"

namespace punctual::net {

// Throws std::runtime_error when `ca_file` cannot be read.
[[nodiscard]] std::unique_ptr<connector> make_connector(boost::asio::io_context& context, const std::string& ca_file,
                                                        std::unique_ptr<resolver> names);

}  // namespace punctual::net
