#pragma once
// One veneer per libpq call that we use (Postgres manual, chapter 34), so that libpq-fe.h is read by
// libpq.cpp alone. No decisions here. Nothing blocks: what would, is not in the list.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct pg_conn;
struct pg_result;

namespace punctual::net::postgres::libpq {

struct finish {
    void operator()(pg_conn* connection) const noexcept;
};
struct clear {
    void operator()(pg_result* answer) const noexcept;
};
using connection_ptr = std::unique_ptr<pg_conn, finish>;
using answer_ptr = std::unique_ptr<pg_result, clear>;

enum class polling { failed, reading, writing, ok };
enum class status { command_ok, tuples_ok, empty_query, copy_out, error, pipeline_aborted, pipeline_sync, other };
enum class field { severity, sqlstate, primary, schema, table, column, constraint };
using keywords = std::vector<std::pair<std::string, std::string>>;

// Connecting. parse(): nullopt when the text is neither a URI nor keywords; libpq's message about it may
// quote a password and is not kept.
[[nodiscard]] std::optional<keywords> parse(const std::string& conninfo);
[[nodiscard]] keywords defaults();  // from the environment, and compiled in
[[nodiscard]] connection_ptr connect_start(const keywords& with);
[[nodiscard]] polling connect_poll(pg_conn* connection) noexcept;
[[nodiscard]] int socket(const pg_conn* connection) noexcept;
[[nodiscard]] bool is_bad(const pg_conn* connection) noexcept;
[[nodiscard]] std::string_view error_message(const pg_conn* connection) noexcept;
[[nodiscard]] bool set_nonblocking(pg_conn* connection) noexcept;
[[nodiscard]] bool enter_pipeline_mode(pg_conn* connection) noexcept;
[[nodiscard]] bool uses_tls(pg_conn* connection) noexcept;
// As the other end named it when we connected; a pooler makes one up.
[[nodiscard]] int backend_pid(const pg_conn* connection) noexcept;
using notice_receiver = void (*)(void* context, const pg_result* notice);
void set_notice_receiver(pg_conn* connection, notice_receiver receiver, void* context) noexcept;

// Sending. False: see error_message().
[[nodiscard]] bool send_query(pg_conn* connection, const char* sql) noexcept;
[[nodiscard]] bool send_prepare(pg_conn* connection, const char* name, const char* sql) noexcept;
[[nodiscard]] bool send_prepared(pg_conn* connection, const char* name,
                                 std::span<const std::optional<std::string>> values);
[[nodiscard]] bool pipeline_sync(pg_conn* connection) noexcept;
// 0 when all is with the kernel, 1 when the socket must become writable first, -1 when it broke.
[[nodiscard]] int flush(pg_conn* connection) noexcept;

// Receiving.
[[nodiscard]] bool consume_input(pg_conn* connection) noexcept;
// Decrypted bytes that OpenSSL still holds: the socket does not become readable for them.
[[nodiscard]] bool has_pending_bytes(pg_conn* connection) noexcept;
[[nodiscard]] bool is_busy(pg_conn* connection) noexcept;
[[nodiscard]] answer_ptr get_result(pg_conn* connection) noexcept;
[[nodiscard]] status result_status(const pg_result* answer) noexcept;
[[nodiscard]] std::string_view error_field(const pg_result* answer, field which) noexcept;
// The channel of the next notification; nullopt when there is none.
[[nodiscard]] std::optional<std::string> next_notification(pg_conn* connection);

// COPY: a piece of data, nothing yet, the end (then get_result() tells how), or broken.
struct copy_buffer {
    void operator()(char* bytes) const noexcept;
};
enum class copy_state { data, not_yet, end, failed };
struct copy_piece {
    copy_state state = copy_state::not_yet;
    std::unique_ptr<char, copy_buffer> bytes;
    std::size_t size = 0;
};
[[nodiscard]] copy_piece get_copy_data(pg_conn* connection) noexcept;

// Rows.
[[nodiscard]] std::size_t row_count(const pg_result* answer) noexcept;
[[nodiscard]] std::size_t column_count(const pg_result* answer) noexcept;
[[nodiscard]] std::string_view column_name(const pg_result* answer, std::size_t column) noexcept;
[[nodiscard]] std::optional<std::string_view> value(const pg_result* answer, std::size_t row,
                                                    std::size_t column) noexcept;
[[nodiscard]] std::string_view command_tuples(const pg_result* answer) noexcept;
// A result made by hand, for tests and stand-ins. Null when libpq refuses (no memory).
[[nodiscard]] answer_ptr make_result(std::span<const std::string> columns,
                                     std::span<const std::vector<std::optional<std::string>>> rows);

}  // namespace punctual::net::postgres::libpq
