#include "net/store/refusal.hpp"

#include "net/postgres/database.hpp"
#include "net/store/store_error.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

namespace punctual::net {
namespace {

// Transaction rollback, insufficient resources, object not in the state wanted, operator intervention, system error.
constexpr std::array<std::string_view, 5> of_the_moment{"40", "53", "55", "57", "58"};
// Data exception, constraint violation, program limit exceeded, raised in PL/pgSQL.
constexpr std::array<std::string_view, 4> of_the_row{"22", "23", "54", "P0"};

bool is_one_of(std::span<const std::string_view> classes, const error& refused) {
    if (!is_refusal(refused)) {
        return false;
    }
    const auto state = postgres::sqlstate({postgres::postgres_errc::refused, refused.detail});
    return std::ranges::find(classes, std::string_view{state}.substr(0, 2)) != classes.end();
}

}  // namespace

bool is_of_the_moment(const error& refused) {
    return is_one_of(of_the_moment, refused);
}

bool is_of_the_row(const error& refused) {
    return refused.code == store_errc::bad_value || is_one_of(of_the_row, refused);
}

}  // namespace punctual::net
