#pragma once
// A connection string taken apart into one set of keywords a host. libpq's own walk over several hosts
// blocks in name look-ups and never leaves a host that drops packets, so the dialer does the walking.

#include "domain/result.hpp"
#include "net/postgres/libpq.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace punctual::net::postgres {

struct target {
    std::string label;  // "host:port", for logs
    std::string host;   // a name to resolve into hostaddr; empty when there is nothing to resolve
    libpq::keywords with;
};

struct target_list {
    std::vector<target> hosts;
    bool must_be_writable = true;  // unless target_session_attrs asks for something else
};

// Adds what the string leaves open: keepalives and tcp_user_timeout (a dead peer is an error within 10 s),
// UTF-8, application_name, no GSSAPI (its look-ups block). PGHOST, PGPORT, … count, as with every libpq
// program. Errors: refused, without quoting the string (it may hold a password).
[[nodiscard]] result<target_list> parse_targets(const std::string& conninfo, std::string_view application_name);

}  // namespace punctual::net::postgres
