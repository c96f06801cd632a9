#pragma once
// Rows by hand, for tests of what reads them.

#include "net/postgres/row_set.hpp"

#include <optional>
#include <string>
#include <vector>

namespace punctual::test {

[[nodiscard]] net::postgres::row_set made_rows(const std::vector<std::string>& columns,
                                               const std::vector<std::vector<std::optional<std::string>>>& rows);

}  // namespace punctual::test
