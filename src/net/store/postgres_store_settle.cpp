// What a look at the feed led to, in one statement and so in one transaction.

#include "net/store/postgres_store_class.hpp"

#include <utility>

namespace punctual::net {
namespace {

// $1..$11 the deliveries; $12 process, $13 lease in seconds; $14.. the entries and their changes.
//
// `locked` makes one of two daemons the settler of a change: the other waits, finds it handled, and
// writes nothing. An entry whose appointment has moved on since the look is left for the next look,
// which folds both.
std::string settle_text() {
    return R"sql(/* settle */
with entry as materialized (
    select e.appointment_id, e.version, e.changes,
           case when e.starts_at is not null then
               row(e.starts_at, e.duration_minutes, e.session_type, e.location, e.patient_id, e.psychologist_id,
                   e.status)::punctual.appointment_image end as told
    from unnest($14::bigint[], $15::int[], $16::int[], $17::timestamptz[], $18::int[], $19::text[], $20::text[],
                $21::bigint[], $22::bigint[], $23::text[])
        as e(appointment_id, version, changes, starts_at, duration_minutes, session_type, location, patient_id,
             psychologist_id, status)),
locked as materialized (
    select c.xact, c.id, c.appointment_id, u.version, c.old, c.changed_at
    from punctual.change c
    -- Its version as it counts; the row as it was locked says only what was written.
    cross join lateral (
        select x.version from punctual.unhandled x where x.appointment_id = c.appointment_id and x.id = c.id offset 0) u
    -- By the appointment; as a join it may read all that is unhandled. The ids are sifted afterwards: two arrays as keys
    -- are looked up in every combination.
    where c.handled_at is null and c.appointment_id = any ($24::bigint[]) and c.id + 0 = any ($25::bigint[])
    order by c.id for update of c),
folded as materialized (
    select l.appointment_id, (array_agg(l.old order by l.id))[1] as old,
           max(l.newest) as version,
           (array_agg(l.changed_at order by l.id) filter (where l.version = l.newest))[1] as changed_at
    from (select k.*, first_value(k.version) over (partition by k.appointment_id order by k.id desc) as newest
          from locked k) l
    group by l.appointment_id),
live as materialized (
    select e.appointment_id, e.version, e.told,
           case when e.version > coalesce(s.version, 0) and f.version = e.version then f.changed_at end as version_at,
           case when (s.told).starts_at is not null then s.told
                when punctual.is_sound((f.old).starts_at, (f.old).duration_minutes, (f.old).session_type,
                                       (f.old).status, (f.old).patient_id, (f.old).psychologist_id) then f.old
                end as stood,
           -- Named at the booking, so that the first link is the last.
           case when a.session_type = 'telehealth' and a.status in ('scheduled', 'confirmed') and s.room_name is null
                then coalesce(a.room_name, punctual.new_room_name(a.id)) end as new_room
    from entry e
    left join punctual.feed_appointment a on a.id = e.appointment_id
    left join lateral (
        select t.* from punctual.appointment_state t where t.appointment_id = e.appointment_id offset 0) s on true
    left join folded f on f.appointment_id = e.appointment_id
    where (e.changes = 0 or f.appointment_id is not null)
      and e.version = )sql" +
           sql::current_version("e.appointment_id", "s.version") + R"sql(),
handled as (
    update punctual.change c set handled_at = clock_timestamp(), version = l.version
    from locked l
    -- "is true" keeps it a hashed look-up.
    where c.xact = l.xact and c.id = l.id and (l.appointment_id in (select live.appointment_id from live)) is true),
known as (
    insert into punctual.appointment_state as s (appointment_id, version, version_at, told, previous, room_name)
    select l.appointment_id, l.version, l.version_at, l.told, l.stood, l.new_room
    from live l where l.version > 1 or l.told is not null
    order by l.appointment_id
    on conflict (appointment_id) do update set
        version = greatest(s.version, excluded.version),
        version_at = coalesce(excluded.version_at, s.version_at),
        told = coalesce(excluded.told, s.told),
        previous = case when excluded.told is not null and excluded.told is distinct from excluded.previous
                        then excluded.previous else s.previous end,
        room_name = coalesce(s.room_name, excluded.room_name),
        updated_at = now()
    returning s.appointment_id, s.room_name),
rooms as materialized (
    select k.appointment_id, k.room_name from known k
    where k.room_name is not null and punctual.publish_room(k.appointment_id, k.room_name)),
-- Whoever goes out of an appointment is told so, whatever happens to the appointment later.
superseded as (
    update punctual.delivery d
    set state = 'superseded', next_attempt_at = null, updated_at = clock_timestamp()
    where d.state = 'retrying' and d.id = any (array(
        select u.id from live l left join punctual.feed_appointment a on a.id = l.appointment_id
        cross join lateral (
            -- By the appointment. Spelled so, the state is no way to the index of all that waits, which the planner
            -- thinks empty after a burst.
            select r.id from punctual.delivery r
            where r.appointment_id = l.appointment_id and r.version < l.version and r.state || '' = 'retrying'
              and (r.kind <> 'cancellation'
                   or coalesce(a.status in ('scheduled', 'confirmed')
                               and r.recipient_id in (a.patient_id, a.psychologist_id), false)) offset 0) u))),
wanted as materialized (
    select w.*, l.stood,
           coalesce(w.recipient,
                    case w.role when 'clinic' then 0
                                when 'patient' then coalesce(case when w.kind = 'cancellation' then (l.stood).patient_id end, a.patient_id)
                                when 'psychologist' then coalesce(case when w.kind = 'cancellation' then (l.stood).psychologist_id end, a.psychologist_id)
                    end) as recipient_id
    from unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[],
                $8::timestamptz[], $9::text[], $10::text[], $11::timestamptz[])
        as w(appointment_id, version, kind, channel, role, recipient, due_at, useless_after, state, reason,
             next_attempt_at)
    join live l on l.appointment_id = w.appointment_id and l.version = w.version
    left join punctual.feed_appointment a on a.id = w.appointment_id
    where (w.kind = 'cancellation' and (l.stood).starts_at is not null)
       or punctual.is_sound(a.starts_at, a.duration_minutes, a.session_type, a.status, a.patient_id,
                            a.psychologist_id)),
inserted as (
    insert into punctual.delivery (appointment_id, kind, channel, recipient_id, recipient_role, version, state, reason,
        due_at, useless_after, attempts, claims, next_attempt_at, claimed_at, claimed_by, lease_until, stood)
    select w.appointment_id, w.kind, w.channel, w.recipient_id, w.role, w.version, w.state, nullif(w.reason, ''),
           w.due_at, w.useless_after, case when w.state = 'claimed' then 1 else 0 end,
           case when w.state = 'claimed' then 1 else 0 end, w.next_attempt_at,
           case when w.state = 'claimed' then clock_timestamp() end, case when w.state = 'claimed' then $12 end,
           case when w.state = 'claimed' then clock_timestamp() + $13::bigint * interval '1 second' end,
           case when w.kind in ('cancellation', 'reschedule') then w.stood end
    from wanted w where w.recipient_id is not null
    on conflict (appointment_id, kind, channel, recipient_id, version) do nothing
    returning *)
)sql" + sql::claimed_columns("inserted");
}

const std::string& settle_sql() {
    static const std::string text = settle_text();
    return text;
}

void add_entries(postgres::parameters& to, const std::vector<settlement::entry>& entries) {
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> versions;
    std::vector<std::int64_t> counts;
    std::vector<std::optional<wall_time>> starts;
    std::vector<std::int64_t> durations;
    std::vector<std::string> types;
    std::vector<std::string> locations;
    std::vector<std::int64_t> patients;
    std::vector<std::int64_t> psychologists;
    std::vector<std::string> statuses;
    std::vector<std::int64_t> change_of;
    std::vector<std::int64_t> changes;
    const domain::appointment_image nothing;
    for (const auto& one : entries) {
        const auto& told = one.told ? *one.told : nothing;
        ids.push_back(one.appointment);
        versions.push_back(one.version);
        counts.push_back(static_cast<std::int64_t>(one.change_ids.size()));
        starts.push_back(one.told ? std::optional{told.what.starts_at} : std::nullopt);
        durations.push_back(told.what.duration.count());
        types.emplace_back(domain::to_string(told.what.session_type));
        locations.push_back(told.what.location);
        patients.push_back(told.patient);
        psychologists.push_back(told.psychologist);
        statuses.emplace_back(domain::to_string(told.status));
        for (const auto change : one.change_ids) {
            change_of.push_back(one.appointment);
            changes.push_back(change);
        }
    }
    to.add_array(std::span<const std::int64_t>{ids}).add_array(std::span<const std::int64_t>{versions});
    to.add_array(std::span<const std::int64_t>{counts}).add_array(std::span<const std::optional<wall_time>>{starts});
    to.add_array(std::span<const std::int64_t>{durations}).add_array(std::span<const std::string>{types});
    to.add_array(std::span<const std::string>{locations}).add_array(std::span<const std::int64_t>{patients});
    to.add_array(std::span<const std::int64_t>{psychologists}).add_array(std::span<const std::string>{statuses});
    to.add_array(std::span<const std::int64_t>{change_of}).add_array(std::span<const std::int64_t>{changes});
}

}  // namespace

task<result<std::vector<domain::claimed_delivery>>> postgres_store::settle(settlement what, lease_terms lease,
                                                                           deadline until) {
    postgres::parameters with;
    sql::add_planned(with, rules_, what.deliveries);
    with.add(std::string_view{lease.instance}).add(static_cast<std::int64_t>(lease.length.count()));
    add_entries(with, what.entries);
    co_return co_await claimed_by(settle_sql(), std::move(with), std::move(lease), until);
}

}  // namespace punctual::net
