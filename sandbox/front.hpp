#pragma once
// The stand-in's HTTP handler: gives each request to Twilio's API, the control API or the page, and
// plays what tests ordered (answers that never come, connections that break).

#include "http/message.hpp"
#include "net/async/timer.hpp"
#include "sandbox/world.hpp"

#include <functional>
#include <list>

namespace punctual::sandbox {

class front final : public http::request_handler {
public:
    // References must outlive it. `changed` is called after each request. `secure`: behind tls_front.
    front(boost::asio::io_context& context, world& state, std::function<void()> changed, bool secure);

    [[nodiscard]] net::task<http::response> handle(const http::request& what) override;
    // Requests that hang end without an answer.
    void stop();

private:
    [[nodiscard]] net::task<http::response> misbehave(const http::request& what, request_fault fault);
    [[nodiscard]] net::task<> hold(std::chrono::milliseconds time);
    [[nodiscard]] http::response answer(const http::request& what);

    boost::asio::io_context& context_;
    world& state_;
    std::function<void()> changed_;
    bool secure_;
    bool stopping_ = false;
    std::list<net::steady_timer> held_;
};

// The page's files; 404 for anything else.
[[nodiscard]] http::response answer_page(const http::request& what);

}  // namespace punctual::sandbox
