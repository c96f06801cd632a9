#pragma once
// The store on Postgres. Kinds are names in the database; a row whose kind today's plan does not know
// is left alone.

#include "domain/policy.hpp"
#include "net/postgres/database.hpp"
#include "net/store/store.hpp"

#include <cstdint>
#include <memory>

namespace punctual::net {

enum class store_use : std::uint8_t {
    serve,
    // For a connection that is read-only: look() leaves the changes of rows that nothing can be made of as they are,
    // and find_appointment() gives no room a name.
    look_only,
};

// Both must outlive the store.
[[nodiscard]] std::unique_ptr<store> make_postgres_store(postgres::database& database, const domain::policy& rules,
                                                         store_use use = store_use::serve);

}  // namespace punctual::net
