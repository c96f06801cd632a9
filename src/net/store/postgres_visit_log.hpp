#pragma once
// The visit log on Postgres (config/sql/core/0030_attendance.sql).

#include "net/postgres/database.hpp"
#include "net/store/visit_log.hpp"

#include <memory>

namespace punctual::net {

// The database must outlive it.
[[nodiscard]] std::unique_ptr<visit_log> make_postgres_visit_log(postgres::database& database);

}  // namespace punctual::net
