#include "net/postgres/copy_out.hpp"

#include "net/postgres/binary_copy.hpp"
#include "net/postgres/server_error.hpp"

#include <optional>
#include <utility>

namespace punctual::net::postgres {
namespace {

task<result<>> more(connection& on, deadline until, const bool& stopped) {
    if (stopped) {
        co_return failure(postgres_errc::cancelled);
    }
    const auto woke = co_await on.wait(connection::direction::read, until);
    switch (woke) {
        case connection::woken::ready:
            co_return on.receive();
        case connection::woken::timed_out:
            co_return failure(postgres_errc::timed_out, "a COPY did not end in time");
        case connection::woken::interrupted:
            co_return failure(postgres_errc::cancelled);
        default:
            co_return failure(postgres_errc::not_connected, connection_trouble(on.native()));
    }
}

task<result<libpq::answer_ptr>> next_answer(connection& on, deadline until, const bool& stopped) {
    while (libpq::is_busy(on.native())) {
        auto got = co_await more(on, until, stopped);
        if (!got) {
            co_return std::unexpected{std::move(got).error()};
        }
    }
    auto answer = libpq::get_result(on.native());
    if (answer && libpq::result_status(answer.get()) == libpq::status::error) {
        co_return std::unexpected{server_error(answer.get())};
    }
    co_return std::move(answer);
}

// Takes what is there; true at the end of the data.
result<bool> take_pieces(connection& on, binary_copy& parser,
                         const std::function<void(database::copied_row)>& each_row) {
    while (true) {
        const auto piece = libpq::get_copy_data(on.native());
        switch (piece.state) {
            case libpq::copy_state::data:
                if (auto fed = parser.feed({piece.bytes.get(), piece.size}, each_row); !fed) {
                    return std::unexpected{fed.error()};
                }
                break;
            case libpq::copy_state::not_yet:
                return false;
            case libpq::copy_state::end:
                return true;
            case libpq::copy_state::failed:
                return failure(postgres_errc::not_connected, connection_trouble(on.native()));
        }
    }
}

}  // namespace

task<result<std::uint64_t>> copy_out(connection& on, std::string sql,
                                     std::function<void(database::copied_row)> each_row, deadline until,
                                     const bool& stopped) {
    if (!libpq::send_query(on.native(), sql.c_str())) {
        co_return failure(postgres_errc::not_connected, connection_trouble(on.native()));
    }
    auto flushed = co_await on.flush(until);
    if (!flushed) {
        co_return std::unexpected{std::move(flushed).error()};
    }
    auto begun = co_await next_answer(on, until, stopped);
    if (!begun) {
        co_return std::unexpected{std::move(begun).error()};
    }
    if (!*begun || libpq::result_status(begun->get()) != libpq::status::copy_out) {
        co_return failure(postgres_errc::bad_result, "not a COPY TO STDOUT");
    }
    binary_copy parser;
    while (true) {
        const auto ended = take_pieces(on, parser, each_row);
        if (!ended) {
            co_return std::unexpected{ended.error()};
        }
        if (*ended) {
            break;
        }
        auto got = co_await more(on, until, stopped);
        if (!got) {
            co_return std::unexpected{std::move(got).error()};
        }
    }
    auto last = co_await next_answer(on, until, stopped);
    if (!last) {
        co_return std::unexpected{std::move(last).error()};
    }
    if (!parser.complete()) {
        co_return failure(postgres_errc::bad_result, "binary COPY: no trailer");
    }
    co_return parser.rows();
}

}  // namespace punctual::net::postgres
