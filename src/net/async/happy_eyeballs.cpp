#include "net/async/happy_eyeballs.hpp"

#include "net/async/timer.hpp"

#include <boost/asio/this_coro.hpp>

#include <list>
#include <optional>
#include <utility>

namespace punctual::net {
namespace {

// Attempts under way; their handlers own it together with the coroutine.
struct race {
    explicit race(const executor& ex) : news{ex} {}

    steady_timer news;  // cancelled when something has happened
    std::list<tcp_socket> runners;
    std::optional<tcp_socket> winner;
    std::size_t running = 0;
    bool heard = false;
    boost::system::error_code last;

    void stop() noexcept {
        boost::system::error_code ignored;
        for (auto& runner : runners) {
            runner.close(ignored);
        }
    }
};

void start(const std::shared_ptr<race>& heat, const executor& ex, const boost::asio::ip::tcp::endpoint& to) {
    const auto runner = heat->runners.emplace(heat->runners.end(), ex);
    boost::system::error_code ec;
    runner->open(to.protocol(), ec);
    if (ec) {
        heat->last = ec;
        heat->heard = true;
        return;
    }
    ++heat->running;
    runner->async_connect(to, [heat, runner](boost::system::error_code failed) {
        --heat->running;
        heat->heard = true;
        if (!failed && runner->is_open() && !heat->winner) {
            heat->winner.emplace(std::move(*runner));
        } else if (failed != boost::asio::error::operation_aborted) {
            heat->last = failed;
        }
        heat->news.cancel();
    });
}

}  // namespace

address_list interleave_families(const address_list& addresses) {
    address_list first;
    address_list second;
    for (const auto& address : addresses) {
        (address.is_v6() == addresses.front().is_v6() ? first : second).push_back(address);
    }
    address_list mixed;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) {
            mixed.push_back(first[i]);
        }
        if (i < second.size()) {
            mixed.push_back(second[i]);
        }
    }
    return mixed;
}

task<result<tcp_socket>> connect_any(executor ex, address_list addresses, std::uint16_t port, deadline until) {
    const auto order = interleave_families(addresses);
    const auto heat = std::make_shared<race>(ex);
    // However this ends: the losers' sockets are closed, and their handlers let go of the race.
    struct ending {
        race& heat;
        ~ending() { heat.stop(); }
    } const end{*heat};
    std::size_t next = 0;
    while (true) {
        const auto stopping = co_await boost::asio::this_coro::cancellation_state;
        if (stopping.cancelled() != boost::asio::cancellation_type::none) {
            co_return failure(stream_errc::cancelled);
        }
        if (boot_now() >= until) {
            co_return failure(stream_errc::timed_out, "no connection in time");
        }
        heat->heard = false;
        if (next < order.size()) {
            start(heat, ex, {order[next++], port});
        } else if (heat->running == 0) {
            co_return failure(stream_errc::connect_refused, heat->last.message());
        }
        const auto patience =
            next < order.size() ? std::min<deadline>(until, boot_now() + connection_attempt_delay) : until;
        if (!heat->heard) {
            heat->news.expires_after(time_left(patience));
            co_await heat->news.async_wait(use_result);
        }
        if (heat->winner) {
            auto connected = std::move(*heat->winner);
            co_return std::move(connected);
        }
    }
}

}  // namespace punctual::net
