#pragma once
// What can be wrong with the database as a whole, and what becomes of a use case's call. Whoever speaks to a store, a
// visit log or an inbox reads these alone; that there is Postgres behind it (postgres_errc) stays inside.

#include "domain/result.hpp"

#include <type_traits>

namespace punctual::net {

enum class store_errc : int {
    cannot_connect = 1,  // to the database, for a command
    migration_failed,    // a migration was refused; it was rolled back, those before it stand
    migration_changed,   // an applied migration has another text than this program's
    other_adapter,       // the database was made for the other adapter
    schema_drift,        // something that this program needs is missing or of another type
    not_connected,       // nothing was asked; connecting goes on in the background
    timed_out,           // the deadline passed before anything was asked
    outcome_unknown,     // asked, and no answer came: it may have been done
    refused,             // the database answered with an error: nothing was done
    bad_value,           // refused because of a value in it: asked again, it is refused again
    bad_result,          // an answer that is not what was asked for
    not_writable,        // a standby, or an old primary
    cancelled,           // the daemon is stopping
};

const boost::system::error_category& store_category() noexcept;
inline boost::system::error_code make_error_code(store_errc code) noexcept {
    return {static_cast<int>(code), store_category()};
}

// A postgres_errc in the store's words, its detail as it was; any other error as it is.
[[nodiscard]] error to_store_error(error what);

}  // namespace punctual::net

template <>
struct boost::system::is_error_code_enum<punctual::net::store_errc> : std::true_type {};

namespace punctual::net {

// The database was there and would not do it, whatever it did not like.
[[nodiscard]] inline bool is_refusal(const error& what) noexcept {
    return what.code == store_errc::refused || what.code == store_errc::bad_value;
}

}  // namespace punctual::net
