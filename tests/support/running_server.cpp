#include "support/running_server.hpp"

#include "net/async/task_group.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace punctual::test {
namespace {

constexpr std::chrono::seconds patience{10};

[[noreturn]] void fail(const char* what) {
    throw std::system_error{errno, std::generic_category(), what};
}

}  // namespace

running_server::running_server(http::request_handler& handler, http::server_options options) {
    options.port = 0;
    server_ = http::make_server(context_, handler, std::move(options));
    server_->open();
    port_ = server_->port();
    thread_ = std::thread{[this] {
        net::task_group group{context_.get_executor(), nullptr};
        group.spawn("server", server_->run());
        context_.run();
    }};
}

running_server::~running_server() {
    if (thread_.joinable()) {
        post([this] { server_->abort(); });
        thread_.join();
    }
}

void running_server::post(std::function<void()> call) {
    boost::asio::post(context_, std::move(call));
}
void running_server::join() {
    thread_.join();
}

raw_client::raw_client(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    ::sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the call is made (connect(2))
    if (socket_ < 0 || ::connect(socket_, reinterpret_cast<const ::sockaddr*>(&to), sizeof to) != 0) {
        fail("connecting to the server");
    }
}

raw_client::~raw_client() {
    if (socket_ >= 0) {
        ::close(socket_);
    }
}

raw_client::raw_client(raw_client&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)}, held_{std::move(other.held_)} {}

void raw_client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EPIPE || errno == ECONNRESET) {
                return;  // the server has had enough; what it said can still be read
            }
            fail("sending to the server");
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void raw_client::finish_sending() {
    ::shutdown(socket_, SHUT_WR);
}

bool raw_client::readable_within(std::chrono::milliseconds time) const {
    ::pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, static_cast<int>(time.count())) == 1;
}

bool raw_client::read_more() {
    if (!readable_within(patience)) {
        throw std::runtime_error{"the server neither answered nor closed; so far: " + held_};
    }
    std::string piece(std::size_t{64} * 1024, '\0');
    const auto got = ::recv(socket_, piece.data(), piece.size(), 0);
    if (got <= 0) {
        return false;
    }
    held_.append(piece, 0, static_cast<std::size_t>(got));
    return true;
}

std::string raw_client::read_answer(bool head) {
    std::size_t end = 0;
    while ((end = held_.find("\r\n\r\n")) == std::string::npos) {
        if (!read_more()) {
            return std::exchange(held_, {});
        }
    }
    std::size_t size = end + 4;
    static constexpr std::string_view name = "Content-Length: ";
    const auto at = held_.find(name);
    if (!head && at < end) {
        std::size_t length = 0;
        std::from_chars(held_.data() + at + name.size(), held_.data() + end, length);
        size += length;
    }
    while (held_.size() < size && read_more()) {
    }
    auto out = held_.substr(0, size);
    held_.erase(0, size);
    return out;
}

std::string raw_client::read_to_end() {
    while (read_more()) {
    }
    return std::exchange(held_, {});
}

int status_of(std::string_view answer) {
    static constexpr std::string_view start = "HTTP/1.1 ";
    int status = 0;
    if (answer.starts_with(start)) {
        std::from_chars(answer.data() + start.size(), answer.data() + answer.size(), status);
    }
    return status;
}

}  // namespace punctual::test
