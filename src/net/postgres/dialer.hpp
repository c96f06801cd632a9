#pragma once
// From a connection string to a session that may be used: every host is tried at once, each with its own
// deadline; a standby is refused; among writable servers of one cluster the highest timeline wins, and
// one that is lower than what has ever been seen is an old primary come back (refused, and alarmed).

#include "domain/result.hpp"
#include "net/async/resolver.hpp"
#include "net/async/task.hpp"
#include "net/async/task_group.hpp"
#include "net/postgres/client.hpp"
#include "net/postgres/connection.hpp"
#include "net/postgres/targets.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace punctual::net::postgres {

// A session that is set up: time zone, formats, timeouts.
struct session {
    std::unique_ptr<connection> link;
    std::string label;
    std::string system;          // the cluster's identifier; empty when we may not ask
    std::uint32_t timeline = 0;  // 0 likewise
    bool pooled = false;         // the backend is not the one that we were introduced to
};

class dialer {
public:
    // Throws std::invalid_argument when the connection string cannot be parsed.
    dialer(const executor& ex, logger& log, client_options options);

    // One round over all hosts. Errors: not_connected, not_writable, cancelled (also by stop()).
    [[nodiscard]] task<result<session>> dial(std::chrono::milliseconds statement_timeout);
    // Ends the round under way, and every later one at once.
    void stop();
    [[nodiscard]] std::size_t hosts() const noexcept { return targets_.hosts.size(); }
    [[nodiscard]] timelines& seen() noexcept { return options_.seen != nullptr ? *options_.seen : own_seen_; }

private:
    struct round;

    task<> attempt(round& in, std::size_t index);
    task<result<session>> connect(const target& to, std::string settings, deadline until);
    task<result<session>> set_up(std::unique_ptr<connection> link, const target& to, std::string settings,
                                 deadline until);
    result<session> choose(round& from);
    [[nodiscard]] std::string settings_sql(std::chrono::milliseconds statement_timeout) const;

    executor executor_;
    logger& log_;
    client_options options_;
    target_list targets_;
    resolver resolver_;
    timelines own_seen_;
    std::set<std::pair<std::string, std::uint32_t>> alarmed_;  // label and timeline
    std::set<round*> rounds_;
    bool privilege_warned_ = false;
    bool stopping_ = false;
};

}  // namespace punctual::net::postgres
