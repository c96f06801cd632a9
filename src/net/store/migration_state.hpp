#pragma once
// What a look at a database tells before anything of its schema is used: whether it has all that this program
// would migrate it to (migrate.hpp), and its clock. Read over the daemon's own connection and with the daemon's own
// rights; it changes nothing.

#include "domain/result.hpp"
#include "net/postgres/database.hpp"
#include "net/store/migrate.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace punctual::net {

struct migration_state {
    adapter which = adapter::standalone;
    std::size_t applied = 0;
    std::vector<std::string> missing;  // "core/0006_triggers.sql"
    std::vector<std::string> changed;  // applied with another text
    std::size_t unknown = 0;           // in the database and not in this program: it is newer
};

// Needs nothing of the schema.
[[nodiscard]] task<result<wall_time>> read_database_clock(postgres::database& from, deadline until);

// A database that was never migrated is one from which everything is missing.
[[nodiscard]] task<result<migration_state>> read_migration_state(postgres::database& from, deadline until);

}  // namespace punctual::net
