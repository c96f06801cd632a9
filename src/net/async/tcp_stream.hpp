#pragma once
// byte_stream over a connected TCP socket, in clear or under TLS. One coroutine uses it at a time.
//
// Every operation tries first and waits only when it must; the one timer is armed only while waiting,
// so an idle stream holds neither a timer nor the loop. Whatever fails, times out or is cancelled
// closes the stream: every later operation says `closed`.

#include "net/async/byte_stream.hpp"
#include "net/async/tls_session.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace punctual::net {

using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;

// `context` must outlive the stream's last start_tls().
[[nodiscard]] std::unique_ptr<byte_stream> make_tcp_stream(tcp_socket connected, const tls_context& context);

}  // namespace punctual::net
