#pragma once
// HTTPS in front of the stand-in's HTTP: takes TLS off and relays the bytes to a port of this process.

#include "sandbox/listener.hpp"

namespace punctual::sandbox {

class tls_front {
public:
    // `tls` must outlive it. `inner`: the HTTP server's port on 127.0.0.1.
    tls_front(boost::asio::io_context& context, const std::string& address, std::uint16_t port, std::uint16_t inner,
              boost::asio::ssl::context& tls);

    [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
    [[nodiscard]] net::task<> run() { return listener_.run(); }
    void stop() { listener_.stop(); }

private:
    [[nodiscard]] net::task<> relay(tls_socket& client);

    boost::asio::io_context& context_;
    std::uint16_t inner_;
    boost::asio::ssl::context& tls_;
    listener listener_;
};

}  // namespace punctual::sandbox
