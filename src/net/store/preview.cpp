#include "net/store/preview.hpp"

#include "net/store/postgres_store_class.hpp"

#include <utility>

namespace punctual::net {
namespace {

// Nothing is given a room's name here.
constexpr const char* no_rooms = R"sql(,
rooms as materialized (select null::bigint as appointment_id, null::text as room_name where false)
)sql";

const std::string& wanted_sql() {
    static const std::string text = std::string{R"sql(
with shown as materialized (
    select punctual.new_id() as id, w.appointment_id, w.version, w.kind, w.channel, w.role as recipient_role,
           r.recipient_id, w.due_at, w.useless_after, 1 as attempts, 0 as claims, now() as created_at,
           null::text as reason, 'claimed' as state, null::timestamptz as resent_at, null::uuid as in_place_of,
           case when w.kind in ('cancellation', 'reschedule') then r.stood end as stood
    from unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[],
                $8::timestamptz[], $9::text[], $10::text[], $11::timestamptz[])
        as w(appointment_id, version, kind, channel, role, recipient, due_at, useless_after, state, reason,
             next_attempt_at)
    left join punctual.feed_appointment a on a.id = w.appointment_id
    left join lateral (
        select t.told from punctual.appointment_state t where t.appointment_id = w.appointment_id offset 0) s on true
    left join lateral (
        select c.old from punctual.unhandled c where c.appointment_id = w.appointment_id
        order by c.id limit 1) c on true
    cross join lateral (
        select case when (s.told).starts_at is not null then s.told else c.old end as stood offset 0) t
    cross join lateral (
        select t.stood, coalesce(w.recipient, case w.role
            when 'clinic' then 0
            when 'patient' then coalesce(case when w.kind = 'cancellation' then (t.stood).patient_id end, a.patient_id)
            when 'psychologist' then coalesce(case when w.kind = 'cancellation' then (t.stood).psychologist_id end,
                                              a.psychologist_id) end) as recipient_id offset 0) r
    where r.recipient_id is not null
      and not exists (select from punctual.delivery e
                      where e.appointment_id = w.appointment_id and e.kind = w.kind and e.channel = w.channel
                        and e.recipient_id = r.recipient_id and e.version = w.version)))sql"} +
                                    no_rooms + sql::claimed_columns("shown");
    return text;
}

const std::string& waiting_sql() {
    static const std::string text = std::string{R"sql(
with shown as materialized (
    select d.id, d.appointment_id, d.version, d.kind, d.channel, d.recipient_role, d.recipient_id,
           d.next_attempt_at as due_at, d.useless_after, d.attempts + 1 as attempts, d.claims, d.created_at,
           d.reason, 'claimed' as state, d.stood, d.resent_at, d.in_place_of
    from punctual.delivery d
    where d.state = 'retrying' and d.next_attempt_at < $1::timestamptz
      and ($2::bigint is null or d.appointment_id = $2::bigint) and d.kind = any ($3::text[])))sql"} +
                                    no_rooms + sql::claimed_columns("shown");
    return text;
}

task<result<std::vector<domain::claimed_delivery>>> read_all(postgres::database& database, const domain::policy& rules,
                                                             std::string_view sql, postgres::parameters with,
                                                             deadline until) {
    auto rows = co_await database.query(sql, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    std::vector<domain::claimed_delivery> shown;
    for (std::size_t at = 0; at < rows->size(); ++at) {
        postgres::row_reader row{*rows, at};
        auto one = read_claimed(row, rules);
        if (!one) {
            co_return std::unexpected{*row.mistake()};
        }
        shown.push_back(std::move(*one));
    }
    co_return shown;
}

}  // namespace

task<result<std::vector<domain::claimed_delivery>>> preview(postgres::database& database, const domain::policy& rules,
                                                            std::vector<domain::planned_delivery> wanted,
                                                            deadline until) {
    postgres::parameters with;
    sql::add_planned(with, rules, wanted);
    co_return co_await read_all(database, rules, wanted_sql(), std::move(with), until);
}

task<result<std::vector<domain::claimed_delivery>>> preview_waiting(postgres::database& database,
                                                                    const domain::policy& rules,
                                                                    std::optional<domain::appointment_id> of,
                                                                    wall_time before, deadline until) {
    const auto kinds = domain::all_kind_names(rules);
    postgres::parameters with;
    with.add(before);
    if (of) {
        with.add(*of);
    } else {
        with.add_null();
    }
    with.add_array(std::span<const std::string>{kinds});
    co_return co_await read_all(database, rules, waiting_sql(), std::move(with), until);
}

}  // namespace punctual::net
