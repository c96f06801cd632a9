#include "net/store/migration_state.hpp"

#include "embedded/migrations.hpp"
#include "net/postgres/row_set.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace punctual::net {
namespace {

constexpr std::string_view clock_sql = "select clock_timestamp()";
constexpr std::string_view is_there_sql = "select to_regclass('punctual.migration') is not null";
// $1, $2: the program's names and texts. What stands on one side alone has a null on the other.
constexpr std::string_view compare_sql = R"sql(
select m.name, p.name, coalesce(m.checksum = encode(sha256(convert_to(p.text, 'UTF8')), 'hex'), false)
from punctual.migration m
full join unnest($1::text[], $2::text[]) as p (name, text) on p.name = m.name)sql";

bool is_of(adapter which, std::string_view name) {
    return name.starts_with("core/") || name.starts_with(to_string(which));
}

}  // namespace

task<result<wall_time>> read_database_clock(postgres::database& from, deadline until) {
    postgres::parameters none;
    const auto rows = co_await from.query(clock_sql, std::move(none), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    postgres::row_reader row{*rows, 0};
    const auto now = row.time();
    if (!row.ok()) {
        co_return std::unexpected{*row.mistake()};
    }
    co_return now;
}

task<result<migration_state>> read_migration_state(postgres::database& from, deadline until) {
    migration_state state;
    std::vector<std::string> names;
    std::vector<std::string> texts;
    for (const auto& file : embedded::migrations()) {
        names.emplace_back(file.name);
        texts.emplace_back(file.text);
    }
    postgres::parameters none;
    const auto there = co_await from.query(is_there_sql, std::move(none), until);
    if (!there) {
        co_return std::unexpected{there.error()};
    }
    if (there->text(0, 0) != "t") {
        state.missing = migration_names(state.which);
        co_return state;
    }
    postgres::parameters with;
    with.add_array(std::span<const std::string>{names}).add_array(std::span<const std::string>{texts});
    const auto rows = co_await from.query(compare_sql, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    std::vector<std::string> absent;
    for (std::size_t at = 0; at < rows->size(); ++at) {
        const auto applied = rows->text(at, 0);
        const auto known = rows->text(at, 1);
        if (!applied) {
            absent.emplace_back(known.value_or(""));
            continue;
        }
        if (applied->starts_with(to_string(adapter::django))) {
            state.which = adapter::django;
        }
        if (!known) {
            ++state.unknown;
        } else if (rows->text(at, 2) == "t") {
            ++state.applied;
        } else {
            state.changed.emplace_back(*applied);
        }
    }
    std::ranges::copy_if(absent, std::back_inserter(state.missing),
                         [&](const auto& name) { return is_of(state.which, name); });
    std::ranges::sort(state.missing);
    co_return state;
}

}  // namespace punctual::net
