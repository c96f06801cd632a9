#pragma once
// A server on loopback that does what a test tells it, in the test's own loop: answers, silence, a broken
// connection, TLS with any certificate.

#include "net/async/task_group.hpp"
#include "net/async/tcp_stream.hpp"
#include "support/test_certificates.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace punctual::test {

// One accepted connection, as the script sees it. Errors are silent: they show in what the client got.
class peer_connection {
public:
    // `number`: 0 for the first connection of the peer.
    peer_connection(net::tcp_socket socket, std::size_t number);
    ~peer_connection();

    // What has come, up to and with `mark`; all that came if the connection ended before.
    [[nodiscard]] net::task<std::string> read_through(std::string mark);
    // A request with its body, by Content-Length.
    [[nodiscard]] net::task<std::string> read_request();
    [[nodiscard]] net::task<> send(std::string bytes);
    // TLS from here on; says whether the handshake worked.
    [[nodiscard]] net::task<bool> start_tls(SSL_CTX* context);
    // Until something has come that nobody has read yet.
    [[nodiscard]] net::task<> wait_for_bytes();
    // Until the client closes.
    [[nodiscard]] net::task<> wait_for_close();
    // Never returns until the test ends.
    [[nodiscard]] net::task<> hang();
    // Orderly: TLS says close_notify and waits for the client's end.
    [[nodiscard]] net::task<> close();
    void reset();  // RST

    [[nodiscard]] std::size_t number() const noexcept { return number_; }
    [[nodiscard]] net::tcp_socket& socket() noexcept;

private:
    [[nodiscard]] net::task<bool> receive();

    struct state;
    std::unique_ptr<state> state_;
    std::size_t number_;
    std::string buffered_;
};

using peer_script = std::function<net::task<>(peer_connection&)>;

class scripted_peer {
public:
    // Listens on 127.0.0.1 at once; each connection runs the script, after a TLS handshake if there is a
    // context. The script is kept here: its captures live as long as this object. `port` 0: a free one.
    scripted_peer(boost::asio::io_context& context, peer_script script, SSL_CTX* tls = nullptr, std::uint16_t port = 0);
    // Closes all, and turns the loop until every script has ended.
    ~scripted_peer();
    scripted_peer(const scripted_peer&) = delete;
    scripted_peer& operator=(const scripted_peer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    [[nodiscard]] std::size_t accepted() const noexcept { return accepted_; }

private:
    using acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, net::executor>;

    [[nodiscard]] net::task<> accept_all();
    [[nodiscard]] net::task<> serve(net::tcp_socket socket, std::size_t number);

    boost::asio::io_context& context_;
    net::task_group group_;
    peer_script script_;
    SSL_CTX* tls_;
    acceptor acceptor_;
    std::list<peer_connection*> open_;
    std::size_t accepted_ = 0;
};

}  // namespace punctual::test
