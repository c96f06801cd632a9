#include "http/session.hpp"

#include "http/problem.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <typeinfo>
#include <utility>

namespace punctual::http {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

constexpr std::size_t first_buffer = 2048;
constexpr std::size_t kept_buffer = std::size_t{16} * 1024;  // what an idle connection may keep
constexpr auto linger_time = 2s;                             // for the peer to read the last answer
constexpr std::size_t linger_bytes = std::size_t{256} * 1024;

void log_exception(net::logger* log, std::string_view type) {
    if (log != nullptr) {
        log->error("http_handler_threw", {{"type", type}});
    }
}

std::time_t seconds_now(const net::clock* clock) {
    return std::chrono::system_clock::to_time_t(clock != nullptr ? clock->wall_now()
                                                                 : std::chrono::system_clock::now());
}

}  // namespace

session::session(tcp_socket socket, session_context& context)
    : socket_{std::move(socket)},
      context_{context},
      parser_{request_, {context.options.header_limit, context.options.body_limit}} {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(boost::asio::ip::tcp::no_delay{true}, ignored);
}

void session::enter(phase next, std::chrono::milliseconds limit) {
    phase_ = next;
    expired_ = false;
    deadline_ = net::boot_now() + limit;
}

void session::expire(boot_time now) {
    if (now >= deadline_) {
        deadline_ = boot_time::max();
        expired_ = true;
        error_code ignored;
        socket_.cancel(ignored);
    }
}

void session::stop() {
    if (phase_ == phase::idle) {
        abort();
    }
}

void session::abort() {
    aborted_ = true;
    error_code ignored;
    socket_.close(ignored);
}

net::task<> session::run() {
    in_.resize(first_buffer);
    while (true) {
        const auto what = co_await read_request();
        if (what == got::end) {
            break;
        }
        if (what == got::failure) {
            serialise(plain_problem(failure_), true);
            if (co_await write()) {
                co_await linger();
            }
            break;
        }
        phase_ = phase::handling;
        deadline_ = boot_time::max();
        const response reply = co_await answer();
        if (reply.abandon) {
            break;
        }
        const bool close = reply.close || reply.cut || context_.stopping || !parser_.keep_alive();
        serialise(reply, close);
        if (!co_await write()) {
            break;
        }
        if (close) {
            co_await linger();
            break;
        }
        parser_.reset();
    }
    error_code ignored;
    socket_.close(ignored);
}

net::task<> session::refuse() {
    serialise(plain_problem(503), true);
    if (co_await write()) {
        co_await linger();
    }
    error_code ignored;
    socket_.close(ignored);
}

net::task<session::got> session::read_request() {
    enter(begin_ == end_ ? phase::idle : phase::reading,
          begin_ == end_ ? context_.options.idle_time : context_.options.request_time);
    bool continued = false;
    while (!aborted_) {
        if (begin_ != end_) {
            if (phase_ == phase::idle) {
                enter(phase::reading, context_.options.request_time);
            }
            const auto [state, consumed] = parser_.feed({in_.data() + begin_, end_ - begin_});
            begin_ += consumed;
            if (begin_ == end_) {
                begin_ = end_ = 0;
            }
            if (state == request_parser::state::complete) {
                co_return got::request;
            }
            if (state == request_parser::state::failed) {
                failure_ = parser_.failure();
                co_return got::failure;
            }
            if (!continued && begin_ == end_ && parser_.wants_continue()) {
                continued = true;
                out_ = "HTTP/1.1 100 Continue\r\n\r\n";
                kept_ = {};
                written_ = 0;
                if (!co_await write_rest()) {
                    co_return got::end;
                }
            }
        } else if (context_.stopping && phase_ == phase::idle) {
            co_return got::end;
        }
        if (!co_await fill()) {
            if (expired_ && phase_ == phase::reading && !aborted_) {
                failure_ = 408;
                co_return got::failure;
            }
            co_return got::end;
        }
    }
    co_return got::end;
}

// At least one more byte in the buffer; false at the end of the stream or of the time.
net::task<bool> session::fill() {
    if (begin_ > 0 && end_ == in_.size()) {
        std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == in_.size()) {
        // The parser gives up at the header limit, so it ends there.
        in_.resize(in_.size() * 2);
    }
    const auto [ec, size] =
        co_await socket_.async_read_some(boost::asio::buffer(in_.data() + end_, in_.size() - end_), net::use_result);
    end_ += size;
    co_return !ec && size > 0 && !expired_;
}

net::task<response> session::answer() {
    if (request_.path == "*") {
        response reply;
        reply.status = 204;
        reply.headers.emplace_back("Allow", "GET, HEAD, POST, OPTIONS");
        co_return reply;
    }
    try {
        co_return co_await context_.handler.handle(request_);
    } catch (const std::exception& what) {
        // The type alone: what() may quote the request.
        log_exception(context_.options.log, typeid(what).name());
    } catch (...) {
        log_exception(context_.options.log, "unknown");
    }
    co_return plain_problem(500);
}

void session::serialise(const response& what, bool close) {
    out_.clear();
    written_ = 0;
    const connection_terms terms{
        .head = request_.method == method::head, .close = close, .keep_alive = !close && parser_.is_http_1_0()};
    append_response(out_, what, terms, context_.date.at(seconds_now(context_.options.clock)));
    kept_ = terms.head || what.status == 304 ? std::string_view{} : what.kept_body;
    if (what.cut) {
        out_.resize(out_.size() - (what.body.size() + 1) / 2);
    }
}

net::task<bool> session::write() {
    const bool done = co_await write_rest();
    // A large request or answer must not stay with a connection that may idle for a minute.
    if (out_.capacity() > kept_buffer) {
        out_ = {};
    }
    if (request_.body.capacity() > kept_buffer) {
        request_.body = {};
    }
    co_return done;
}

net::task<bool> session::write_rest() {
    while (written_ < out_.size() + kept_.size() && !aborted_) {
        error_code ec;
        const auto of_out = std::min(written_, out_.size());
        const std::array<boost::asio::const_buffer, 2> rest{
            boost::asio::buffer(out_.data() + of_out, out_.size() - of_out),
            boost::asio::buffer(kept_.data() + (written_ - of_out), kept_.size() - (written_ - of_out))};
        written_ += socket_.write_some(rest, ec);
        if (ec == boost::asio::error::would_block || ec == boost::asio::error::try_again) {
            if (phase_ != phase::writing) {
                // In all, not per piece: a peer that takes a byte a second is shed too.
                enter(phase::writing, context_.options.write_time);
            }
            const auto [waited] = co_await socket_.async_wait(tcp_socket::wait_write, net::use_result);
            if (waited || expired_) {
                co_return false;
            }
        } else if (ec) {
            co_return false;
        }
    }
    co_return !aborted_;
}

// Closing with unread bytes in the socket would reset the connection and could take the answer with
// it (RFC 9112 §9.6).
net::task<> session::linger() {
    enter(phase::lingering, linger_time);
    error_code ec;
    socket_.shutdown(tcp_socket::shutdown_send, ec);
    in_.resize(std::max(in_.size(), first_buffer));
    for (std::size_t seen = 0; !ec && seen < linger_bytes && !expired_ && !aborted_;) {
        const auto [failed, size] = co_await socket_.async_read_some(boost::asio::buffer(in_), net::use_result);
        ec = failed;
        seen += size;
    }
}

}  // namespace punctual::http
