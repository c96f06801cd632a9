#include "support/scripted_peer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstdlib>
#include <optional>

namespace punctual::test {

namespace asio = boost::asio;

struct peer_connection::state {
    explicit state(net::tcp_socket accepted) : socket{std::move(accepted)} {}

    net::tcp_socket socket;
    std::optional<asio::ssl::stream<net::tcp_socket&>> tls;
};

peer_connection::peer_connection(net::tcp_socket socket, std::size_t number)
    : state_{std::make_unique<state>(std::move(socket))}, number_{number} {}

peer_connection::~peer_connection() = default;

net::tcp_socket& peer_connection::socket() noexcept {
    return state_->socket;
}

net::task<bool> peer_connection::receive() {
    std::array<char, 16'384> block{};
    std::size_t got = 0;
    boost::system::error_code ec;
    if (state_->tls) {
        std::tie(ec, got) = co_await state_->tls->async_read_some(asio::buffer(block), net::use_result);
    } else {
        std::tie(ec, got) = co_await state_->socket.async_read_some(asio::buffer(block), net::use_result);
    }
    buffered_.append(block.data(), got);
    co_return !ec;
}

net::task<std::string> peer_connection::read_through(std::string mark) {
    std::size_t end = std::string::npos;
    while ((end = buffered_.find(mark)) == std::string::npos) {
        if (!co_await receive()) {
            co_return std::exchange(buffered_, {});
        }
    }
    auto found = buffered_.substr(0, end + mark.size());
    buffered_.erase(0, end + mark.size());
    co_return found;
}

net::task<std::string> peer_connection::read_request() {
    auto head = co_await read_through("\r\n\r\n");
    constexpr std::string_view name = "Content-Length: ";
    const auto at = head.find(name);
    const auto size = at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + name.size(), nullptr, 10);
    while (buffered_.size() < size) {
        if (!co_await receive()) {
            break;
        }
    }
    head += buffered_.substr(0, size);
    buffered_.erase(0, size);
    co_return head;
}

net::task<> peer_connection::send(std::string bytes) {
    if (state_->tls) {
        co_await asio::async_write(*state_->tls, asio::buffer(bytes), net::use_result);
    } else {
        co_await asio::async_write(state_->socket, asio::buffer(bytes), net::use_result);
    }
}

net::task<bool> peer_connection::start_tls(SSL_CTX* context) {
    SSL_CTX_up_ref(context);
    asio::ssl::context wrapped{context};
    state_->tls.emplace(state_->socket, wrapped);
    const auto [ec] = co_await state_->tls->async_handshake(asio::ssl::stream_base::server, net::use_result);
    co_return !ec;
}

net::task<> peer_connection::wait_for_close() {
    while (co_await receive()) {
    }
}

net::task<> peer_connection::hang() {
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, net::executor>
        never{state_->socket.get_executor()};
    never.expires_at(std::chrono::steady_clock::time_point::max());
    co_await never.async_wait(net::use_result);
}

void peer_connection::close() {
    boost::system::error_code ignored;
    if (state_->tls) {
        // Says close_notify without waiting for the other's.
        SSL_shutdown(state_->tls->native_handle());
    }
    state_->socket.shutdown(net::tcp_socket::shutdown_send, ignored);
}

void peer_connection::reset() {
    boost::system::error_code ignored;
    state_->socket.set_option(asio::socket_base::linger{true, 0}, ignored);
    state_->socket.close(ignored);
}

scripted_peer::scripted_peer(asio::io_context& context, net::task_group& group, peer_script script, SSL_CTX* tls)
    : group_{group},
      script_{std::move(script)},
      tls_{tls},
      acceptor_{context.get_executor(), {asio::ip::make_address("127.0.0.1"), 0}} {
    group_.spawn("accept", accept_all());
}

net::task<> scripted_peer::accept_all() {
    while (true) {
        auto [ec, socket] = co_await acceptor_.async_accept(net::use_result);
        if (ec) {
            co_return;
        }
        group_.spawn("peer", serve(std::move(socket), accepted_++));
    }
}

net::task<> scripted_peer::serve(net::tcp_socket socket, std::size_t number) {
    peer_connection connection{std::move(socket), number};
    if (tls_ != nullptr && !co_await connection.start_tls(tls_)) {
        co_return;
    }
    co_await script_(connection);
}

}  // namespace punctual::test
