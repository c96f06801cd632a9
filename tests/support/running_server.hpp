#pragma once
// The HTTP server on a free port with its loop in a thread of its own, and a client that sends bytes as
// they are. Nothing here waits by the clock but for a limit that fails the test.

#include "http/server.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace punctual::test {

class running_server {
public:
    // Port 0 whatever the options say.
    running_server(http::request_handler& handler, http::server_options options);
    ~running_server();  // aborts what is left
    running_server(const running_server&) = delete;
    running_server& operator=(const running_server&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] http::server& server() noexcept { return *server_; }
    [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
    // In the loop.
    void post(std::function<void()> call);
    // Until run() of the server has ended by itself.
    void join();

private:
    boost::asio::io_context context_;
    std::unique_ptr<http::server> server_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

class raw_client {
public:
    explicit raw_client(std::uint16_t port);
    ~raw_client();
    raw_client(raw_client&& other) noexcept;
    raw_client& operator=(raw_client&&) = delete;

    void send(std::string_view bytes);
    void finish_sending();
    // One answer: the header and as many bytes as Content-Length says (none with `head`). What came
    // before the end when the peer closes early.
    std::string read_answer(bool head = false);
    // Everything until the peer closes; throws when it does not within 10 s.
    std::string read_to_end();
    // Whether something can be read, an end included, within that time.
    [[nodiscard]] bool readable_within(std::chrono::milliseconds time) const;

private:
    bool read_more();

    int socket_ = -1;
    std::string held_;
};

// "HTTP/1.1 404 …" -> 404; 0 for anything else.
[[nodiscard]] int status_of(std::string_view answer);

}  // namespace punctual::test
