#include "support/scripted_peer.hpp"

#include "net/async/timer.hpp"
#include "support/run_task.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
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

net::task<> peer_connection::wait_for_bytes() {
    co_await state_->socket.async_wait(net::tcp_socket::wait_read, net::use_result);
}

net::task<> peer_connection::wait_for_close() {
    while (co_await receive()) {
    }
}

net::task<> peer_connection::hang() {
    net::steady_timer never{state_->socket.get_executor()};
    if (!state_->socket.is_open()) {
        co_return;
    }
    never.expires_at(std::chrono::steady_clock::time_point::max());
    co_await never.async_wait(net::use_result);
}

net::task<> peer_connection::close() {
    boost::system::error_code ignored;
    if (state_->tls) {
        co_await state_->tls->async_shutdown(net::use_result);
    }
    state_->socket.shutdown(net::tcp_socket::shutdown_send, ignored);
}

void peer_connection::reset() {
    boost::system::error_code ignored;
    state_->socket.set_option(asio::socket_base::linger{true, 0}, ignored);
    state_->socket.close(ignored);
}

scripted_peer::scripted_peer(asio::io_context& context, peer_script script, SSL_CTX* tls, std::uint16_t port)
    : context_{context},
      group_{context.get_executor(), {}},
      script_{std::move(script)},
      tls_{tls},
      acceptor_{context.get_executor(), {asio::ip::make_address("127.0.0.1"), port}} {
    group_.spawn("accept", accept_all());
}

scripted_peer::~scripted_peer() {
    boost::asio::post(context_, [this] {
        // A script that goes on after a cancelled operation finds its socket closed.
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        for (auto* connection : open_) {
            connection->socket().close(ignored);
        }
    });
    cancel_group(context_, group_);
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
    const auto at = open_.insert(open_.end(), &connection);
    if (tls_ == nullptr || co_await connection.start_tls(tls_)) {
        co_await script_(connection);
    }
    open_.erase(at);
}

}  // namespace punctual::test
