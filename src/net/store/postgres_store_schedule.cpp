// The snapshot that the schedule is built from, and the change feed.

#include "net/store/postgres_store_class.hpp"
#include "net/store/store_error.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace punctual::net {
namespace {

// Everything that nobody has settled belongs to the first round, however old it is.
constexpr std::string_view first_mark_sql = "select punctual.oldest_unhandled()::text::bigint";

// The page is what transactions wrote that $3 did not see and, in an open round, $4 does. The range by
// (xact, id) is the primary key's, so that a look at a feed with nothing new touches one index page. What is waiting is
// the first entry of an index each.
constexpr std::string_view poll_sql = R"sql(
with page as materialized (
    select c.xact, c.id, c.appointment_id, c.person_id from punctual.change c
    where (c.xact, c.id) > ($1::text::xid8, $2::bigint)
      and ($3::pg_snapshot is null or not pg_visible_in_snapshot(c.xact, $3::pg_snapshot))
      and ($4::pg_snapshot is null or pg_visible_in_snapshot(c.xact, $4::pg_snapshot))
    order by c.xact, c.id limit $5::bigint)
select pg_current_snapshot()::text, count(*),
       (array_agg(xact order by xact desc, id desc))[1]::text::bigint, (array_agg(id order by xact desc, id desc))[1],
       array_agg(distinct appointment_id) filter (where appointment_id is not null),
       array_agg(distinct person_id) filter (where person_id is not null),
       (select d.next_attempt_at from punctual.delivery d
        where d.state = 'retrying' and d.channel = 'email' and d.kind = any ($6::text[])
        order by d.next_attempt_at limit 1),
       (select d.next_attempt_at from punctual.delivery d
        where d.state = 'retrying' and d.channel = 'whatsapp' and d.kind = any ($6::text[])
        order by d.next_attempt_at limit 1),
       least((select d.next_attempt_at from punctual.delivery d
              where d.state = 'retrying' and d.channel = 'sms' and d.kind = any ($6::text[])
              order by d.next_attempt_at limit 1),
             (select d.fallback_at from punctual.delivery d
              where d.state = 'accepted' and d.fallback_at is not null and d.kind = any ($6::text[])
              order by d.fallback_at limit 1)),
       (select d.lease_until from punctual.delivery d
        where d.state = 'claimed' and d.kind = any ($6::text[])
        order by d.lease_until limit 1)
from page)sql";

std::string fold_text() {
    return R"sql(
select i.id, coalesce(u.version, s.version, 1),
       coalesce(case when u.booked or u.version > coalesce(s.version, 1) then u.version_at end,
                s.version_at, a.created_at, u.version_at, to_timestamp(0)),
       u.ids, a.id is not null,
       a.id is null or punctual.is_sound(a.starts_at, a.duration_minutes, a.session_type, a.status, a.patient_id,
                                         a.psychologist_id),
       )sql" +
           sql::image_columns("t.told") + ", " + sql::image_columns("n.image") + R"sql(, (u.last_old).status
from unnest($1::bigint[]) i(id)
left join punctual.feed_appointment a on a.id = i.id
left join lateral (
    select t.* from punctual.appointment_state t where t.appointment_id = i.id offset 0) s on true
left join lateral (
    select array_agg(c.id order by c.id) as ids, max(c.newest) as version, bool_or(c.what = 'insert') as booked,
           (array_agg(c.changed_at order by c.id) filter (where c.version = c.newest))[1] as version_at,
           (array_agg(c.old order by c.id))[1] as first_old, (array_agg(c.old order by c.id desc))[1] as last_old
    from (select x.*, first_value(x.version) over (order by x.id desc) as newest
          from punctual.unhandled x where x.appointment_id = i.id) c) u on true
cross join lateral (
    select case when (s.told).starts_at is not null then s.told
                when punctual.is_sound((u.first_old).starts_at, (u.first_old).duration_minutes,
                                       (u.first_old).session_type, (u.first_old).status, (u.first_old).patient_id,
                                       (u.first_old).psychologist_id) then u.first_old end as told offset 0) t
cross join lateral (
    select case when punctual.is_sound(a.starts_at, a.duration_minutes, a.session_type, a.status, a.patient_id,
                                       a.psychologist_id)
                then row(a.starts_at, a.duration_minutes, a.session_type, a.location, a.patient_id,
                         a.psychologist_id, a.status)::punctual.appointment_image end as image offset 0) n)sql";
}

const std::string& fold_sql() {
    static const std::string text = fold_text();
    return text;
}

// Whole microseconds as SQL: COPY takes no parameters, and a number cannot be anything but a number.
std::string sql_time(wall_time when) {
    const auto micros = when.time_since_epoch().count();
    return "(timestamptz 'epoch' + " + std::to_string(micros) + " * interval '1 microsecond')";
}

std::string snapshot_text(wall_time from, wall_time until_start) {
    return R"sql(copy (
select a.id::bigint, a.starts_at, a.duration_minutes::int, coalesce(u.version, s.version, 1)::int,
       a.session_type = 'telehealth',
       coalesce(case when u.booked or u.version > coalesce(s.version, 1) then u.version_at end,
                s.version_at, a.created_at, to_timestamp(0))
from punctual.feed_appointment a
left join punctual.appointment_state s on s.appointment_id = a.id
-- By key for each row: as a grouped join it is made again for every appointment when the planner, whose statistics
-- are older than an import, expects a handful of changes. The first condition spares all that when there are none.
left join lateral (
    select max(c.newest) as version, bool_or(c.what = 'insert') as booked,
           (array_agg(c.changed_at order by c.id) filter (where c.version = c.newest))[1] as version_at
    from (select x.*, first_value(x.version) over (order by x.id desc) as newest
          from punctual.unhandled x
          where (select exists (select from punctual.change y
                                where y.xact >= punctual.handled_below() and y.handled_at is null
                                  and y.appointment_id is not null))
            and x.appointment_id = a.id offset 0) c) u on true
where a.status in ('scheduled', 'confirmed')
  -- No visit is longer than a week (punctual.is_sound); this is what the index on starts_at serves.
  and a.starts_at > )sql" +
           sql_time(from) + " - interval '7 days' and a.starts_at < " + sql_time(until_start) +
           " and a.starts_at + a.duration_minutes * interval '1 minute' > " + sql_time(from) + R"sql(
  and punctual.is_sound(a.starts_at, a.duration_minutes, a.session_type, a.status, a.patient_id, a.psychologist_id)
) to stdout (format binary))sql";
}

template <class Integer>
std::optional<Integer> read_binary(std::optional<std::string_view> field) {
    if (!field || field->size() != sizeof(Integer)) {
        return std::nullopt;
    }
    Integer value{};
    std::ranges::copy(*field, reinterpret_cast<char*>(&value));
    if constexpr (std::endian::native == std::endian::little && sizeof(Integer) > 1) {
        value = std::byteswap(value);
    }
    return value;
}

// Binary timestamptz counts microseconds from 2000-01-01 UTC.
wall_time read_binary_time(std::int64_t micros) {
    constexpr auto epoch = std::chrono::sys_days{std::chrono::January / 1 / 2000};
    return wall_time{epoch} + std::chrono::microseconds{micros};
}

std::optional<domain::scheduled_visit> read_visit(postgres::database::copied_row row) {
    constexpr std::size_t columns = 6;
    if (row.size() != columns) {
        return std::nullopt;
    }
    const auto id = read_binary<std::int64_t>(row[0]);
    const auto starts_at = read_binary<std::int64_t>(row[1]);
    const auto duration = read_binary<std::int32_t>(row[2]);
    const auto version = read_binary<std::int32_t>(row[3]);
    const auto telehealth = read_binary<std::int8_t>(row[4]);
    const auto booked_at = read_binary<std::int64_t>(row[5]);
    if (!id || !starts_at || !duration || !version || !telehealth || !booked_at) {
        return std::nullopt;
    }
    // "-infinity" comes as the smallest number; it must not overflow.
    constexpr std::int64_t sane = std::int64_t{1} << 60;
    domain::scheduled_visit visit;
    visit.appointment = *id;
    visit.starts_at = read_binary_time(*starts_at);
    visit.duration = std::chrono::minutes{*duration};
    visit.version = *version;
    visit.telehealth = *telehealth != 0;
    visit.open = true;
    visit.booked_at = read_binary_time(std::clamp(*booked_at, -sane, sane));
    return visit;
}

struct folded {
    domain::appointment_change change;
    bool sound = true;
};

result<folded> read_change(const postgres::row_set& rows, std::size_t at) {
    postgres::row_reader row{rows, at};
    folded one;
    one.change.appointment = row.integer();
    one.change.version = row.small_integer();
    one.change.changed_at = row.time();
    one.change.change_ids = read_ids(row);
    const bool there = row.boolean();
    one.sound = row.boolean();
    one.change.told = read_image(row);
    one.change.now = read_image(row);
    // A word that is none of ours is no reason to refuse the row: it is not there any more.
    one.change.before = domain::parse<domain::appointment_status>(row.optional_string().value_or(""));
    if (!row.ok()) {
        return std::unexpected{to_store_error(*row.mistake())};
    }
    one.sound = one.sound && there == one.change.now.has_value();
    return one;
}

// "xmin:xmax:xip,…"
std::uint64_t oldest_open(std::string_view snapshot) {
    std::uint64_t xmin = 0;
    for (const char c : snapshot.substr(0, snapshot.find(':'))) {
        xmin = xmin * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return xmin;
}

}  // namespace

task<result<feed_mark>> postgres_store::snapshot(wall_time from, wall_time until_start,
                                                 std::function<void(const domain::scheduled_visit&)> each,
                                                 deadline until) {
    postgres::parameters none;
    auto marks = co_await database_.query(first_mark_sql, std::move(none), until);
    if (!marks) {
        co_return std::unexpected{marks.error()};
    }
    postgres::row_reader row{*marks, 0};
    feed_mark mark;
    mark.round_from = static_cast<std::uint64_t>(row.integer());
    if (!row.ok()) {
        co_return std::unexpected{to_store_error(*row.mistake())};
    }
    bool readable = true;
    std::function<void(postgres::database::copied_row)> take = [&readable, &each](postgres::database::copied_row one) {
        const auto visit = read_visit(one);
        readable = readable && visit.has_value();
        if (visit) {
            each(*visit);
        }
    };
    const std::string text = snapshot_text(from, until_start);
    const auto copied = co_await database_.copy(text, std::move(take), until);
    if (!copied) {
        co_return std::unexpected{copied.error()};
    }
    if (!readable) {
        co_return failure(store_errc::schema_drift, "punctual.feed_appointment: a column has another type");
    }
    co_return mark;
}

task<result<feed_look>> postgres_store::look(feed_mark mark, std::size_t limit, deadline until) {
    postgres::parameters with;
    with.add(std::to_string(mark.round_from)).add(mark.after_id);
    for (const auto* snapshot : {&mark.seen, &mark.round}) {
        if (snapshot->empty()) {
            with.add_null();
        } else {
            with.add(std::string_view{*snapshot});
        }
    }
    with.add(static_cast<std::int64_t>(limit)).add_array(std::span<const std::string>{kinds_});
    auto page = co_await database_.query(poll_sql, std::move(with), until);
    if (!page) {
        co_return std::unexpected{page.error()};
    }
    postgres::row_reader row{*page, 0};
    auto snapshot = row.string();
    const auto count = static_cast<std::size_t>(row.integer());
    const auto last_xact = row.optional_integer();
    const auto last_id = row.optional_integer();
    auto appointments = read_ids(row);
    feed_look found;
    found.people = read_ids(row);
    for (const auto channel : {domain::channel::email, domain::channel::whatsapp, domain::channel::sms}) {
        if (const auto when = row.optional_time()) {
            found.waiting.tries.emplace_back(channel, *when);
        }
    }
    found.waiting.lease_end = row.optional_time();
    if (!row.ok()) {
        co_return std::unexpected{to_store_error(*row.mistake())};
    }

    found.next = mark;
    if (mark.round.empty()) {
        found.next.round = std::move(snapshot);
        found.next.next_from = oldest_open(found.next.round);
    }
    found.more = count >= limit;
    if (found.more) {
        found.next.round_from = static_cast<std::uint64_t>(last_xact.value_or(0));
        found.next.after_id = last_id.value_or(0);
    } else {
        found.next.seen = std::exchange(found.next.round, {});
        found.next.round_from = std::exchange(found.next.next_from, 0);
        found.next.after_id = 0;
    }
    if (appointments.empty()) {
        co_return found;
    }

    postgres::parameters ids;
    ids.add_array(std::span<const std::int64_t>{appointments});
    auto rows = co_await database_.query(fold_sql(), std::move(ids), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    std::vector<settlement::entry> refused;
    for (std::size_t at = 0; at < rows->size(); ++at) {
        auto one = read_change(*rows, at);
        if (!one) {
            co_return std::unexpected{one.error()};
        }
        if (one->sound) {
            found.changes.push_back(std::move(one->change));
            continue;
        }
        found.refused.push_back(one->change.appointment);
        refused.push_back({one->change.appointment, one->change.version, std::move(one->change.change_ids), {}});
    }
    if (!refused.empty() && use_ == store_use::serve) {
        auto settled = co_await settle_refused(std::move(refused), until);
        if (!settled) {
            co_return std::unexpected{settled.error()};
        }
    }
    co_return found;
}

task<result<>> postgres_store::settle_refused(std::vector<settlement::entry> entries, deadline until) {
    settlement what;
    what.entries = std::move(entries);
    lease_terms nobody;
    auto settled = co_await settle(std::move(what), std::move(nobody), until);
    if (!settled) {
        co_return std::unexpected{settled.error()};
    }
    co_return result<>{};
}

}  // namespace punctual::net
