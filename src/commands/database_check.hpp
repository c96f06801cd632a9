#pragma once
// What `punctuald check` says of the database: reachable and writable, migrated, shaped as this program wants it,
// and a LISTEN that really hears; and how far its clock is from ours.

#include "config/settings.hpp"
#include "domain/result.hpp"
#include "net/async/clock.hpp"
#include "net/async/task.hpp"
#include "net/store/migration_state.hpp"

#include <boost/asio/io_context.hpp>

#include <string>

namespace punctual::commands {

struct finding {
    bool good = false;
    std::string text;  // why not; or, of what is good, what is worth knowing
};

struct database_findings {
    finding database;
    finding clock;
};

// At most 20 s. `context` must be the one that runs it.
[[nodiscard]] net::task<database_findings> check_database(boost::asio::io_context& context, net::clock& clock,
                                                          const config::settings& with);

// What the database said, and where a right that is missing is told of.
[[nodiscard]] std::string why_refused(const error& what);
// One sentence for a state from which something is missing.
[[nodiscard]] std::string what_to_migrate(const net::migration_state& found);

}  // namespace punctual::commands
