#include "net/store/store_error.hpp"

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
        }
        return "unknown store error";
    }
};

}  // namespace

const boost::system::error_category& store_category() noexcept {
    static const category instance;
    return instance;
}

}  // namespace punctual::net
