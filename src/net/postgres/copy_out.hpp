#pragma once
// COPY … TO STDOUT (FORMAT binary). It cannot run in a pipeline, so it has a session of its own.

#include "net/postgres/connection.hpp"
#include "net/postgres/database.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace punctual::net::postgres {

// The number of rows. Errors: refused, bad_result, timed_out, not_connected (broken on the way),
// cancelled (with `stopped` true, which may become so meanwhile: then interrupt the connection too, and it must
// outlive the call). Rows that were told before an error have been told.
[[nodiscard]] task<result<std::uint64_t>> copy_out(connection& on, std::string sql,
                                                   std::function<void(database::copied_row)> each_row, deadline until,
                                                   const bool& stopped);

}  // namespace punctual::net::postgres
