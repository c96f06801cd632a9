#pragma once
// The tables that only the file has: reminder plan, message matrix, timing, quiet hours, video, limits,
// content templates (contract §2).

#include "config/settings.hpp"
#include "config/table_reader.hpp"

#include <string_view>

namespace punctual::config {

// False: there is no table of that name.
[[nodiscard]] bool read_named_table(table_reader& in, std::string_view name, const node& content, settings& into);

}  // namespace punctual::config
