// The state of the database as a whole.

#include "net/store/postgres_store_class.hpp"
#include "net/store/store_error.hpp"

#include <utility>

namespace punctual::net {
namespace {

// One row a thing that is missing. Types as format_type spells them.
constexpr std::string_view schema_sql = R"sql(
with needed (relation, columns) as (values
    ('feed_person', 'id bigint, full_name text, email text, phone text, role text, time_zone text, locale text, '
        'email_enabled boolean, texts_enabled boolean, reminders_enabled boolean, is_active boolean'),
    ('feed_appointment', 'id bigint, patient_id bigint, psychologist_id bigint, starts_at timestamp with time zone, '
        'duration_minutes integer, session_type text, status text, location text, cancellation_reason text, '
        'created_at timestamp with time zone, room_name text'),
    ('change', 'xact xid8, id bigint, appointment_id bigint, person_id bigint, version integer, what text, '
        'old punctual.appointment_image, changed_at timestamp with time zone, handled_at timestamp with time zone'),
    ('appointment_state', 'appointment_id bigint, version integer, version_at timestamp with time zone, '
        'told punctual.appointment_image, previous punctual.appointment_image, room_name text, room_sid text, '
        'room_ended_at timestamp with time zone, no_show_at timestamp with time zone'),
    ('delivery', 'id uuid, appointment_id bigint, kind text, channel text, recipient_id bigint, recipient_role text, '
        'version integer, state text, reason text, due_at timestamp with time zone, '
        'useless_after timestamp with time zone, attempts integer, claims integer, next_attempt_at timestamp with time zone, '
        'provider_id text, provider_status text, error_code text, error_text text, '
        'claimed_at timestamp with time zone, accepted_at timestamp with time zone, '
        'delivered_at timestamp with time zone, updated_at timestamp with time zone, claimed_by text, '
        'lease_until timestamp with time zone, fallback_at timestamp with time zone, '
        'stood punctual.appointment_image, resent_at timestamp with time zone, resent_by bigint, '
        'in_place_of uuid'),
    ('webhook', 'source text, key text, form text, received_at timestamp with time zone, '
        'handled_at timestamp with time zone, effect text, number text, appointment bigint, '
        'lease_until timestamp with time zone'),
    ('video_room', 'sid text, appointment_id bigint, made_at timestamp with time zone, '
        'ended_at timestamp with time zone'),
    ('stay', 'participant_sid text, room_sid text, appointment_id bigint, person_id bigint, '
        'joined_at timestamp with time zone, left_at timestamp with time zone'),
    ('opt_out', 'number text, sender text, revoked_at timestamp with time zone')),
wanted as (
    select n.relation, split_part(c, ' ', 1) as name, substr(c, strpos(c, ' ') + 1) as type
    from needed n, regexp_split_to_table(n.columns, ', ') c),
columns as (
    select 'punctual.' || w.relation || '.' || w.name || ' ' || w.type as missing
    from wanted w
    left join pg_attribute a on a.attrelid = to_regclass('punctual.' || w.relation) and a.attname = w.name
        and not a.attisdropped
    where a.attname is null
       or replace(format_type(a.atttypid, null), '"', '') not in (w.type, replace(w.type, 'punctual.', ''))),
functions as (
    select f as missing
    from unnest(array['punctual.assign_rooms(bigint[])', 'punctual.publish_room(bigint, text)',
                      'punctual.complete_appointment(bigint, timestamptz)', 'punctual.opted_out(text)',
                      'punctual.open_conversations(text, timestamptz)',
                      'punctual.new_room_name(bigint)', 'punctual.ring()',
                      'punctual.wake_bell()', 'punctual.oldest_unhandled()', 'punctual.handled_below()',
                      'punctual.bind_message(uuid, text[])',
                      'punctual.confirm_appointment(bigint)', 'punctual.mark_no_show(bigint, timestamptz)',
                      'punctual.receive_inbound(text, text, text, text, text, text)',
                      'punctual.is_sound(timestamptz, int, text, text, bigint, bigint)']) f
    where to_regprocedure(f) is null),
-- One that was disabled for an import and forgotten loses every booking from then on.
triggers as (
    select 'trigger ' || t || ' (or it is disabled)' as missing
    from (select unnest(array['appointment_inserted', 'appointment_updated', 'appointment_deleted'])
          -- By adapter.
          union select f.proname::text from pg_proc f
          where f.pronamespace = to_regnamespace('punctual')
            and f.proname in ('appointment_truncated', 'person_inserted', 'person_updated', 'person_deleted',
                              'person_changed')) as needed_triggers(t)
    where not exists (
        select from pg_trigger g join pg_proc p on p.oid = g.tgfoid
        where p.pronamespace = to_regnamespace('punctual') and p.proname = t and g.tgenabled in ('O', 'A')))
select missing from columns union all select missing from functions union all select missing from triggers)sql";

// Asked every 1.5 s while anything is unsent: the overdue by their index, which takes a time that does not pass within
// the statement, and no more of a backlog than says that it is one.
constexpr std::string_view health_sql = R"sql(
select clock_timestamp(), (pg_notification_queue_usage() * 1000000)::bigint,
       (select count(*) from (
           select 1 from unnest(array['email', 'whatsapp', 'sms']) c(channel)
           cross join lateral (
               select 1 from punctual.delivery d
               where d.state = 'retrying' and d.channel = c.channel
                 and d.next_attempt_at < statement_timestamp() - interval '60 seconds'
                 and d.useless_after > statement_timestamp()) overdue
           limit 10000) counted), punctual.wake_bell())sql";

// Rows of messages that the plan ($1) does not have any more: nobody would ever look at them again. What stands open
// with a living process is left to it; what an earlier plan's WhatsApp was accepted for keeps its state, and no SMS
// follows it. A slice of each at a time.
constexpr std::string_view orphans_sql = R"sql(
with waiting as materialized (
    select d.id, 'superseded'::text as verdict from punctual.delivery d
    where d.state = 'retrying' and d.kind <> all ($1::text[]) limit 1000 for update skip locked),
left_behind as materialized (
    select d.id, 'unconfirmed'::text as verdict from punctual.delivery d
    where d.state = 'claimed' and d.lease_until < clock_timestamp() and d.kind <> all ($1::text[])
    limit 1000 for update skip locked),
silent as materialized (
    select d.id, 'accepted'::text as verdict from punctual.delivery d
    where d.state = 'accepted' and d.fallback_at is not null and d.kind <> all ($1::text[])
    limit 1000 for update skip locked),
settled as (
    update punctual.delivery d
    set state = o.verdict, next_attempt_at = null, fallback_at = null, claimed_by = null, lease_until = null,
        error_text = case when o.verdict = 'accepted' then d.error_text
                          else 'the reminder plan has no ' || d.kind || ' any more' end,
        updated_at = clock_timestamp()
    from (select * from waiting union all select * from left_behind union all select * from silent) o
    where d.id = o.id
    returning 1)
select count(*) from settled)sql";

// A slice at a time: nobody is to wait for it. Of the oldest by their key, whatever they are: to look for those that
// are old enough would read the whole table when none is.
constexpr std::string_view purge_changes_sql = R"sql(
delete from punctual.change c where (c.xact, c.id) in (
    select o.xact, o.id from (
        select f.xact, f.id, f.handled_at from punctual.change f order by f.xact, f.id limit 10000) o
    where o.handled_at < now() - interval '14 days'))sql";
constexpr std::string_view move_feed_start_sql =
    "update punctual.feed_start set xact = punctual.oldest_unhandled() where xact <> punctual.oldest_unhandled()";
constexpr std::string_view purge_webhooks_sql = R"sql(
delete from punctual.webhook w where (w.source, w.key) in (
    select o.source, o.key from punctual.webhook o
    where o.received_at < now() - interval '30 days' order by o.received_at limit 10000))sql";
// A day is what they are good for.
constexpr std::string_view purge_conversations_sql = R"sql(
delete from punctual.last_inbound l where (l.number, l.sender) in (
    select o.number, o.sender from punctual.last_inbound o where o.at < now() - interval '2 days' limit 10000))sql";

}  // namespace

task<result<>> postgres_store::check_schema(deadline until) {
    postgres::parameters none;
    auto rows = co_await database_.query(schema_sql, std::move(none), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    if (rows->size() == 0) {
        co_return result<>{};
    }
    constexpr std::size_t enough = 5;
    std::string missing;
    for (std::size_t at = 0; at < rows->size() && at < enough; ++at) {
        missing += (at == 0 ? "missing: " : "; ") + std::string{rows->text(at, 0).value_or("")};
    }
    if (rows->size() > enough) {
        missing += "; and " + std::to_string(rows->size() - enough) + " more";
    }
    missing += ": run punctuald migrate";
    co_return failure(store_errc::schema_drift, std::move(missing));
}

task<result<database_health>> postgres_store::health(deadline until) {
    postgres::parameters none;
    auto rows = co_await database_.query(health_sql, std::move(none), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    postgres::row_reader row{*rows, 0};
    constexpr double millionths = 1e-6;
    database_health found;
    found.now = row.time();
    found.notify_queue_usage = static_cast<double>(row.integer()) * millionths;
    found.overdue = row.integer();
    if (!row.ok()) {
        co_return std::unexpected{to_store_error(*row.mistake())};
    }
    co_return found;
}

task<result<std::int64_t>> postgres_store::settle_orphans(deadline until) {
    std::int64_t settled = 0;
    for (;;) {
        postgres::parameters with;
        with.add_array(std::span<const std::string>{kinds_});
        auto rows = co_await database_.query(orphans_sql, std::move(with), until);
        if (!rows) {
            co_return std::unexpected{rows.error()};
        }
        postgres::row_reader row{*rows, 0};
        const auto some = row.integer();
        if (!row.ok()) {
            co_return std::unexpected{to_store_error(*row.mistake())};
        }
        if (some == 0) {
            co_return settled;
        }
        settled += some;
    }
}

task<result<>> postgres_store::purge(deadline until) {
    for (const auto text : {move_feed_start_sql, purge_changes_sql, purge_webhooks_sql, purge_conversations_sql}) {
        postgres::parameters none;
        auto done = co_await execute(text, std::move(none), until);
        if (!done) {
            co_return done;
        }
    }
    co_return result<>{};
}

}  // namespace punctual::net
