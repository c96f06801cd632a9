#pragma once
// `punctuald migrate`: brings the schema up to date from the SQL files in the program (config/sql).
// A command, not the daemon: it blocks. Two may run at once, from two machines; an advisory lock, held
// by each migration's own transaction (a pooler may sit between), lets one of them do each.
//
// The files of core/ and of the chosen adapter's folder are one sequence by number. An applied file is
// never changed; a changed text is an error, not a second run.

#include "domain/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::embedded {
struct file;
}

namespace punctual::net {

enum class adapter : std::uint8_t { standalone, django };

[[nodiscard]] std::string_view to_string(adapter value) noexcept;
[[nodiscard]] std::optional<adapter> parse_adapter(std::string_view word) noexcept;

struct migration_report {
    std::vector<std::string> applied;  // "core/0001_vocabulary.sql", in the order in which they ran
    std::size_t present = 0;           // were there already
    std::size_t unknown = 0;           // in the database and not in this program: it is newer
};

// `conninfo`: libpq URI or keywords. Errors are store_errc; their text never holds the password.
[[nodiscard]] result<migration_report> migrate(const std::string& conninfo, adapter which);

// The same with other files, for tests.
[[nodiscard]] result<migration_report> migrate(const std::string& conninfo, adapter which,
                                               std::span<const embedded::file> files);

// The names of the migrations that this program has for an adapter, in order.
[[nodiscard]] std::vector<std::string> migration_names(adapter which);

}  // namespace punctual::net
