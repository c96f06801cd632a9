#pragma once
// A server's socket that may turn to TLS. Errors are Asio's; nothing throws.

#include "net/async/task.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace punctual::sandbox {

class tls_socket {
public:
    using socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, net::executor>;
    using error_code = boost::system::error_code;

    explicit tls_socket(socket plain);

    // `context` must outlive the socket.
    [[nodiscard]] net::task<error_code> handshake(boost::asio::ssl::context& context);
    [[nodiscard]] net::task<std::pair<error_code, std::size_t>> read_some(std::span<char> into);
    [[nodiscard]] net::task<error_code> write(std::string_view bytes);
    // Says goodbye (close_notify) where there is TLS, then closes.
    [[nodiscard]] net::task<> finish();
    void close() noexcept;

private:
    socket socket_;
    std::unique_ptr<boost::asio::ssl::stream<socket&>> tls_;
};

}  // namespace punctual::sandbox
