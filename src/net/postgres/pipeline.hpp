#pragma once
// Statements under way on one connection in pipeline mode (Postgres manual, 34.5): each is prepared once,
// executed, and followed by a sync of its own, which makes it a transaction of its own and keeps an error
// from its neighbours. Answers come in the order of the questions; a statement counts as done with its
// sync, since only that commits. No waiting here: the client waits and calls.

#include "domain/result.hpp"
#include "net/async/timer.hpp"
#include "net/postgres/connection.hpp"
#include "net/postgres/database.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace punctual::net::postgres {

// Shared by the caller's coroutine and the queue it stands in: either may go first.
struct request {
    request(const executor& ex, std::string_view text, parameters values)
        : sql{text}, with{std::move(values)}, news{ex} {}

    std::string_view sql;
    parameters with;
    steady_timer news;  // the caller waits on it, with its deadline; cancelled when answered
    std::optional<result<row_set>> answer;
    bool sent = false;

    void complete(result<row_set> how) {
        if (!answer) {
            answer.emplace(std::move(how));
            news.cancel();
        }
    }
};

class pipeline {
public:
    explicit pipeline(connection& on) noexcept : on_{on} {}

    enum class taken : std::uint8_t {
        all,
        nothing,  // the connection is broken; it may go over the next one
        part,     // the same, but it counts as under way: nobody knows how much got out
    };
    [[nodiscard]] taken send(const std::shared_ptr<request>& one);
    // As libpq::flush().
    [[nodiscard]] int flush() noexcept;
    // Completes what has been answered. An error means that the connection cannot be used any more.
    [[nodiscard]] result<> take_answers();
    // Every statement under way ends with this.
    void fail_all(const error& why);

    [[nodiscard]] std::size_t under_way() const noexcept { return sent_.size(); }

private:
    struct statement {
        std::string name;
        std::optional<error> refusal;  // of its preparation
    };
    struct entry {
        std::shared_ptr<request> who;
        std::shared_ptr<statement> prepared;
        bool preparing = false;
        std::optional<error> refusal;
        std::optional<row_set> rows;
    };
    using text_key = std::pair<const char*, std::size_t>;

    void forget(const entry& of);
    void take_error(entry& at, error why);
    [[nodiscard]] result<> finish_first();
    [[nodiscard]] result<> take(libpq::answer_ptr answer);

    connection& on_;
    std::map<text_key, std::shared_ptr<statement>> statements_;
    std::deque<entry> sent_;
    std::size_t names_ = 0;
};

}  // namespace punctual::net::postgres
