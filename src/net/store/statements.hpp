#pragma once
// A store's way to Postgres: its statements as they are, its errors in the store's words (store_error.hpp).

#include "net/postgres/database.hpp"
#include "net/store/store_error.hpp"

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

namespace punctual::net {

class statements {
public:
    explicit statements(postgres::database& database) noexcept : database_{database} {}

    // As postgres::database has them.
    [[nodiscard]] task<result<postgres::row_set>> query(std::string_view sql, postgres::parameters with,
                                                        deadline until) {
        auto rows = co_await database_.query(sql, std::move(with), until);
        if (!rows) {
            co_return std::unexpected{to_store_error(std::move(rows).error())};
        }
        co_return rows;
    }
    [[nodiscard]] task<result<std::uint64_t>> copy(std::string_view sql,
                                                   std::function<void(postgres::database::copied_row)> each_row,
                                                   deadline until) {
        auto copied = co_await database_.copy(sql, std::move(each_row), until);
        if (!copied) {
            co_return std::unexpected{to_store_error(std::move(copied).error())};
        }
        co_return copied;
    }

private:
    postgres::database& database_;
};

}  // namespace punctual::net
