#pragma once
// One connection: requests in, answers out, one at a time and in order. It has no timer of its own; the
// server's sweep calls expire(), which ends the operation under way when its time is up.

#include "http/message.hpp"
#include "http/request_parser.hpp"
#include "http/response_writer.hpp"
#include "http/server.hpp"

#include "domain/time.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::http {

using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, net::executor>;

// What the sessions of one server have in common.
struct session_context {
    request_handler& handler;
    const server_options& options;
    date_cache date = {};
    bool stopping = false;
};

class session {
public:
    session(tcp_socket socket, session_context& context);

    [[nodiscard]] net::task<> run();
    // Answers 503 without reading, and closes.
    [[nodiscard]] net::task<> refuse();

    // Closes the connection if it is between requests; else the request under way is its last.
    void stop();
    void abort();
    void expire(boot_time now);

private:
    enum class phase : std::uint8_t { idle, reading, handling, writing, lingering };
    enum class got : std::uint8_t { request, failure, end };

    [[nodiscard]] net::task<got> read_request();
    [[nodiscard]] net::task<bool> fill();
    [[nodiscard]] net::task<response> answer();
    [[nodiscard]] net::task<bool> write();
    [[nodiscard]] net::task<bool> write_rest();
    [[nodiscard]] net::task<> linger();
    void enter(phase next, std::chrono::milliseconds limit);
    void serialise(const response& what, bool close);

    tcp_socket socket_;
    session_context& context_;
    request request_;
    request_parser parser_;
    std::vector<char> in_;
    std::size_t begin_ = 0;  // unconsumed bytes of in_
    std::size_t end_ = 0;
    std::string out_;
    std::string_view kept_;    // sent after out_; the answer's kept_body
    std::size_t written_ = 0;  // of both
    unsigned failure_ = 0;
    boot_time deadline_ = boot_time::max();
    phase phase_ = phase::idle;
    bool expired_ = false;
    bool aborted_ = false;
};

}  // namespace punctual::http
