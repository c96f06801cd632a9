#pragma once
// The HTTP/1.1 server: accepts, parses, answers, sheds (RFC 9110, RFC 9112). Limits are in place from
// the first byte; what is malformed or ambiguous gets 400 and a close. It knows no routes.

#include "http/message.hpp"
#include "net/async/task.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace punctual::net {
class clock;
class counter;
class logger;
}  // namespace punctual::net

namespace punctual::http {

struct server_options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8000;                         // 0: any free one, see port()
    int inherited_socket = -1;                         // a listening descriptor (sd_listen_fds(3)) wins over both
    std::size_t header_limit = std::size_t{8} * 1024;  // beyond: 431
    std::size_t body_limit = std::size_t{64} * 1024;   // beyond: 413
    std::chrono::milliseconds request_time{10'000};    // to send a request in all; beyond: 408
    std::chrono::milliseconds idle_time{60'000};       // between requests; beyond: close
    std::chrono::milliseconds write_time{20'000};      // for the peer to take an answer; beyond: close
    std::size_t connections = 1024;                    // beyond: 503 and close
    // Descriptors kept free for the database and for outbound connections; the soft RLIMIT_NOFILE is
    // raised when the hard one allows, else fewer connections are served.
    std::size_t reserved_descriptors = 96;
    net::logger* log = nullptr;             // exceptions of handlers, exhausted descriptors; never content
    net::counter* accept_pauses = nullptr;  // since descriptors, or memory, were out
    const net::clock* clock = nullptr;      // for the Date of answers; null: the system's
};

class server {
public:
    virtual ~server() = default;
    // Binds and listens; throws boost::system::system_error with the address in its text.
    virtual void open() = 0;
    [[nodiscard]] virtual std::uint16_t port() const = 0;
    // Accepts until stop(); ends when the last connection is gone.
    [[nodiscard]] virtual net::task<> run() = 0;
    // No new connections, idle ones closed; those in a request finish it, then close.
    virtual void stop() = 0;
    // What is left is closed.
    virtual void abort() = 0;
    [[nodiscard]] virtual std::size_t connections() const noexcept = 0;
};

// `handler` must outlive the server.
[[nodiscard]] std::unique_ptr<server> make_server(boost::asio::io_context& context, request_handler& handler,
                                                  server_options options);

}  // namespace punctual::http
