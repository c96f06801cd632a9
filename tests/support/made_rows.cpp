#include "support/made_rows.hpp"

#include "net/postgres/row_set_data.hpp"

#include <memory>
#include <new>

namespace punctual::test {

net::postgres::row_set made_rows(const std::vector<std::string>& columns,
                                 const std::vector<std::vector<std::optional<std::string>>>& rows) {
    auto made = net::postgres::libpq::make_result(columns, rows);
    if (!made) {
        throw std::bad_alloc{};
    }
    return net::postgres::row_set{std::make_unique<net::postgres::row_set::data>(std::move(made))};
}

}  // namespace punctual::test
