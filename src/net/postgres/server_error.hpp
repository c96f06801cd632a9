#pragma once
// Postgres' complaints as our errors. They may end in a log, and a server's DETAIL quotes values: so only
// SQLSTATE, names of objects, and the message where its class of SQLSTATE does not quote values.

#include "domain/result.hpp"
#include "net/postgres/libpq.hpp"

#include <string>
#include <string_view>

namespace punctual::net::postgres {

// `refused`, its detail beginning with "SQLSTATE xxxxx" (sqlstate() reads it); `not_writable` for 25006, `pooled`
// for 42P05.
[[nodiscard]] error server_error(const pg_result* answer);
// The same for what we refuse in the server's place.
[[nodiscard]] error refusal(std::string_view sqlstate, std::string_view why);
// libpq's own words about a connection, as one line of bounded length.
[[nodiscard]] std::string connection_trouble(const pg_conn* connection);
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace punctual::net::postgres
