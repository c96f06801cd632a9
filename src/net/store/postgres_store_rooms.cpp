// Rooms at Twilio and the end of visits. Names are given by punctual.assign_rooms.

#include "net/store/postgres_store_class.hpp"

#include <utility>

namespace punctual::net {
namespace {

constexpr std::string_view made_sql = R"sql(/* room_row */
with known as (
    insert into punctual.video_room (sid, appointment_id) values ($2, $1::bigint) on conflict do nothing)
insert into punctual.appointment_state as s (appointment_id, room_sid, room_made_at)
values ($1::bigint, $2, clock_timestamp())
on conflict (appointment_id) do update
    set room_sid = excluded.room_sid, room_made_at = excluded.room_made_at, room_ended_at = null, updated_at = now()
    -- Said twice, it is still the room that has ended.
    where s.room_sid is distinct from excluded.room_sid)sql";

// Another sid: the name has a newer room.
constexpr std::string_view ended_sql = R"sql(
with over as (
    update punctual.video_room r set ended_at = clock_timestamp() where r.sid = $2 and r.ended_at is null)
update punctual.appointment_state s set room_ended_at = clock_timestamp(), updated_at = now()
where s.appointment_id = $1::bigint and s.room_sid = $2 and s.room_ended_at is null)sql";

constexpr std::string_view complete_sql = "/* complete */ select punctual.complete_appointment($1::bigint)";

constexpr std::string_view clean_sql = R"sql(
select s.appointment_id, coalesce(s.room_name, a.room_name, ''), s.room_sid, a.id is null or a.status = 'cancelled'
from punctual.appointment_state s
left join punctual.feed_appointment a on a.id = s.appointment_id
where s.room_sid is not null and s.room_ended_at is null
  and (a.id is null or a.status = 'cancelled'
       or a.starts_at + a.duration_minutes * interval '1 minute' <= $1::timestamptz)
order by s.appointment_id limit $2::bigint)sql";

}  // namespace

task<result<>> postgres_store::record_room(domain::appointment_id id, std::string sid, deadline until) {
    postgres::parameters with;
    with.add(id).add(std::string_view{sid});
    co_return co_await execute(made_sql, std::move(with), until);
}

task<result<>> postgres_store::record_room_ended(domain::appointment_id id, std::string sid, deadline until) {
    postgres::parameters with;
    with.add(id).add(std::string_view{sid});
    co_return co_await execute(ended_sql, std::move(with), until);
}

task<result<bool>> postgres_store::complete_appointment(domain::appointment_id id, deadline until) {
    postgres::parameters with;
    with.add(id);
    auto rows = co_await database_.query(complete_sql, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    postgres::row_reader row{*rows, 0};
    const bool done = row.boolean();
    if (!row.ok()) {
        co_return std::unexpected{to_store_error(*row.mistake())};
    }
    co_return done;
}

task<result<std::vector<store::open_room>>> postgres_store::rooms_to_clean(wall_time ended_before, std::size_t limit,
                                                                           deadline until) {
    postgres::parameters with;
    with.add(ended_before).add(static_cast<std::int64_t>(limit));
    auto rows = co_await database_.query(clean_sql, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    std::vector<open_room> rooms;
    for (std::size_t at = 0; at < rows->size(); ++at) {
        postgres::row_reader row{*rows, at};
        open_room one;
        one.appointment = row.integer();
        one.name = row.string();
        one.sid = row.string();
        one.dropped = row.boolean();
        if (!row.ok()) {
            co_return std::unexpected{to_store_error(*row.mistake())};
        }
        rooms.push_back(std::move(one));
    }
    co_return rooms;
}

}  // namespace punctual::net
