// What became of attempts. States only move forward: an answer that comes late, twice or out of order
// changes nothing that is further on.

#include "net/store/postgres_store_class.hpp"

#include <utility>

namespace punctual::net {
namespace {

// An outcome that leaves the row open, or gives it up, counts only under the claim that it is of (claims is the
// fencing number: whoever takes over counts up; attempts beside it for daemons of before claims were counted).
// That a message was accepted or delivered is true whoever says it.
const std::string& record_sql() {
    static const std::string text = R"sql(/* record */
with o as materialized (
    select distinct on (o.id) o.*
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                $8::timestamptz[], $9::timestamptz[], $10::int[], $11::timestamptz[], $12::int[], $13::text[],
                $14::int[], $15::int[])
        with ordinality
        as o(id, state, reason, provider_id, provider_status, error_code, error_text, next_attempt_at, fallback_at,
             attempts, at, sms, sms_reason, claim, tried, place)
    order by o.id, (o.state = 'delivered') desc, (o.state = 'accepted') desc, o.place desc),
-- Locked in one order, so that two who write about the same rows do not deadlock; behind a lateral, so that each is
-- looked up by its key, whatever the statistics said when the statement was prepared: as a join it would be merged
-- with all rows there are.
moving as materialized (
    select o.*, d.state = 'claimed' as was_claimed,
           case o.state
               when 'delivered' then d.state not in ('delivered', 'skipped')
               when 'accepted' then d.state in ('claimed', 'retrying', 'unconfirmed', 'expired', 'superseded')
               when 'failed' then (d.state = 'claimed' and d.attempts = o.attempts and d.claims = o.claim)
                                  or d.state in ('retrying', 'accepted', 'unconfirmed')
               when 'retrying' then d.state = 'claimed' and d.attempts = o.attempts and d.claims = o.claim
               else (d.state = 'claimed' and d.attempts = o.attempts and d.claims = o.claim)
                    or d.state = 'retrying' end as moves,
           -- The answer to a POST that its own callback has overtaken still brings the provider's id.
           o.state in ('accepted', 'delivered') and d.state in ('accepted', 'delivered', 'failed') as completes
    from o cross join lateral (
        select r.state, r.attempts, r.claims from punctual.delivery r where r.id = o.id for update) d),
written as (
update punctual.delivery d set
    state = case when m.moves then m.state else d.state end,
    -- Nothing was written to the provider: it was no attempt.
    attempts = case when m.moves and m.was_claimed and m.tried = 0 then greatest(d.attempts - 1, 0)
                    else d.attempts end,
    reason = case when m.moves then coalesce(nullif(m.reason, ''), d.reason) else d.reason end,
    provider_id = case when m.moves then coalesce(nullif(m.provider_id, ''), d.provider_id)
                       else coalesce(d.provider_id, nullif(m.provider_id, '')) end,
    provider_status = case when m.moves then coalesce(nullif(m.provider_status, ''), d.provider_status)
                           else coalesce(d.provider_status, nullif(m.provider_status, '')) end,
    error_code = case when m.moves then nullif(m.error_code, '') else d.error_code end,
    error_text = case when m.moves then nullif(left(m.error_text, 500), '') else d.error_text end,
    next_attempt_at = case when m.moves then case when m.state = 'retrying' then m.next_attempt_at end
                           else d.next_attempt_at end,
    fallback_at = case when m.moves then coalesce(m.fallback_at, d.fallback_at)
                       when d.state = 'accepted' then coalesce(d.fallback_at, m.fallback_at)
                       else d.fallback_at end,
    accepted_at = case when m.state in ('accepted', 'delivered') then coalesce(d.accepted_at, m.at)
                       else d.accepted_at end,
    delivered_at = case when m.moves and m.state = 'delivered' then m.at else d.delivered_at end,
    claimed_by = case when m.moves then null else d.claimed_by end,
    lease_until = case when m.moves then null else d.lease_until end,
    updated_at = clock_timestamp()
from moving m where d.id = m.id and (m.moves or m.completes)
returning d.*, m.moves and m.sms = 1 as sms, m.sms_reason, m.at as sms_at),
replaced as materialized (select w.* from written w where w.sms))sql" +
                                    sql::insert_sms("replaced");
    return text;
}

// Twilio's words in their order; a word that is not further on than the last one changes nothing. Of several for
// one delivery the furthest counts. A WhatsApp that fails has an SMS sent in its place while that is of use.
const std::string& callbacks_sql() {
    static const std::string text = R"sql(/* status */
with came as materialized (
    select c.* from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) with ordinality
        as c(delivery, sid, status, code, key, form, place)),
kept as (
    insert into punctual.webhook (source, key, form)
    select distinct on (c.key) 'message_status', c.key, c.form from came c where c.key <> '' order by c.key
    on conflict do nothing),
said as materialized (
    select c.delivery::uuid as id, c.sid, c.status, c.code, w.rank, w.state, c.place from came c
    join (values
        ('accepted', 1, 'accepted'), ('scheduled', 1, 'accepted'), ('queued', 1, 'accepted'),
        ('sending', 2, 'accepted'), ('sent', 3, 'accepted'),
        ('failed', 4, 'failed'), ('undelivered', 4, 'failed'), ('canceled', 4, 'failed'),
        ('delivered', 5, 'delivered'), ('read', 6, 'delivered')) w(word, rank, state) on w.word = c.status
    where c.delivery <> ''),
target as materialized (
    select d.id, d.state, d.provider_status, d.provider_id from punctual.delivery d
    where d.id = any (array(select c.delivery::uuid from came c where c.delivery <> ''))
    -- In one order, so that two who write about the same rows do not deadlock.
    order by d.id for update),
furthest as materialized (
    select distinct on (s.id) s.*, t.state as was from said s join target t on t.id = s.id
    where s.rank > coalesce((select case t.provider_status
              when 'sending' then 2 when 'sent' then 3 when 'failed' then 4 when 'undelivered' then 4
              when 'canceled' then 4 when 'delivered' then 5 when 'read' then 6 else 1 end
              where t.provider_status is not null), 0)
      -- What another attempt's message came to says nothing of the one that is counted.
      and (s.state = 'delivered' or t.provider_id is null or s.sid = '' or t.provider_id = s.sid)
    order by s.id, s.rank desc, s.place),
moving as (
    update punctual.delivery d set
        -- Failed, then delivered: the receipt is the truth. Never back from delivered.
        -- What is under way is ended by a final word alone: whoever sends it or asks after it, knowing whose
        -- message it is, also writes down when its silence ends.
        state = case when f.state = 'delivered' or d.state = 'unconfirmed' then f.state
                     when f.state = 'failed' and d.state in ('claimed', 'retrying', 'accepted') then f.state
                     else d.state end,
        reason = case when f.state = 'accepted' and d.state = 'retrying' and d.resent_at is null then 'outcome_unknown'
                      else d.reason end,
        next_attempt_at = case when f.state = 'accepted' and d.state = 'retrying' then d.next_attempt_at end,
        claimed_by = case when f.state = 'accepted' and d.state = 'claimed' then d.claimed_by end,
        lease_until = case when f.state = 'accepted' and d.state = 'claimed' then d.lease_until end,
        provider_id = coalesce(d.provider_id, nullif(f.sid, '')),
        provider_status = f.status,
        error_code = case when f.state = 'failed' then coalesce(nullif(f.code, ''), d.error_code)
                          when f.state = 'delivered' then null else d.error_code end,
        accepted_at = case when f.state = 'failed' or (f.state = 'accepted' and d.state in ('claimed', 'retrying'))
                           then d.accepted_at else coalesce(d.accepted_at, clock_timestamp()) end,
        delivered_at = case when f.state = 'delivered' then coalesce(d.delivered_at, clock_timestamp())
                            else d.delivered_at end,
        updated_at = clock_timestamp()
    from furthest f
    where d.id = f.id and d.state <> 'skipped'
    returning d.*, f.was, f.status as said),
lost as materialized (
    select m.*, 'whatsapp_failed'::text as sms_reason, clock_timestamp() as sms_at from moving m
    where m.state = 'failed' and m.was <> 'failed' and m.said in ('failed', 'undelivered')
      -- Of the number, not of the channel: an SMS would fare no better.
      and coalesce(m.error_code, '') <> all ('{21211,21610,21614,21635}')
      and m.useless_after > clock_timestamp()),
sms as ()sql" + sql::insert_sms("lost") +
                                    R"sql()
select t.id is not null, l.id is not null and l.channel = 'whatsapp'
from came c
left join target t on t.id::text = lower(c.delivery)
left join lost l on l.id = t.id
order by c.place)sql";
    return text;
}

constexpr std::string_view webhook_sql = R"sql(
insert into punctual.webhook (source, key, form) values ($1, $2, $3) on conflict do nothing)sql";

}  // namespace

std::string sql::insert_sms(std::string_view rows) {
    return R"sql(
insert into punctual.delivery (appointment_id, kind, channel, recipient_id, recipient_role, version, state, reason,
    due_at, useless_after, next_attempt_at, stood, in_place_of)
select w.appointment_id, w.kind, 'sms', w.recipient_id, w.recipient_role, w.version, 'retrying',
       nullif(w.sms_reason, ''), w.due_at, w.useless_after, w.sms_at, w.stood, w.id
from )sql" +
           std::string{rows} +
           R"sql( w where w.channel = 'whatsapp'
order by w.appointment_id, w.kind, w.recipient_id, w.version
on conflict (appointment_id, kind, channel, recipient_id, version) do nothing)sql";
}

task<result<>> postgres_store::record(std::vector<domain::outcome> outcomes, deadline until) {
    std::vector<std::string> ids;
    std::vector<std::string> states;
    std::vector<std::string> reasons;
    std::vector<std::string> provider_ids;
    std::vector<std::string> provider_statuses;
    std::vector<std::string> codes;
    std::vector<std::string> texts;
    std::vector<std::optional<wall_time>> next;
    std::vector<std::optional<wall_time>> fallback;
    std::vector<std::int64_t> attempts;
    std::vector<wall_time> at;
    std::vector<std::int64_t> sms;
    std::vector<std::string> sms_reasons;
    std::vector<std::int64_t> claims;
    std::vector<std::int64_t> tried;
    for (auto& one : outcomes) {
        ids.push_back(std::move(one.id));
        states.emplace_back(domain::to_string(one.state));
        reasons.emplace_back(domain::to_string(one.reason));
        provider_ids.push_back(std::move(one.provider_id));
        provider_statuses.push_back(std::move(one.provider_status));
        codes.push_back(std::move(one.error_code));
        texts.push_back(std::move(one.error_text));
        next.push_back(one.state == domain::delivery_state::retrying ? std::optional{one.next_attempt_at}
                                                                     : std::nullopt);
        fallback.push_back(one.fallback_at);
        attempts.push_back(one.attempts);
        at.push_back(one.at);
        sms.push_back(one.sms_instead ? 1 : 0);
        sms_reasons.emplace_back(domain::to_string(one.sms_instead.value_or(domain::reason::none)));
        claims.push_back(one.claim);
        tried.push_back(one.tried ? 1 : 0);
    }
    postgres::parameters with;
    for (const auto* column : {&ids, &states, &reasons, &provider_ids, &provider_statuses, &codes, &texts}) {
        with.add_array(std::span<const std::string>{*column});
    }
    with.add_array(std::span<const std::optional<wall_time>>{next});
    with.add_array(std::span<const std::optional<wall_time>>{fallback});
    with.add_array(std::span<const std::int64_t>{attempts}).add_array(std::span<const wall_time>{at});
    with.add_array(std::span<const std::int64_t>{sms}).add_array(std::span<const std::string>{sms_reasons});
    with.add_array(std::span<const std::int64_t>{claims}).add_array(std::span<const std::int64_t>{tried});
    co_return co_await execute(record_sql(), std::move(with), until);
}

task<result<std::vector<callback_effect>>> postgres_store::record_callbacks(std::vector<message_callback> came,
                                                                            deadline until) {
    std::vector<std::string> deliveries;
    std::vector<std::string> sids;
    std::vector<std::string> statuses;
    std::vector<std::string> codes;
    std::vector<std::string> keys;
    std::vector<std::string> forms;
    for (auto& one : came) {
        // The id comes from a URL.
        const bool named = is_uuid(one.what.delivery);
        deliveries.push_back(named ? std::move(one.what.delivery) : std::string{});
        sids.push_back(std::move(one.what.provider_id));
        statuses.push_back(std::move(one.what.status));
        codes.push_back(std::move(one.what.error_code));
        keys.push_back(std::move(one.key));
        forms.push_back(std::move(one.form));
    }
    postgres::parameters with;
    for (const auto* column : {&deliveries, &sids, &statuses, &codes, &keys, &forms}) {
        with.add_array(std::span<const std::string>{*column});
    }
    auto rows = co_await database_.query(callbacks_sql(), std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    std::vector<callback_effect> effects;
    effects.reserve(rows->size());
    for (std::size_t at = 0; at < rows->size(); ++at) {
        postgres::row_reader row{*rows, at};
        callback_effect one;
        one.known = row.boolean();
        one.sms = row.boolean();
        if (!row.ok()) {
            co_return std::unexpected{to_store_error(*row.mistake())};
        }
        effects.push_back(one);
    }
    co_return effects;
}

task<result<>> postgres_store::record_webhook(std::string source, std::string key, std::string form, deadline until) {
    postgres::parameters with;
    with.add(std::string_view{source}).add(std::string_view{key}).add(std::string_view{form});
    co_return co_await execute(webhook_sql, std::move(with), until);
}

}  // namespace punctual::net
