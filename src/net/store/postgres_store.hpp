#pragma once
// The store on Postgres. Kinds are names in the database; a row whose kind today's plan does not know
// is left alone.

#include "domain/policy.hpp"
#include "net/postgres/database.hpp"
#include "net/store/store.hpp"

#include <memory>

namespace punctual::net {

// Both must outlive the store.
[[nodiscard]] std::unique_ptr<store> make_postgres_store(postgres::database& database, const domain::policy& rules);

}  // namespace punctual::net
