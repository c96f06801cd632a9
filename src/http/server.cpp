#include "http/server.hpp"

#include "http/descriptors.hpp"
#include "http/session.hpp"
#include "net/async/clock.hpp"
#include "net/async/task_group.hpp"
#include "net/log/logger.hpp"
#include "net/metrics/metrics.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cerrno>
#include <list>
#include <utility>

namespace punctual::http {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using boost::system::error_code;
using acceptor = boost::asio::basic_socket_acceptor<tcp, net::executor>;
using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>, net::executor>;

constexpr std::size_t refused_at_once = 64;  // connections beyond the limit that still get their 503
constexpr auto first_pause = 50ms;           // of accepting, when descriptors are out
constexpr auto longest_pause = 1000ms;

class tcp_server final : public server {
public:
    tcp_server(boost::asio::io_context& context, request_handler& handler, server_options options)
        : options_{std::move(options)},
          shared_{.handler = handler, .options = options_},
          acceptor_{context.get_executor()},
          pause_{context.get_executor()},
          sweeper_{context.get_executor()},
          children_{context.get_executor(),
                    [this](std::string_view name, const std::exception_ptr& why) { child_ended(name, why); }},
          upkeep_{context.get_executor(),
                  [this](std::string_view name, const std::exception_ptr& why) { child_ended(name, why); }} {}

    void open() override {
        if (options_.inherited_socket >= 0) {
            acceptor_.assign(inherited_protocol(options_.inherited_socket), options_.inherited_socket);
        } else {
            listen();
        }
        acceptor_.non_blocking(true);
        limit_ = connection_limit(options_.connections, options_.reserved_descriptors + refused_at_once);
    }

    std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }

    net::task<> run() override {
        upkeep_.spawn("http_sweep", sweep());
        co_await accept();
        co_await children_.wait();
        swept_ = true;
        sweeper_.cancel();
        co_await upkeep_.wait();
    }

    void stop() override {
        shared_.stopping = true;
        error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
        for (auto& one : sessions_) {
            one.stop();
        }
    }

    void abort() override {
        stop();
        for (auto* list : {&sessions_, &refused_}) {
            for (auto& one : *list) {
                one.abort();
            }
        }
        children_.cancel();
    }

    std::size_t connections() const noexcept override { return sessions_.size(); }

private:
    using sessions = std::list<session>;

    void listen() {
        try {
            const tcp::endpoint at{boost::asio::ip::make_address(options_.address), options_.port};
            acceptor_.open(at.protocol());
            acceptor_.set_option(acceptor::reuse_address{true});
            acceptor_.bind(at);
            acceptor_.listen(acceptor::max_listen_connections);
        } catch (const boost::system::system_error& what) {
            throw std::runtime_error{"listening on " + options_.address + " port " + std::to_string(options_.port) +
                                     ": " + what.code().message()};
        }
    }

    net::task<> accept() {
        auto wait = first_pause;
        while (!shared_.stopping) {
            auto [ec, socket] = co_await acceptor_.async_accept(net::use_result);
            if (!ec) {
                wait = first_pause;
                take(std::move(socket));
            } else if (ec == boost::asio::error::operation_aborted) {
                if (!shared_.stopping) {
                    abort();  // the group that run() is in was cancelled
                }
            } else if (out_of_resources(ec)) {
                // The connection stays in the backlog and would be reported again at once.
                if (options_.log != nullptr) {
                    options_.log->warning("http_accept_paused", {{"errno", ec.value()}, {"pause_ms", wait.count()}});
                }
                if (options_.accept_pauses != nullptr) {
                    options_.accept_pauses->add();
                }
                pause_.expires_after(wait);
                const auto [cut] = co_await pause_.async_wait(net::use_result);
                if (cut && !shared_.stopping) {
                    abort();
                }
                wait = std::min<std::chrono::milliseconds>(2 * wait, longest_pause);
            }
            // Anything else concerns that connection alone (accept(2), "Error handling").
        }
    }

    // accept(2), "Errors".
    static bool out_of_resources(const error_code& ec) noexcept {
        const int reason = ec.value();
        return reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM;
    }

    void take(tcp_socket socket) {
        const bool within = sessions_.size() < limit_;
        if (!within && refused_.size() >= refused_at_once) {
            return;  // closed by its destructor
        }
        auto& list = within ? sessions_ : refused_;
        const bool first = sessions_.empty() && refused_.empty();
        const auto at = list.emplace(list.end(), std::move(socket), shared_);
        if (first) {
            sweeper_.cancel();
        }
        children_.spawn("http_session", within ? serve(at) : refuse(at));
    }

    net::task<> serve(sessions::iterator at) {
        const remover leaving{sessions_, at};
        co_await at->run();
    }

    net::task<> refuse(sessions::iterator at) {
        const remover leaving{refused_, at};
        co_await at->refuse();
    }

    // One timer for every connection: it looks at all of them a few times within the shortest limit,
    // and not at all while there are none.
    net::task<> sweep() {
        const auto shortest = std::min({options_.request_time, options_.idle_time, options_.write_time, 4000ms});
        const auto pace = std::max(shortest / 8, 5ms);
        while (!swept_) {
            if (sessions_.empty() && refused_.empty()) {
                sweeper_.expires_at(timer::time_point::max());
            } else {
                sweeper_.expires_after(pace);
            }
            co_await sweeper_.async_wait(net::use_result);
            const auto now = net::boot_now();
            for (auto* list : {&sessions_, &refused_}) {
                for (auto& one : *list) {
                    one.expire(now);
                }
            }
        }
    }

    void child_ended(std::string_view name, const std::exception_ptr& why) const {
        if (why && options_.log != nullptr) {
            options_.log->error("http_task_threw", {{"task", name}});
        }
    }

    struct remover {
        sessions& from;
        sessions::iterator at;

        remover(sessions& list, sessions::iterator where) : from{list}, at{where} {}
        ~remover() { from.erase(at); }
        remover(const remover&) = delete;
        remover& operator=(const remover&) = delete;
    };

    server_options options_;
    session_context shared_;
    acceptor acceptor_;
    timer pause_;
    timer sweeper_;
    sessions sessions_;
    sessions refused_;
    std::size_t limit_ = 0;
    bool swept_ = false;
    net::task_group children_;
    net::task_group upkeep_;
};

}  // namespace

std::unique_ptr<server> make_server(boost::asio::io_context& context, request_handler& handler,
                                    server_options options) {
    return std::make_unique<tcp_server>(context, handler, std::move(options));
}

}  // namespace punctual::http
