#include "sandbox/tls_socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

namespace punctual::sandbox {

tls_socket::tls_socket(socket plain) : socket_{std::move(plain)} {
    error_code ignored;
    socket_.set_option(boost::asio::ip::tcp::no_delay{true}, ignored);
}

net::task<tls_socket::error_code> tls_socket::handshake(boost::asio::ssl::context& context) {
    tls_ = std::make_unique<boost::asio::ssl::stream<socket&>>(socket_, context);
    const auto [ec] = co_await tls_->async_handshake(boost::asio::ssl::stream_base::server, net::use_result);
    co_return ec;
}

net::task<std::pair<tls_socket::error_code, std::size_t>> tls_socket::read_some(std::span<char> into) {
    const auto buffer = boost::asio::buffer(into.data(), into.size());
    if (tls_) {
        const auto [ec, size] = co_await tls_->async_read_some(buffer, net::use_result);
        co_return std::pair{ec, size};
    }
    const auto [ec, size] = co_await socket_.async_read_some(buffer, net::use_result);
    co_return std::pair{ec, size};
}

net::task<tls_socket::error_code> tls_socket::write(std::string_view bytes) {
    const auto buffer = boost::asio::buffer(bytes.data(), bytes.size());
    if (tls_) {
        const auto [ec, size] = co_await boost::asio::async_write(*tls_, buffer, net::use_result);
        co_return ec;
    }
    const auto [ec, size] = co_await boost::asio::async_write(socket_, buffer, net::use_result);
    co_return ec;
}

net::task<> tls_socket::finish() {
    if (tls_ && socket_.is_open()) {
        // Our half alone: waiting for the peer's would need a deadline.
        ::SSL_set_shutdown(tls_->native_handle(), SSL_RECEIVED_SHUTDOWN);
        co_await tls_->async_shutdown(net::use_result);
    }
    close();
}

void tls_socket::close() noexcept {
    error_code ignored;
    socket_.shutdown(socket::shutdown_both, ignored);
    socket_.close(ignored);
}

}  // namespace punctual::sandbox
