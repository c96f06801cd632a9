#include "net/async/tcp_stream.hpp"

#include "net/async/timer.hpp"

#include <boost/asio/this_coro.hpp>

#include <cerrno>
#include <optional>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace punctual::net {
namespace {

// Socket, timer and why they were closed. The timer's handler may still be queued when the stream is
// gone: it holds this weakly.
struct connection {
    explicit connection(tcp_socket connected) : socket{std::move(connected)}, timer{socket.get_executor()} {}

    tcp_socket socket;
    steady_timer timer;
    // A handler that was already queued when its wait ended must not close a later one.
    std::uint64_t waits = 0;
    bool timed_out = false;
    bool closed = false;

    void close() noexcept {
        boost::system::error_code ignored;
        closed = true;
        timer.cancel();
        socket.close(ignored);
    }
};

class tcp_stream final : public byte_stream {
public:
    tcp_stream(tcp_socket connected, const tls_context& context)
        : context_{context}, here_{std::make_shared<connection>(std::move(connected))} {}
    ~tcp_stream() override { tcp_stream::close(); }
    tcp_stream(const tcp_stream&) = delete;
    tcp_stream& operator=(const tcp_stream&) = delete;

    task<result<std::size_t>> read_some(std::span<char> into, deadline until) override;
    task<result<>> write(std::string_view bytes, deadline until) override;
    task<result<>> start_tls(std::string host, deadline until) override;
    std::uint64_t bytes_written() const noexcept override { return written_; }
    bool is_stale() noexcept override;
    void close() noexcept override;

private:
    using direction = tcp_socket::wait_type;

    // One try of an operation: done, or what to wait for.
    [[nodiscard]] result<tls_progress> try_read(std::span<char> into);
    [[nodiscard]] result<tls_progress> try_write(std::string_view bytes);
    // Whether an operation may begin.
    [[nodiscard]] task<result<>> begin(deadline until);
    [[nodiscard]] task<result<>> wait(tls_step step, deadline until);
    // Closes, and gives the error back.
    [[nodiscard]] error give_up(error why);

    const tls_context& context_;
    std::shared_ptr<connection> here_;
    std::optional<tls_session> tls_;
    std::uint64_t written_ = 0;
};

error system_failure(int number) {
    return {make_error_code(stream_errc::reset), boost::system::system_category().message(number)};
}

bool would_block(int number) noexcept {
    return number == EAGAIN || number == EWOULDBLOCK;
}

result<tls_progress> tcp_stream::try_read(std::span<char> into) {
    if (tls_) {
        return tls_->read(into);
    }
    const auto got = ::recv(here_->socket.native_handle(), into.data(), into.size(), 0);
    if (got > 0) {
        return tls_progress{tls_step::done, static_cast<std::size_t>(got)};
    }
    if (got == 0) {
        return failure(stream_errc::closed);
    }
    if (would_block(errno) || errno == EINTR) {
        return tls_progress{tls_step::want_read, 0};
    }
    return std::unexpected{system_failure(errno)};
}

result<tls_progress> tcp_stream::try_write(std::string_view bytes) {
    if (tls_) {
        return tls_->write(bytes);
    }
    const auto sent = ::send(here_->socket.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
        return tls_progress{tls_step::done, static_cast<std::size_t>(sent)};
    }
    if (would_block(errno) || errno == EINTR) {
        return tls_progress{tls_step::want_write, 0};
    }
    return std::unexpected{system_failure(errno)};
}

error tcp_stream::give_up(error why) {
    here_->close();
    return why;
}

task<result<>> tcp_stream::begin(deadline until) {
    if (here_->closed) {
        co_return failure(stream_errc::closed);
    }
    const auto stopping = co_await boost::asio::this_coro::cancellation_state;
    if (stopping.cancelled() != boost::asio::cancellation_type::none) {
        co_return std::unexpected{give_up(make_error_code(stream_errc::cancelled))};
    }
    if (boot_now() >= until) {
        co_return std::unexpected{give_up(make_error_code(stream_errc::timed_out))};
    }
    co_return result<>{};
}

task<result<>> tcp_stream::wait(tls_step step, deadline until) {
    // Ours for as long as we wait: a close() from elsewhere may destroy the stream behind us.
    const auto here = here_;
    here->timer.expires_after(time_left(until));
    here->timer.async_wait([weak = std::weak_ptr{here}, wait = ++here->waits](boost::system::error_code ec) {
        const auto there = weak.lock();
        if (there && !ec && !there->closed && there->waits == wait) {
            there->timed_out = true;
            there->close();
        }
    });
    const auto what = step == tls_step::want_write ? direction::wait_write : direction::wait_read;
    const auto [ec] = co_await here->socket.async_wait(what, use_result);
    if (here->timed_out) {
        co_return failure(stream_errc::timed_out);
    }
    ++here->waits;
    here->timer.cancel();
    if (here->closed || ec) {
        here->close();
        co_return failure(stream_errc::cancelled);
    }
    co_return result<>{};
}

task<result<std::size_t>> tcp_stream::read_some(std::span<char> into, deadline until) {
    if (const auto begun = co_await begin(until); !begun) {
        co_return std::unexpected{begun.error()};
    }
    while (true) {
        const auto progress = try_read(into);
        if (!progress) {
            co_return std::unexpected{give_up(progress.error())};
        }
        if (progress->step == tls_step::done) {
            co_return progress->bytes;
        }
        if (const auto waited = co_await wait(progress->step, until); !waited) {
            co_return std::unexpected{waited.error()};
        }
    }
}

task<result<>> tcp_stream::write(std::string_view bytes, deadline until) {
    if (const auto begun = co_await begin(until); !begun) {
        co_return std::unexpected{begun.error()};
    }
    while (!bytes.empty()) {
        const auto progress = try_write(bytes);
        if (!progress) {
            co_return std::unexpected{give_up(progress.error())};
        }
        if (progress->step == tls_step::done) {
            written_ += progress->bytes;
            bytes.remove_prefix(progress->bytes);
            continue;
        }
        if (const auto waited = co_await wait(progress->step, until); !waited) {
            co_return std::unexpected{waited.error()};
        }
    }
    co_return result<>{};
}

task<result<>> tcp_stream::start_tls(std::string host, deadline until) {
    if (const auto begun = co_await begin(until); !begun) {
        co_return std::unexpected{begun.error()};
    }
    auto opened = context_.open(here_->socket.native_handle(), host);
    if (!opened) {
        co_return std::unexpected{give_up(opened.error())};
    }
    tls_ = std::move(*opened);
    while (true) {
        const auto step = tls_->handshake();
        if (!step) {
            auto why = step.error();
            why.detail = host + ": " + (why.detail.empty() ? "the TLS handshake broke" : why.detail);
            co_return std::unexpected{give_up(std::move(why))};
        }
        if (*step == tls_step::done) {
            co_return result<>{};
        }
        if (const auto waited = co_await wait(*step, until); !waited) {
            co_return std::unexpected{waited.error()};
        }
    }
}

bool tcp_stream::is_stale() noexcept {
    if (here_->closed) {
        return true;
    }
    if (tls_) {
        return !tls_->is_quiet();
    }
    char byte = 0;
    const auto got = ::recv(here_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || !would_block(errno);
}

void tcp_stream::close() noexcept {
    if (!here_->closed && tls_) {
        tls_->say_goodbye();
    }
    here_->close();
}

}  // namespace

std::unique_ptr<byte_stream> make_tcp_stream(tcp_socket connected, const tls_context& context) {
    boost::system::error_code ignored;
    connected.native_non_blocking(true, ignored);
    const int fd = connected.native_handle();
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    return std::make_unique<tcp_stream>(std::move(connected), context);
}

}  // namespace punctual::net
