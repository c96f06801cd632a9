#pragma once
// COPY … TO STDOUT (FORMAT binary). It cannot run in a pipeline, so it has a session of its own.

#include "net/postgres/connection.hpp"
#include "net/postgres/database.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace punctual::net::postgres {

// The number of rows. Errors: refused, bad_result, timed_out, not_connected (broken on the way),
// cancelled. Rows that were told before an error have been told.
[[nodiscard]] task<result<std::uint64_t>> copy_out(connection& on, std::string sql,
                                                   std::function<void(database::copied_row)> each_row, deadline until);

}  // namespace punctual::net::postgres
