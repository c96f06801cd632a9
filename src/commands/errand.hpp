#pragma once
// Runs one coroutine on a loop of its own, for subcommands that do their work and end.

#include "config/settings.hpp"
#include "domain/result.hpp"
#include "net/async/clock.hpp"
#include "net/async/task.hpp"
#include "net/postgres/client.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <string>

namespace punctual::commands {

// The exit code that `work` gives; 1 after an exception, which is told on stderr. What is handed to `work`
// lives until its coroutine has ended.
[[nodiscard]] int run_errand(const std::function<net::task<int>(boost::asio::io_context&, net::clock&)>& work);

struct database_access {
    std::string application_name;
    bool read_only = false;
};

// The same with a connection to the clinic's database, which is closed after it. Before `work` begins the database has
// been found to be there and migrated. Whatever is wrong with it, an error that `work` gives included, is told on
// stderr with the server's name and its own words, never with a password; the exit code is 1 then.
[[nodiscard]] int run_errand(const config::settings& settings, const database_access& access,
                             const std::function<net::task<result<int>>(net::postgres::client&, net::clock&)>& work);

}  // namespace punctual::commands
