#include "net/store/store_error.hpp"

#include "net/postgres/database.hpp"

#include <string>

namespace punctual::net {
namespace {

class category final : public boost::system::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "punctual.store"; }
    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<store_errc>(value)) {
            case store_errc::cannot_connect:
                return "cannot connect to the database";
            case store_errc::migration_failed:
                return "a migration failed";
            case store_errc::migration_changed:
                return "an applied migration has another text than this program's";
            case store_errc::other_adapter:
                return "the database was made for the other adapter";
            case store_errc::schema_drift:
                return "the schema is not what this program needs";
            case store_errc::not_connected:
                return "not connected to the database";
            case store_errc::timed_out:
                return "the database was not asked in time";
            case store_errc::outcome_unknown:
                return "the database was asked and gave no answer";
            case store_errc::refused:
                return "the database refused the statement";
            case store_errc::bad_value:
                return "the database refused a value";
            case store_errc::bad_result:
                return "the database answered something else than expected";
            case store_errc::not_writable:
                return "the database is not writable";
            case store_errc::cancelled:
                return "stopping";
        }
        return "unknown store error";
    }
};

// Class 22, data exception (Postgres manual, appendix A): bytes that are no text to it. Any other refusal is of the
// statement or of the moment, and the same is taken later.
bool is_of_the_data(const error& refused) {
    return postgres::sqlstate(refused).starts_with("22");
}

store_errc meaning(const error& what) {
    using postgres::postgres_errc;
    switch (static_cast<postgres_errc>(what.code.value())) {
        case postgres_errc::not_connected:
        case postgres_errc::pooled:
            return store_errc::not_connected;
        case postgres_errc::timed_out:
            return store_errc::timed_out;
        case postgres_errc::outcome_unknown:
            return store_errc::outcome_unknown;
        case postgres_errc::refused:
            return is_of_the_data(what) ? store_errc::bad_value : store_errc::refused;
        case postgres_errc::bad_result:
            return store_errc::bad_result;
        case postgres_errc::not_writable:
            return store_errc::not_writable;
        case postgres_errc::cancelled:
            return store_errc::cancelled;
    }
    return store_errc::bad_result;
}

}  // namespace

const boost::system::error_category& store_category() noexcept {
    static const category instance;
    return instance;
}

error to_store_error(error what) {
    if (what.code.category() == postgres::postgres_category()) {
        what.code = meaning(what);
    }
    return what;
}

}  // namespace punctual::net
