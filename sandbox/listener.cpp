#include "sandbox/listener.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace punctual::sandbox {

listener::listener(boost::asio::io_context& context, const std::string& address, std::uint16_t port, serve with)
    : acceptor_{context.get_executor()}, serve_{std::move(with)}, children_{context.get_executor(), {}} {
    try {
        const boost::asio::ip::tcp::endpoint at{boost::asio::ip::make_address(address), port};
        acceptor_.open(at.protocol());
        acceptor_.set_option(decltype(acceptor_)::reuse_address{true});
        acceptor_.bind(at);
        acceptor_.listen();
    } catch (const boost::system::system_error& why) {
        throw std::runtime_error{"listening on " + address + " port " + std::to_string(port) + ": " +
                                 why.code().message()};
    }
}

std::uint16_t listener::port() const {
    return acceptor_.local_endpoint().port();
}

net::task<> listener::run() {
    while (!stopping_) {
        auto [ec, socket] = co_await acceptor_.async_accept(net::use_result);
        if (!ec) {
            const auto at = open_.emplace(open_.end(), std::move(socket));
            children_.spawn("sandbox_connection", serve_one(at));
        } else if (ec == boost::asio::error::operation_aborted) {
            break;
        }
    }
    co_await children_.wait();
}

net::task<> listener::serve_one(std::list<tls_socket>::iterator at) {
    co_await serve_(*at);
    open_.erase(at);
}

void listener::stop() {
    stopping_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    for (auto& each : open_) {
        each.close();
    }
    children_.cancel();
}

}  // namespace punctual::sandbox
