// How rows come to be ours. Every statement reads the appointment again, and whatever it gives back is
// committed as `claimed` with a lease before anything is sent.

#include "net/store/postgres_store_class.hpp"

#include <algorithm>
#include <utility>

namespace punctual::net {
namespace {

// The rows of a claim, judged by how the appointment is now. $1.. as in add_planned.
std::string claim_text() {
    return R"sql(/* claim */
with wanted as materialized (
    select w.*, a.session_type,
           coalesce(w.recipient, case w.role when 'clinic' then 0 when 'patient' then a.patient_id
                                             when 'psychologist' then a.psychologist_id end) as recipient_id,
           coalesce(s.room_name, a.room_name) as room_name,
           case when w.kind = 'reschedule' then s.previous end as stood
    from unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[],
                $8::timestamptz[], $9::text[], $10::text[], $11::timestamptz[])
        as w(appointment_id, version, kind, channel, role, recipient, due_at, useless_after, state, reason,
             next_attempt_at)
    join punctual.feed_appointment a on a.id = w.appointment_id
    left join lateral (
        select t.* from punctual.appointment_state t where t.appointment_id = w.appointment_id offset 0) s on true
    where a.status in ('scheduled', 'confirmed')
      and punctual.is_sound(a.starts_at, a.duration_minutes, a.session_type, a.status, a.patient_id,
                            a.psychologist_id)
      and w.version = )sql" +
           sql::current_version("w.appointment_id", "s.version") + R"sql(),
inserted as (
    insert into punctual.delivery (appointment_id, kind, channel, recipient_id, recipient_role, version, state, reason,
        due_at, useless_after, attempts, claims, next_attempt_at, claimed_at, claimed_by, lease_until, stood)
    select w.appointment_id, w.kind, w.channel, w.recipient_id, w.role, w.version, w.state, nullif(w.reason, ''),
           w.due_at, w.useless_after, case when w.state = 'claimed' then 1 else 0 end,
           case when w.state = 'claimed' then 1 else 0 end, w.next_attempt_at,
           case when w.state = 'claimed' then clock_timestamp() end, case when w.state = 'claimed' then $12 end,
           case when w.state = 'claimed' then clock_timestamp() + $13::bigint * interval '1 second' end, w.stood
    from wanted w where w.recipient_id is not null
    -- In one order, so that two daemons with the same rows wait for each other and do not deadlock.
    order by w.appointment_id, w.kind, w.channel, w.recipient_id
    on conflict (appointment_id, kind, channel, recipient_id, version) do nothing
    returning *),
rooms as materialized (
    select * from punctual.assign_rooms((
        select array_agg(distinct w.appointment_id) from wanted w
        where w.session_type = 'telehealth' and w.state = 'claimed' and w.room_name is null)))
)sql" + sql::claimed_columns("inserted");
}

const std::string& claim_sql() {
    static const std::string text = claim_text();
    return text;
}

// Ends a statement that has `judged` (id, verdict): takes those judged `claimed` and settles the others.
// `reason` is SQL for what the row has then, `tries` for what is added to its attempts and to its claims, which are
// the fencing number: 0 when it is the same claim still. $1 process, $2 lease in seconds.
std::string take_text(std::string_view reason, std::string_view tries = "1") {
    return R"sql(,
taken as (
    update punctual.delivery d
    set state = j.verdict,
        attempts = d.attempts + case when j.verdict = 'claimed' then )sql" +
           std::string{tries} + R"sql( else 0 end,
        claims = d.claims + case when j.verdict = 'claimed' then )sql" +
           std::string{tries} + R"sql( else 0 end,
        reason = )sql" +
           std::string{reason} + R"sql(,
        next_attempt_at = null,
        claimed_at = case when j.verdict = 'claimed' then clock_timestamp() else d.claimed_at end,
        claimed_by = case when j.verdict = 'claimed' then $1 end,
        lease_until = case when j.verdict = 'claimed' then clock_timestamp() + $2::bigint * interval '1 second' end,
        updated_at = clock_timestamp()
    from judged j where d.id = j.id
    returning d.*),
rooms as materialized (
    select * from punctual.assign_rooms((
        select array_agg(distinct j.appointment_id) from judged j
        where j.session_type = 'telehealth' and j.kind <> 'cancellation' and j.verdict = 'claimed'
          and j.room_name is null)))
)sql" + sql::claimed_columns("taken");
}

// Two roads to the most useful of what is due. When little is due it is found by its time; when much is, by its
// usefulness: to sort a hundred thousand rows for each batch takes 95 ms, and so does walking past as many that wait
// for a later time. "+ interval '0'" hides a condition from the planner, which would take the first road for the
// second.
const std::string& retries_sql() {
    static const std::string text = R"sql(/* retries */
with few as materialized (
    select r.id, r.useless_after from unnest($3::text[]) c(channel)
    cross join lateral (
        select d.id, d.useless_after from punctual.delivery d
        where d.state = 'retrying' and d.channel = c.channel and d.next_attempt_at <= $4::timestamptz
          and d.kind = any ($5::text[])
        order by d.next_attempt_at limit 1000) r),
picked as materialized (
    select * from (
        select d.id from punctual.delivery d
        -- An array is taken for a handful, and handfuls are looked up by key.
        where d.id = any (array(select f.id from few f)) and (select count(*) from few) < 1000
          and d.state = 'retrying'
        order by d.useless_after limit $6::bigint for update skip locked) by_time
    union all
    select * from (
        select u.id from unnest($3::text[]) c(channel)
        cross join lateral (
            select d.id, d.useless_after from punctual.delivery d
            where (select count(*) from few) >= 1000 and d.state = 'retrying' and d.channel = c.channel
              and d.next_attempt_at + interval '0' <= $4::timestamptz and d.kind = any ($5::text[])
            order by d.useless_after limit $6::bigint for update skip locked) u
        order by u.useless_after limit $6::bigint) by_use),
due as materialized (
    select d.* from punctual.delivery d where d.id = any (array(select p.id from picked p))),
judged as materialized (
    select d.id, d.appointment_id, d.kind, a.session_type, coalesce(s.room_name, a.room_name) as room_name,
           case when not coalesce(h.holds, false) then 'superseded'
                when d.useless_after <= $4::timestamptz then 'expired'
                else 'claimed' end as verdict)sql" +
                                    sql::judged_from("due") + ")" + take_text("d.reason");
    return text;
}

// A row that speaks of another version is never sent again, so its outcome stays unknown. The mark is written
// before anything is sent: whoever takes over may die too, and then has most likely sent nothing. So a mail goes
// once more for each death that it was found after, and is given up when it seems to be the cause of them.
const std::string& abandoned_sql() {
    static const std::string text = R"sql(/* takeover */
with due as materialized (
    select d.* from punctual.delivery d
    where d.state = 'claimed' and d.lease_until < clock_timestamp() and d.kind = any ($3::text[])
      and d.id <> all ($5::uuid[])
    order by d.lease_until limit $4::bigint for update skip locked),
judged as materialized (
    select d.id, d.appointment_id, d.kind, a.session_type, coalesce(s.room_name, a.room_name) as room_name,
           case when not coalesce(h.holds, false) then 'unconfirmed'
                when d.channel = 'email' and d.reason = 'outcome_unknown' and d.attempts >= 10 then 'unconfirmed'
                else 'claimed' end as verdict)sql" +
                                    sql::judged_from("due") + ")" + take_text("'outcome_unknown'");
    return text;
}

// Nothing was sent under the claim whose answer was lost. Where an earlier attempt's outcome is unknown it stays so.
const std::string& reclaim_sql() {
    static const std::string text = R"sql(
with due as materialized (
    select d.* from punctual.delivery d
    where d.state = 'claimed' and d.claimed_by = $1 and d.id <> all ($3::uuid[]) and d.kind = any ($4::text[])
    order by d.lease_until for update skip locked),
judged as materialized (
    select d.id, d.appointment_id, d.kind, a.session_type, coalesce(s.room_name, a.room_name) as room_name,
           case when coalesce(h.holds, false) then 'claimed'
                when d.reason = 'outcome_unknown' then 'unconfirmed' else 'superseded' end as verdict)sql" +
                                    sql::judged_from("due") + ")" + take_text("d.reason", "0");
    return text;
}

// WhatsApp messages that nothing final was heard of by their time: $1 now, $2 kinds, $3 limit. The time is
// taken away with it, so each is looked at once.
const std::string& silent_sql() {
    static const std::string text = R"sql(/* silence */
with silent as materialized (
    select d.id from punctual.delivery d
    where d.state = 'accepted' and d.fallback_at <= $1::timestamptz and d.kind = any ($2::text[])
    order by d.fallback_at limit $3::bigint for update skip locked),
lapsed as (
    update punctual.delivery d set fallback_at = null, updated_at = clock_timestamp()
    from silent s where d.id = s.id
    returning d.*, 'whatsapp_silent'::text as sms_reason, $1::timestamptz as sms_at),
useful as materialized (select l.* from lapsed l where l.useless_after > $1::timestamptz))sql" +
                                    sql::insert_sms("useful");
    return text;
}

constexpr std::string_view next_retry_sql = R"sql(
select min(n.due) from (
    select r.due from unnest($1::text[]) c(channel)
    cross join lateral (
        select d.next_attempt_at as due from punctual.delivery d
        where d.state = 'retrying' and d.channel = c.channel and d.kind = any ($2::text[])
        order by d.next_attempt_at limit 1) r
    union all
    (select d.fallback_at from punctual.delivery d
     where d.state = 'accepted' and d.fallback_at is not null and d.kind = any ($2::text[])
       and 'sms' = any ($1::text[])
     order by d.fallback_at limit 1)) n)sql";

constexpr std::string_view bind_sql = "select b.sid, b.wait from punctual.bind_message($1::uuid, $2::text[]) b";

constexpr std::string_view renew_sql = R"sql(
update punctual.delivery d set lease_until = clock_timestamp() + $2::bigint * interval '1 second'
where d.id = any ($3::uuid[]) and d.state = 'claimed' and d.claimed_by = $1 and d.lease_until > clock_timestamp()
returning d.id)sql";

std::vector<std::string> words(const std::vector<domain::channel>& channels) {
    std::vector<std::string> texts;
    texts.reserve(channels.size());
    for (const auto channel : channels) {
        texts.emplace_back(domain::to_string(channel));
    }
    return texts;
}

}  // namespace

std::string sql::judged_from(std::string_view rows) {
    return " from " + std::string{rows} + R"sql( d
    left join punctual.feed_appointment a on a.id = d.appointment_id
    left join lateral (
        select t.* from punctual.appointment_state t where t.appointment_id = d.appointment_id offset 0) s on true
    cross join lateral (select
        case when d.kind = 'cancellation' then
                 (coalesce(d.stood, s.previous)).starts_at is not null
                 and not coalesce(a.status in ('scheduled', 'confirmed')
                                  and d.recipient_id in (a.patient_id, a.psychologist_id), false)
             else a.status in ('scheduled', 'confirmed')
                 and punctual.is_sound(a.starts_at, a.duration_minutes, a.session_type, a.status, a.patient_id,
                                       a.psychologist_id)
                 and d.version = )sql" +
           sql::current_version("d.appointment_id", "s.version") + R"sql( end as holds offset 0) h)sql";
}

namespace {

// As punctual.open_conversations writes them.
std::vector<domain::conversation> read_conversations(std::string_view lines) {
    std::vector<domain::conversation> found;
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        const auto first = line.find(' ');
        const auto last = line.rfind(' ');
        if (first < last) {
            found.push_back({.number = std::string{line.substr(0, first)},
                             .sender = std::string{line.substr(first + 1, last - first - 1)},
                             .open = line.substr(last + 1) == "true"});
        }
    }
    return found;
}

std::optional<domain::replaced_message> read_replaced(postgres::row_reader& row) {
    domain::replaced_message one;
    one.id = row.optional_string().value_or("");
    const auto state = domain::parse<domain::delivery_state>(row.word());
    one.provider_id = row.optional_string().value_or("");
    if (one.id.empty()) {
        return std::nullopt;
    }
    if (!state) {
        row.refuse("a state");
    }
    one.state = state.value_or(domain::delivery_state::accepted);
    return one;
}

}  // namespace

std::optional<domain::claimed_delivery> read_claimed(postgres::row_reader& row, const domain::policy& rules) {
    domain::claimed_delivery one;
    one.id = row.string();
    one.appointment = row.integer();
    one.version = row.small_integer();
    if (const auto kind = domain::find_kind(rules, row.word())) {
        one.kind = *kind;
    } else {
        row.refuse("a kind of today's plan");
    }
    one.channel = read_word<domain::channel>(row, "a channel");
    one.recipient_role = read_word<domain::role>(row, "a role");
    one.due_at = row.time();
    one.useless_after = row.time();
    one.attempts = row.small_integer();
    one.claim = row.small_integer();
    one.created_at = row.time();
    one.reason = read_word<domain::reason>(row, "a reason");
    const auto image = read_image(row);
    if (!image) {
        row.refuse("a status");
    }
    one.what = image.value_or(domain::appointment_image{}).what;
    if (const auto before = read_image(row)) {
        one.before = before->what;
    }
    one.room_name = row.optional_string().value_or("");
    one.recipient.id = row.integer();
    const bool known = row.boolean();
    one.recipient.role = domain::parse<domain::role>(row.word()).value_or(one.recipient_role);
    one.recipient.full_name = row.optional_string().value_or("");
    one.recipient.email = row.optional_string().value_or("");
    one.recipient.phone = row.optional_string().value_or("");
    one.recipient.time_zone = row.optional_string().value_or("");
    one.recipient.locale = row.optional_string().value_or("");
    // Nobody there to read a flag of: the clinic gets its mail, a person who is gone does not.
    const bool clinic = one.recipient.id == 0;
    const auto flag = [&row, known](bool otherwise) {
        const auto word = row.word();
        return known ? word == "t" : otherwise;
    };
    one.recipient.email_enabled = flag(true);
    one.recipient.texts_enabled = flag(false);
    one.recipient.reminders_enabled = flag(true);
    one.recipient.active = flag(clinic);
    one.recipient.opted_out = row.word() == "t";
    one.conversations = read_conversations(row.optional_string().value_or(""));
    if (clinic) {
        one.recipient.role = domain::role::clinic;
    }
    one.patient_name = row.optional_string().value_or("");
    one.psychologist_name = row.optional_string().value_or("");
    one.cancellation_reason = row.optional_string().value_or("");
    one.in_place_of = read_replaced(row);
    one.thread = row.optional_string().value_or("");
    return row.ok() ? std::optional{std::move(one)} : std::nullopt;
}

task<result<std::vector<domain::claimed_delivery>>> postgres_store::claimed_by(std::string_view sql,
                                                                               postgres::parameters with,
                                                                               lease_terms lease, deadline until) {
    auto rows = co_await database_.query(sql, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    std::vector<domain::claimed_delivery> claimed;
    claimed.reserve(rows->size());
    std::optional<error> mistake;
    for (std::size_t at = 0; at < rows->size(); ++at) {
        postgres::row_reader row{*rows, at};
        auto one = read_claimed(row, rules_);
        if (!one) {
            // One odd row must not hold up the others.
            mistake = to_store_error(*row.mistake());
            mistake->detail = "delivery " + std::string{rows->text(at, 0).value_or("")} + ": " + mistake->detail;
            continue;
        }
        // Counted from before the statement was sent: ours is over before the database's is.
        one->lease = domain::lease{lease.granted_at + lease.length};
        claimed.push_back(std::move(*one));
    }
    if (claimed.empty() && mistake) {
        co_return std::unexpected{std::move(*mistake)};
    }
    co_return claimed;
}

task<result<std::vector<domain::claimed_delivery>>> postgres_store::claim(std::vector<domain::planned_delivery> wanted,
                                                                          lease_terms lease, deadline until) {
    postgres::parameters with;
    sql::add_planned(with, rules_, wanted);
    with.add(std::string_view{lease.instance}).add(static_cast<std::int64_t>(lease.length.count()));
    co_return co_await claimed_by(claim_sql(), std::move(with), std::move(lease), until);
}

task<result<std::vector<domain::claimed_delivery>>> postgres_store::claim_retries(std::vector<domain::channel> channels,
                                                                                  wall_time now, std::size_t limit,
                                                                                  lease_terms lease, deadline until) {
    if (std::ranges::find(channels, domain::channel::sms) != channels.end()) {
        postgres::parameters silent;
        silent.add(now).add_array(std::span<const std::string>{kinds_}).add(static_cast<std::int64_t>(limit));
        auto swept = co_await execute(silent_sql(), std::move(silent), until);
        if (!swept) {
            co_return std::unexpected{swept.error()};
        }
    }
    const auto names = words(channels);
    postgres::parameters with;
    with.add(std::string_view{lease.instance}).add(static_cast<std::int64_t>(lease.length.count()));
    with.add_array(std::span<const std::string>{names}).add(now);
    with.add_array(std::span<const std::string>{kinds_}).add(static_cast<std::int64_t>(limit));
    co_return co_await claimed_by(retries_sql(), std::move(with), std::move(lease), until);
}

task<result<std::optional<wall_time>>> postgres_store::next_retry(std::vector<domain::channel> channels,
                                                                  deadline until) {
    const auto names = words(channels);
    postgres::parameters with;
    with.add_array(std::span<const std::string>{names}).add_array(std::span<const std::string>{kinds_});
    auto rows = co_await database_.query(next_retry_sql, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    postgres::row_reader row{*rows, 0};
    auto when = row.optional_time();
    if (!row.ok()) {
        co_return std::unexpected{to_store_error(*row.mistake())};
    }
    co_return when;
}

task<result<std::vector<abandoned_claim>>> postgres_store::take_abandoned(std::size_t limit,
                                                                          std::vector<domain::delivery_id> known,
                                                                          lease_terms lease, deadline until) {
    postgres::parameters with;
    with.add(std::string_view{lease.instance}).add(static_cast<std::int64_t>(lease.length.count()));
    with.add_array(std::span<const std::string>{kinds_}).add(static_cast<std::int64_t>(limit));
    with.add_array(std::span<const std::string>{known});
    auto claimed = co_await claimed_by(abandoned_sql(), std::move(with), std::move(lease), until);
    if (!claimed) {
        co_return std::unexpected{claimed.error()};
    }
    std::vector<abandoned_claim> taken;
    taken.reserve(claimed->size());
    for (auto& one : *claimed) {
        taken.push_back({std::move(one)});
    }
    co_return taken;
}

task<result<message_binding>> postgres_store::bind_message(domain::delivery_id id, std::vector<std::string> candidates,
                                                           deadline until) {
    postgres::parameters with;
    with.add(std::string_view{id}).add_array(std::span<const std::string>{candidates});
    auto rows = co_await database_.query(bind_sql, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    postgres::row_reader row{*rows, 0};
    message_binding found;
    found.sid = row.optional_string().value_or("");
    found.wait = row.boolean();
    if (!row.ok()) {
        co_return std::unexpected{to_store_error(*row.mistake())};
    }
    co_return found;
}

task<result<std::vector<domain::claimed_delivery>>> postgres_store::reclaim(std::vector<domain::delivery_id> known,
                                                                            lease_terms lease, deadline until) {
    postgres::parameters with;
    with.add(std::string_view{lease.instance}).add(static_cast<std::int64_t>(lease.length.count()));
    with.add_array(std::span<const std::string>{known}).add_array(std::span<const std::string>{kinds_});
    co_return co_await claimed_by(reclaim_sql(), std::move(with), std::move(lease), until);
}

task<result<std::vector<domain::delivery_id>>> postgres_store::renew(std::vector<domain::delivery_id> ids,
                                                                     lease_terms lease, deadline until) {
    postgres::parameters with;
    with.add(std::string_view{lease.instance}).add(static_cast<std::int64_t>(lease.length.count()));
    with.add_array(std::span<const std::string>{ids});
    auto rows = co_await database_.query(renew_sql, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    std::vector<domain::delivery_id> renewed;
    for (std::size_t at = 0; at < rows->size(); ++at) {
        postgres::row_reader row{*rows, at};
        renewed.push_back(row.string());
    }
    co_return renewed;
}

}  // namespace punctual::net
