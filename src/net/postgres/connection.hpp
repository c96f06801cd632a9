#pragma once
// One libpq connection on the loop: opened without blocking, read, waited for, closed. It knows nothing
// of queries under way; pipeline.hpp, copy_out.hpp and the listener do.
//
// Trap: libpq may close its socket inside PQconnectPoll and open another under the same number, so the
// descriptor is handed to Asio for one wait only until the connection stands.

#include "domain/result.hpp"
#include "domain/time.hpp"
#include "net/async/task.hpp"
#include "net/async/timer.hpp"
#include "net/log/logger.hpp"
#include "net/postgres/libpq.hpp"
#include "net/postgres/row_set.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace punctual::net::postgres {

// Whether the coroutine that asks has been cancelled the hard way.
[[nodiscard]] task<bool> is_cancelled();

class connection {
public:
    enum class direction : std::uint8_t { read, write };
    enum class woken : std::uint8_t {
        ready,
        timed_out,
        interrupted,  // by interrupt(), or the task is being cancelled
        broken,
    };

    connection(const executor& ex, logger& log);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    // Errors: not_connected with libpq's reason, cancelled. Host names must have been resolved.
    [[nodiscard]] task<result<>> open(libpq::keywords with, deadline until);

    // One statement or several in the simple protocol, while nothing else is under way; the last rows.
    // Errors: refused, outcome_unknown, cancelled.
    [[nodiscard]] task<result<row_set>> ask(std::string sql, deadline until);

    // One wait a direction at a time, and only one of them with an end.
    [[nodiscard]] task<woken> wait(direction where, deadline until);
    void interrupt() noexcept;
    // Sends all that libpq holds, reading meanwhile: a server that cannot get rid of its answers reads
    // nothing more.
    [[nodiscard]] task<result<>> flush(deadline until);
    // Takes in what has arrived; not_connected when the connection broke.
    [[nodiscard]] result<> receive();

    [[nodiscard]] pg_conn* native() const noexcept { return pg_.get(); }

private:
    using descriptor = boost::asio::posix::basic_stream_descriptor<executor>;
    // Shared with the deadline's handler, which may run after the connection has gone.
    struct shared {
        explicit shared(const executor& ex) : socket{ex} {}
        descriptor socket;
        std::uint64_t turn = 0;
        bool expired = false;
    };

    bool attach();
    void detach() noexcept;
    static void on_notice(void* self, const pg_result* notice);

    logger& log_;
    libpq::connection_ptr pg_;
    std::shared_ptr<shared> shared_;
    steady_timer limit_;
};

}  // namespace punctual::net::postgres
