#include "net/postgres/connection.hpp"

#include "net/postgres/database.hpp"
#include "net/postgres/row_set_data.hpp"
#include "net/postgres/server_error.hpp"

#include <boost/asio/this_coro.hpp>

#include <optional>
#include <utility>

namespace punctual::net::postgres {
namespace {

error ended_by(connection::woken how, const pg_conn* pg, postgres_errc late) {
    switch (how) {
        case connection::woken::timed_out:
            return {late, "no answer from Postgres in time"};
        case connection::woken::interrupted:
            return {postgres_errc::cancelled};
        default:
            return {late, connection_trouble(pg)};
    }
}

}  // namespace

task<bool> is_cancelled() {
    const auto stopping = co_await boost::asio::this_coro::cancellation_state;
    co_return stopping.cancelled() != boost::asio::cancellation_type::none;
}

connection::connection(const executor& ex, logger& log)
    : log_{log}, shared_{std::make_shared<shared>(ex)}, limit_{ex} {}

connection::~connection() {
    // Before PQfinish closes the number under Asio's feet.
    detach();
}

bool connection::attach() {
    boost::system::error_code failed;
    shared_->socket.assign(libpq::socket(pg_.get()), failed);
    return !failed;
}

void connection::detach() noexcept {
    if (shared_->socket.is_open()) {
        shared_->socket.release();
    }
}

void connection::interrupt() noexcept {
    boost::system::error_code ignored;
    shared_->socket.cancel(ignored);
}

task<connection::woken> connection::wait(direction where, deadline until) {
    const bool cancelled = co_await is_cancelled();
    if (cancelled) {
        co_return woken::interrupted;
    }
    const auto state = shared_;
    const bool limited = until != deadline::max();
    if (limited) {
        state->expired = false;
        limit_.expires_after(time_left(until));
        limit_.async_wait([state, turn = ++state->turn](boost::system::error_code stopped) {
            if (!stopped && state->turn == turn) {
                state->expired = true;
                boost::system::error_code ignored;
                state->socket.cancel(ignored);
            }
        });
    }
    const auto kind = where == direction::read ? descriptor::wait_read : descriptor::wait_write;
    const auto [failed] = co_await state->socket.async_wait(kind, use_result);
    if (limited) {
        ++state->turn;
        limit_.cancel();
    }
    if (!failed) {
        co_return woken::ready;
    }
    if (failed != boost::asio::error::operation_aborted) {
        co_return woken::broken;
    }
    co_return limited && state->expired ? woken::timed_out : woken::interrupted;
}

task<result<>> connection::open(libpq::keywords with, deadline until) {
    pg_ = libpq::connect_start(with);
    if (!pg_ || libpq::is_bad(pg_.get())) {
        co_return failure(postgres_errc::not_connected, connection_trouble(pg_.get()));
    }
    libpq::set_notice_receiver(pg_.get(), &connection::on_notice, this);
    auto where = direction::write;
    while (true) {
        if (!attach()) {
            co_return failure(postgres_errc::not_connected, "the socket cannot be watched");
        }
        const auto woke = co_await wait(where, until);
        detach();
        if (woke != woken::ready) {
            co_return std::unexpected{ended_by(woke, pg_.get(), postgres_errc::not_connected)};
        }
        const auto step = libpq::connect_poll(pg_.get());
        if (step == libpq::polling::failed) {
            co_return failure(postgres_errc::not_connected, connection_trouble(pg_.get()));
        }
        if (step == libpq::polling::ok) {
            break;
        }
        where = step == libpq::polling::reading ? direction::read : direction::write;
    }
    if (!libpq::set_nonblocking(pg_.get()) || !attach()) {
        co_return failure(postgres_errc::not_connected, connection_trouble(pg_.get()));
    }
    co_return result<>{};
}

result<> connection::receive() {
    do {
        if (!libpq::consume_input(pg_.get())) {
            return failure(postgres_errc::not_connected, connection_trouble(pg_.get()));
        }
    } while (libpq::has_pending_bytes(pg_.get()));
    return {};
}

// While libpq has unsent bytes, waiting for writing alone could wait for ever: the server may be waiting
// for us to read. One slice of waiting to write, then whatever has arrived is taken in.
task<result<>> connection::flush(deadline until) {
    while (true) {
        const int left = libpq::flush(pg_.get());
        if (left == 0) {
            co_return result<>{};
        }
        if (left < 0) {
            co_return failure(postgres_errc::outcome_unknown, connection_trouble(pg_.get()));
        }
        const auto slice = std::min<deadline>(until, boot_now() + std::chrono::milliseconds{50});
        const auto woke = co_await wait(direction::write, slice);
        const bool late = woke == woken::timed_out && boot_now() >= until;
        if (late || woke == woken::interrupted || woke == woken::broken) {
            co_return std::unexpected{ended_by(woke, pg_.get(), postgres_errc::outcome_unknown)};
        }
        if (auto got = receive(); !got) {
            co_return got;
        }
    }
}

task<result<row_set>> connection::ask(std::string sql, deadline until) {
    if (!libpq::send_query(pg_.get(), sql.c_str())) {
        co_return failure(postgres_errc::not_connected, connection_trouble(pg_.get()));
    }
    auto flushed = co_await flush(until);
    if (!flushed) {
        co_return std::unexpected{std::move(flushed).error()};
    }
    std::optional<error> refused;
    row_set rows;
    while (true) {
        while (!libpq::is_busy(pg_.get())) {
            auto answer = libpq::get_result(pg_.get());
            if (!answer) {
                if (refused) {
                    co_return std::unexpected{std::move(*refused)};
                }
                co_return std::move(rows);
            }
            const auto status = libpq::result_status(answer.get());
            if (status == libpq::status::error) {
                refused = refused ? refused : server_error(answer.get());
            } else if (status == libpq::status::tuples_ok || status == libpq::status::command_ok) {
                rows = row_set{std::make_unique<row_set::data>(std::move(answer))};
            } else {
                co_return failure(postgres_errc::bad_result, "a statement that has no rows");
            }
        }
        const auto woke = co_await wait(direction::read, until);
        if (woke != woken::ready) {
            co_return std::unexpected{ended_by(woke, pg_.get(), postgres_errc::outcome_unknown)};
        }
        if (auto got = receive(); !got) {
            co_return failure(postgres_errc::outcome_unknown, got.error().detail);
        }
    }
}

void connection::on_notice(void* self, const pg_result* notice) {
    const auto severity = libpq::error_field(notice, libpq::field::severity);
    const bool serious = severity != "NOTICE" && severity != "INFO" && severity != "LOG" && severity != "DEBUG";
    // The words may quote values: SQLSTATE says enough.
    static_cast<connection*>(self)->log_.write(
        serious ? log_level::warning : log_level::debug, "postgres_notice",
        {{"severity", severity}, {"sqlstate", libpq::error_field(notice, libpq::field::sqlstate)}});
}

}  // namespace punctual::net::postgres
