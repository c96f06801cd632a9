#pragma once
// Postgres as the store sees it: parameterised statements, each its own transaction, many under way at
// once on one pipelined connection (libpq, "Pipeline Mode"). The client behind it reconnects by itself.

#include "domain/result.hpp"
#include "domain/time.hpp"
#include "net/async/task.hpp"
#include "net/postgres/row_set.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace punctual::net::postgres {

enum class postgres_errc : int {
    not_connected = 1,  // nothing was sent; connecting goes on in the background
    timed_out,          // the deadline passed before anything was sent
    outcome_unknown,    // sent, and no answer came: read back before doing it again
    refused,            // the server answered with an error; SQLSTATE in sqlstate(error)
    bad_result,         // an answer that is not what the statement promises (schema drift)
    not_writable,       // a standby, or an old primary (lower timeline)
    cancelled,          // the daemon is stopping
    pooled,             // a pooler in transaction mode stands between: LISTEN does not work through it
};

const boost::system::error_category& postgres_category() noexcept;
inline boost::system::error_code make_error_code(postgres_errc code) noexcept {
    return {static_cast<int>(code), postgres_category()};
}

// Parameters in order, $1 first, in text format.
class parameters {
public:
    parameters& add(std::string_view text);
    parameters& add(const char* text) { return add(std::string_view{text}); }
    parameters& add(std::int64_t number);
    parameters& add(std::int32_t number) { return add(static_cast<std::int64_t>(number)); }
    parameters& add(bool value);
    parameters& add(wall_time when);  // timestamptz, UTC
    parameters& add_null();
    parameters& add_array(std::span<const std::int64_t> numbers);
    parameters& add_array(std::span<const std::string> texts);
    parameters& add_array(std::span<const wall_time> times);
    parameters& add_array(std::span<const std::optional<std::int64_t>> numbers);
    parameters& add_array(std::span<const std::optional<wall_time>> times);

    [[nodiscard]] std::span<const std::optional<std::string>> values() const noexcept { return values_; }

private:
    std::vector<std::optional<std::string>> values_;
};

class database {
public:
    virtual ~database() = default;

    // `sql` must live for the whole program: statements are prepared once per connection and known by
    // the address of their text.
    [[nodiscard]] virtual task<result<row_set>> query(std::string_view sql, parameters with, deadline until) = 0;

    // COPY (…) TO STDOUT (FORMAT binary): each row's fields as they come, without the row's header.
    // Fields are views into the receive buffer, valid during the call; an empty optional is null.
    using copied_row = std::span<const std::optional<std::string_view>>;
    [[nodiscard]] virtual task<result<std::uint64_t>> copy(std::string_view sql,
                                                           std::function<void(copied_row)> each_row,
                                                           deadline until) = 0;

    [[nodiscard]] virtual bool connected() const noexcept = 0;
};

// SQLSTATE of a `refused`, five characters; empty for other errors.
[[nodiscard]] std::string sqlstate(const error& what);

}  // namespace punctual::net::postgres

template <>
struct boost::system::is_error_code_enum<punctual::net::postgres::postgres_errc> : std::true_type {};
