#pragma once
// What can be wrong with the database as a whole, as opposed to one statement (postgres_errc).

#include "domain/result.hpp"

#include <type_traits>

namespace punctual::net {

enum class store_errc : int {
    cannot_connect = 1,  // to the database, for a command
    migration_failed,    // a migration was refused; it was rolled back, those before it stand
    migration_changed,   // an applied migration has another text than this program's
    other_adapter,       // the database was made for the other adapter
    schema_drift,        // something that this program needs is missing or of another type
};

const boost::system::error_category& store_category() noexcept;
inline boost::system::error_code make_error_code(store_errc code) noexcept {
    return {static_cast<int>(code), store_category()};
}

}  // namespace punctual::net

template <>
struct boost::system::is_error_code_enum<punctual::net::store_errc> : std::true_type {};
