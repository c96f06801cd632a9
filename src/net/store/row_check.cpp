#include "net/store/row_check.hpp"

#include <algorithm>

namespace punctual::net {
namespace {

// As punctual.is_sound has it, column by column. Values are somebody's data: quoted, and cut.
constexpr std::string_view look_sql = R"sql(
select c.name, coalesce(quote_literal(left(c.found, 60)), 'nothing'), c.expected
from punctual.feed_appointment a
left join lateral (
    select v.* from (values
        ('starts_at', a.starts_at::text, 'a time from 1970 to 2199',
         a.starts_at >= '1970-01-01T00:00Z' and a.starts_at < '2200-01-01T00:00Z'),
        ('duration_minutes', a.duration_minutes::text, '0 to 10080', a.duration_minutes between 0 and 10080),
        ('session_type', a.session_type, 'telehealth or in_person', a.session_type in ('telehealth', 'in_person')),
        ('status', a.status, 'scheduled, confirmed, completed, cancelled or no_show',
         a.status in ('scheduled', 'confirmed', 'completed', 'cancelled', 'no_show')),
        ('patient_id', a.patient_id::text, 'the id of a person', a.patient_id > 0),
        ('psychologist_id', a.psychologist_id::text, 'the id of a person', a.psychologist_id > 0)
    ) as v (name, found, expected, is_right)
    where v.is_right is not true) c on true
where a.id = $1::bigint)sql";

}  // namespace

task<result<row_look>> look_at_row(postgres::database& from, domain::appointment_id id, deadline until) {
    postgres::parameters with;
    with.add(id);
    const auto rows = co_await from.query(look_sql, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    row_look found{.there = rows->size() > 0, .mistakes = {}};
    for (std::size_t at = 0; at < rows->size(); ++at) {
        const auto column = rows->text(at, 0);
        if (column) {
            found.mistakes.push_back({.column = std::string{*column},
                                      .found = std::string{rows->text(at, 1).value_or("")},
                                      .expected = std::string{rows->text(at, 2).value_or("")}});
        }
    }
    co_return found;
}

std::string describe(const row_look& what) {
    if (!what.there) {
        return "there is no such row";
    }
    std::string text = "its row holds what no visit can have: ";
    for (const auto& one : what.mistakes) {
        text += (text.ends_with(": ") ? "" : "; ") + one.column + ": found " + one.found + ", expected " + one.expected;
    }
    // A terminal obeys control characters.
    std::ranges::replace_if(text, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
    return text;
}

}  // namespace punctual::net
