#pragma once
// Whom a refused statement is to be laid to: the server as it is just now, or one of the rows in it. By its SQLSTATE
// (Postgres manual, appendix A).

#include "domain/result.hpp"

namespace punctual::net {

// No memory or disk left, a lock not had in time, a deadlock, cancelled: the same is taken later.
[[nodiscard]] bool is_of_the_moment(const error& refused);

// A value, a constraint, a limit, or a trigger's own words: asked again with that row, it is refused again.
[[nodiscard]] bool is_of_the_row(const error& refused);

}  // namespace punctual::net
