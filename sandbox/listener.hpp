#pragma once
// A listening socket and its connections, as children of one group. What a connection does is told by
// the caller. A connection is closed when the listener stops.

#include "net/async/task.hpp"
#include "net/async/task_group.hpp"
#include "sandbox/tls_socket.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <string>

namespace punctual::sandbox {

class listener {
public:
    using serve = std::function<net::task<>(tls_socket&)>;

    // Binds and listens at once; throws boost::system::system_error with the address in its text.
    listener(boost::asio::io_context& context, const std::string& address, std::uint16_t port, serve with);

    [[nodiscard]] std::uint16_t port() const;
    // Until stop() and the last connection's end.
    [[nodiscard]] net::task<> run();
    void stop();

private:
    [[nodiscard]] net::task<> serve_one(std::list<tls_socket>::iterator at);

    boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, net::executor> acceptor_;
    serve serve_;
    std::list<tls_socket> open_;
    net::task_group children_;
    bool stopping_ = false;
};

}  // namespace punctual::sandbox
