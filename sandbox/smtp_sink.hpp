#pragma once
// The SMTP server: sockets and TLS around smtp_session, mails into the world.

#include "sandbox/listener.hpp"
#include "sandbox/smtp_session.hpp"
#include "sandbox/world.hpp"

#include <functional>

namespace punctual::sandbox {

class smtp_sink {
public:
    // References must outlive it. `tls_first`: implicit TLS (port 465). `changed` is called after a mail.
    smtp_sink(boost::asio::io_context& context, const std::string& address, std::uint16_t port, bool tls_first,
              smtp_options options, boost::asio::ssl::context& tls, world& state, std::function<void()> changed);

    [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
    [[nodiscard]] net::task<> run() { return listener_.run(); }
    void stop() { listener_.stop(); }

private:
    [[nodiscard]] net::task<> converse(tls_socket& with);
    // False: the connection is over.
    [[nodiscard]] net::task<bool> act(smtp_step& step, tls_socket& with, smtp_session& session);

    boost::asio::io_context& context_;
    bool tls_first_;
    smtp_options options_;
    boost::asio::ssl::context& tls_;
    world& state_;
    std::function<void()> changed_;
    listener listener_;
};

}  // namespace punctual::sandbox
