#include "support/twilio_peer.hpp"

#include "net/async/timer.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace punctual::test {
namespace {

std::string http(unsigned status, const std::string& headers, const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// The value of To in the form.
std::string recipient(const std::string& request) {
    const auto at = request.find("\r\n\r\nTo=") + 7;
    return request.substr(at, request.find('&', at) - at);
}

}  // namespace

twilio_peer::twilio_peer() {
    open();
}

twilio_peer::~twilio_peer() {
    close();
}

void twilio_peer::open() {
    peer_.emplace(loop_.context, [this](peer_connection& client) { return serve(client); }, nullptr, port_);
    port_ = peer_->port();
    loop_.start();
}

void twilio_peer::close() {
    loop_.stop();
    peer_.reset();
}

void twilio_peer::be(sickness what, std::string headers) {
    const auto before = now_.exchange(what);
    {
        const std::lock_guard lock{mutex_};
        headers_ = std::move(headers);
    }
    if (what == sickness::gone && before != sickness::gone) {
        close();
    } else if (what != sickness::gone && before == sickness::gone) {
        open();
    }
}

std::vector<twilio_peer::request> twilio_peer::requests() const {
    const std::lock_guard lock{mutex_};
    return requests_;
}

std::map<std::string, int> twilio_peer::taken() const {
    const std::lock_guard lock{mutex_};
    return taken_;
}

net::task<> twilio_peer::serve(peer_connection& client) {
    ++connections_;
    while (true) {
        auto request = co_await client.read_request();
        if (request.empty()) {
            co_return;
        }
        co_await answer(client, std::move(request));
    }
}

net::task<> twilio_peer::answer(peer_connection& client, std::string request) {
    std::size_t number = 0;
    const bool post = request.starts_with("POST ");
    std::string headers;
    {
        const std::lock_guard lock{mutex_};
        headers = headers_;
        if (post) {
            number = requests_.size();
            requests_.push_back({.at = std::chrono::steady_clock::now(), .at_once = ++at_once_});
        }
    }
    switch (now_.load()) {
        case sickness::hang:
            co_await client.wait_for_close();
            break;
        case sickness::drip: {
            co_await client.send("HTTP/1.1 201 Created\r\nContent-Length: 1000000\r\n\r\n");
            net::steady_timer pace{client.socket().get_executor()};
            while (client.socket().is_open() && now_ == sickness::drip) {
                co_await client.send(" ");
                pace.expires_after(std::chrono::milliseconds{50});
                co_await pace.async_wait(net::use_result);
            }
            client.reset();
            break;
        }
        case sickness::busy:
            co_await client.send(http(429, headers, R"({"code":20429,"message":"Too Many Requests"})"));
            break;
        case sickness::broken:
            co_await client.send(http(503, headers, "<html>"));
            break;
        case sickness::none:
        case sickness::gone:
            co_await client.send(post ? take(request, number)
                                      : http(200, {}, R"({"messages":[],"next_page_uri":null})"));
            break;
    }
    if (post) {
        const std::lock_guard lock{mutex_};
        --at_once_;
    }
}

std::string twilio_peer::take(const std::string& request, std::size_t number) {
    const std::lock_guard lock{mutex_};
    ++taken_[recipient(request)];
    requests_[number].taken = true;
    std::array<char, 40> sid{};
    std::snprintf(sid.data(), sid.size(), "SM%032zx", number + 1);
    return http(201, {}, R"({"sid":")" + std::string{sid.data()} + R"(","status":"queued"})");
}

}  // namespace punctual::test
