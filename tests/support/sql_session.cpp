#include "support/sql_session.hpp"

#include <libpq-fe.h>

#include <stdexcept>

namespace punctual::test {

struct sql_session::connection {
    explicit connection(const std::string& conninfo) : handle{PQconnectdb(conninfo.c_str())} {}
    ~connection() { PQfinish(handle); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    PGconn* handle;
};

sql_session::sql_session(const std::string& conninfo) : connection_{std::make_unique<connection>(conninfo)} {
    PQsetNoticeProcessor(connection_->handle, [](void*, const char*) {}, nullptr);
    if (PQstatus(connection_->handle) != CONNECTION_OK) {
        throw std::runtime_error{PQerrorMessage(connection_->handle)};
    }
}

sql_session::~sql_session() = default;

std::string sql_session::run(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> answer{PQexec(connection_->handle, sql.c_str()), &PQclear};
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        throw std::runtime_error{PQerrorMessage(connection_->handle)};
    }
    return PQntuples(answer.get()) > 0 && PQnfields(answer.get()) > 0 ? PQgetvalue(answer.get(), 0, 0) : "";
}

int sql_session::notifications() {
    // A round trip brings whatever was committed before it.
    run("select 1");
    PQconsumeInput(connection_->handle);
    while (auto* const one = PQnotifies(connection_->handle)) {
        ++notifications_;
        PQfreemem(one);
    }
    return notifications_;
}

}  // namespace punctual::test
