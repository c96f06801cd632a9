#include "net/postgres/libpq.hpp"

#include <libpq-fe.h>
#include <openssl/ssl.h>

namespace punctual::net::postgres::libpq {
namespace {

std::string_view or_empty(const char* text) noexcept {
    return text != nullptr ? text : "";
}

struct free_options {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using options_ptr = std::unique_ptr<PQconninfoOption, free_options>;

keywords given(const PQconninfoOption* options) {
    keywords found;
    for (const auto* option = options; option != nullptr && option->keyword != nullptr; ++option) {
        if (option->val != nullptr && *option->val != '\0') {
            found.emplace_back(option->keyword, option->val);
        }
    }
    return found;
}

int field_code(field which) noexcept {
    switch (which) {
        case field::severity:
            return PG_DIAG_SEVERITY_NONLOCALIZED;
        case field::sqlstate:
            return PG_DIAG_SQLSTATE;
        case field::primary:
            return PG_DIAG_MESSAGE_PRIMARY;
        case field::schema:
            return PG_DIAG_SCHEMA_NAME;
        case field::table:
            return PG_DIAG_TABLE_NAME;
        case field::column:
            return PG_DIAG_COLUMN_NAME;
        case field::constraint:
            return PG_DIAG_CONSTRAINT_NAME;
    }
    return 0;
}

}  // namespace

void finish::operator()(pg_conn* connection) const noexcept {
    PQfinish(connection);
}
void clear::operator()(pg_result* answer) const noexcept {
    PQclear(answer);
}
void copy_buffer::operator()(char* bytes) const noexcept {
    PQfreemem(bytes);
}

std::optional<keywords> parse(const std::string& conninfo) {
    char* message = nullptr;
    const options_ptr options{PQconninfoParse(conninfo.c_str(), &message)};
    PQfreemem(message);
    return options ? std::optional{given(options.get())} : std::nullopt;
}

keywords defaults() {
    return given(options_ptr{PQconndefaults()}.get());
}

connection_ptr connect_start(const keywords& with) {
    std::vector<const char*> names;
    std::vector<const char*> values;
    for (const auto& [name, value] : with) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    return connection_ptr{PQconnectStartParams(names.data(), values.data(), 0)};
}

polling connect_poll(pg_conn* connection) noexcept {
    switch (PQconnectPoll(connection)) {
        case PGRES_POLLING_READING:
            return polling::reading;
        case PGRES_POLLING_WRITING:
            return polling::writing;
        case PGRES_POLLING_OK:
            return polling::ok;
        default:
            return polling::failed;
    }
}

int socket(const pg_conn* connection) noexcept {
    return PQsocket(connection);
}
bool is_bad(const pg_conn* connection) noexcept {
    return PQstatus(connection) == CONNECTION_BAD;
}
std::string_view error_message(const pg_conn* connection) noexcept {
    return or_empty(PQerrorMessage(connection));
}
bool set_nonblocking(pg_conn* connection) noexcept {
    return PQsetnonblocking(connection, 1) == 0;
}
bool enter_pipeline_mode(pg_conn* connection) noexcept {
    return PQenterPipelineMode(connection) == 1;
}
bool uses_tls(pg_conn* connection) noexcept {
    return PQsslInUse(connection) != 0;
}
int backend_pid(const pg_conn* connection) noexcept {
    return PQbackendPID(connection);
}
void set_notice_receiver(pg_conn* connection, notice_receiver receiver, void* context) noexcept {
    PQsetNoticeReceiver(connection, receiver, context);
}

bool send_query(pg_conn* connection, const char* sql) noexcept {
    return PQsendQuery(connection, sql) == 1;
}
bool send_prepare(pg_conn* connection, const char* name, const char* sql) noexcept {
    return PQsendPrepare(connection, name, sql, 0, nullptr) == 1;
}
bool send_prepared(pg_conn* connection, const char* name, std::span<const std::optional<std::string>> values) {
    std::vector<const char*> texts;
    texts.reserve(values.size());
    for (const auto& text : values) {
        texts.push_back(text ? text->c_str() : nullptr);
    }
    return PQsendQueryPrepared(connection, name, static_cast<int>(texts.size()), texts.data(), nullptr, nullptr, 0) ==
           1;
}
bool pipeline_sync(pg_conn* connection) noexcept {
    return PQpipelineSync(connection) == 1;
}
int flush(pg_conn* connection) noexcept {
    return PQflush(connection);
}

bool consume_input(pg_conn* connection) noexcept {
    return PQconsumeInput(connection) == 1;
}
bool has_pending_bytes(pg_conn* connection) noexcept {
    const auto* tls = static_cast<const SSL*>(PQsslStruct(connection, "OpenSSL"));
    return tls != nullptr && SSL_pending(tls) > 0;
}
bool is_busy(pg_conn* connection) noexcept {
    return PQisBusy(connection) == 1;
}
answer_ptr get_result(pg_conn* connection) noexcept {
    return answer_ptr{PQgetResult(connection)};
}

status result_status(const pg_result* answer) noexcept {
    switch (PQresultStatus(answer)) {
        case PGRES_COMMAND_OK:
            return status::command_ok;
        case PGRES_TUPLES_OK:
            return status::tuples_ok;
        case PGRES_EMPTY_QUERY:
            return status::empty_query;
        case PGRES_COPY_OUT:
            return status::copy_out;
        case PGRES_FATAL_ERROR:
        case PGRES_BAD_RESPONSE:
            return status::error;
        case PGRES_PIPELINE_ABORTED:
            return status::pipeline_aborted;
        case PGRES_PIPELINE_SYNC:
            return status::pipeline_sync;
        default:
            return status::other;
    }
}

std::string_view error_field(const pg_result* answer, field which) noexcept {
    return or_empty(PQresultErrorField(answer, field_code(which)));
}

std::optional<std::string> next_notification(pg_conn* connection) {
    PGnotify* notification = PQnotifies(connection);
    if (notification == nullptr) {
        return std::nullopt;
    }
    std::string channel{notification->relname};
    PQfreemem(notification);
    return channel;
}

copy_piece get_copy_data(pg_conn* connection) noexcept {
    char* bytes = nullptr;
    const int got = PQgetCopyData(connection, &bytes, 1);
    copy_piece piece;
    piece.bytes.reset(bytes);
    if (got > 0) {
        piece.state = copy_state::data;
        piece.size = static_cast<std::size_t>(got);
    } else if (got < 0) {
        piece.state = got == -1 ? copy_state::end : copy_state::failed;
    }
    return piece;
}

std::size_t row_count(const pg_result* answer) noexcept {
    return static_cast<std::size_t>(PQntuples(answer));
}
std::size_t column_count(const pg_result* answer) noexcept {
    return static_cast<std::size_t>(PQnfields(answer));
}
std::string_view column_name(const pg_result* answer, std::size_t column) noexcept {
    return or_empty(PQfname(answer, static_cast<int>(column)));
}

std::optional<std::string_view> value(const pg_result* answer, std::size_t row, std::size_t column) noexcept {
    const int r = static_cast<int>(row);
    const int c = static_cast<int>(column);
    if (PQgetisnull(answer, r, c) != 0) {
        return std::nullopt;
    }
    return std::string_view{PQgetvalue(answer, r, c), static_cast<std::size_t>(PQgetlength(answer, r, c))};
}

// PQcmdTuples does not change its argument; its signature is older than const.
std::string_view command_tuples(const pg_result* answer) noexcept {
    return or_empty(PQcmdTuples(const_cast<pg_result*>(answer)));
}

answer_ptr make_result(std::span<const std::string> columns,
                       std::span<const std::vector<std::optional<std::string>>> rows) {
    answer_ptr made{PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK)};
    std::vector<std::string> names{columns.begin(), columns.end()};
    std::vector<PGresAttDesc> described(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        described[i].name = names[i].data();
    }
    if (!made || PQsetResultAttrs(made.get(), static_cast<int>(described.size()), described.data()) == 0) {
        return nullptr;
    }
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (std::size_t c = 0; c < rows[r].size(); ++c) {
            auto text = rows[r][c];
            const int length = text ? static_cast<int>(text->size()) : -1;
            if (PQsetvalue(made.get(), static_cast<int>(r), static_cast<int>(c), text ? text->data() : nullptr,
                           length) == 0) {
                return nullptr;
            }
        }
    }
    return made;
}

}  // namespace punctual::net::postgres::libpq
