#pragma once
// The two connections of the daemon: one pipelined for statements, one that only LISTENs.

#include "net/async/task.hpp"
#include "net/log/logger.hpp"
#include "net/postgres/database.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace punctual::net::postgres {

struct client_options {
    std::string conninfo;  // libpq URI or keywords, several hosts allowed
    std::string application_name = "punctuald";
    // Every transaction is read-only: the server refuses whatever would change something.
    bool read_only = false;
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds statement_timeout{10000};
    std::chrono::milliseconds lock_timeout{3000};
    // Between two attempts to connect: doubling from the first to the last, with jitter.
    std::chrono::milliseconds first_backoff{100};
    std::chrono::milliseconds last_backoff{5000};
    // The listener's self-notification: how often, and how long it may take.
    std::chrono::milliseconds proof_interval{60000};
    std::chrono::milliseconds proof_timeout{5000};
};

class client : public database {
public:
    // Connects, serves, reconnects; ends after stop(), when what was sent has been answered.
    [[nodiscard]] virtual task<> run() = 0;
    virtual void stop() = 0;
    // Called after every (re)connection, before the statements that waited for it are sent.
    virtual void on_connected(std::function<void()> call) = 0;
    virtual void on_lost(std::function<void(const error&)> call) = 0;
};

// Throws std::invalid_argument when the connection string cannot be parsed; the text is not quoted. The
// same for make_listener. Both must outlive their run() and every query().
[[nodiscard]] std::unique_ptr<client> make_client(boost::asio::io_context& context, logger& log,
                                                  client_options options);

// LISTEN on a connection of its own that never opens a transaction. It proves by a notification to
// itself, sent from a second short session at start and every minute, that notifications really arrive (a
// pooler in transaction mode accepts LISTEN and drops it).
class listener {
public:
    struct events {
        std::function<void()> listening;         // proven; after every (re)connection
        std::function<void()> bell;              // a notification; the payload is not told
        std::function<void(const error&)> lost;  // disconnected, or not proven
    };
    virtual ~listener() = default;
    [[nodiscard]] virtual task<> run() = 0;
    virtual void stop() = 0;
    [[nodiscard]] virtual bool listening() const noexcept = 0;
};

[[nodiscard]] std::unique_ptr<listener> make_listener(boost::asio::io_context& context, logger& log,
                                                      client_options options, std::string channel,
                                                      listener::events events);

}  // namespace punctual::net::postgres
