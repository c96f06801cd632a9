#include "sandbox/tls_front.hpp"

#include <boost/asio/ip/address_v4.hpp>

#include <array>

namespace punctual::sandbox {
namespace {

// Until either side ends; then both are closed, which ends the other direction too.
net::task<> pump(tls_socket& from, tls_socket& to) {
    std::array<char, 16UL * 1024> buffer{};
    while (true) {
        const auto [ec, size] = co_await from.read_some(buffer);
        if (ec) {
            break;
        }
        if (co_await to.write({buffer.data(), size})) {
            break;
        }
    }
    from.close();
    to.close();
}

}  // namespace

tls_front::tls_front(boost::asio::io_context& context, const std::string& address, std::uint16_t port,
                     std::uint16_t inner, boost::asio::ssl::context& tls)
    : context_{context},
      inner_{inner},
      tls_{tls},
      listener_{context, address, port, [this](tls_socket& client) { return relay(client); }} {}

net::task<> tls_front::relay(tls_socket& client) {
    if (const auto refused = co_await client.handshake(tls_)) {
        client.close();
        co_return;
    }
    tls_socket::socket to_inner{context_.get_executor()};
    const boost::asio::ip::tcp::endpoint at{boost::asio::ip::address_v4::loopback(), inner_};
    if (const auto [failed] = co_await to_inner.async_connect(at, net::use_result); failed) {
        client.close();
        co_return;
    }
    tls_socket server{std::move(to_inner)};
    net::task_group back{context_.get_executor(), {}};
    back.spawn("tls_front_back", pump(server, client));
    co_await pump(client, server);
    co_await back.wait();
}

}  // namespace punctual::sandbox
