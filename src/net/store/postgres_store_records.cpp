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
target as materialized (
    select d.id from punctual.delivery d join o on o.id = d.id order by d.id for update of d),
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
    from o join punctual.delivery d on d.id = o.id join target t on t.id = d.id),
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

// Twilio's words in their order; a word that is not further on than the last one changes nothing.
// A WhatsApp that fails has an SMS sent in its place while that is of use.
const std::string& status_sql() {
    static const std::string text = R"sql(/* status */
with word as (
    select w.rank, w.state from (values
        ('accepted', 1, 'accepted'), ('scheduled', 1, 'accepted'), ('queued', 1, 'accepted'),
        ('sending', 2, 'accepted'), ('sent', 3, 'accepted'),
        ('failed', 4, 'failed'), ('undelivered', 4, 'failed'), ('canceled', 4, 'failed'),
        ('delivered', 5, 'delivered'), ('read', 6, 'delivered')) w(word, rank, state) where w.word = $3),
target as materialized (
    select d.id, d.state, d.provider_status, d.provider_id from punctual.delivery d
    where d.id = $1::uuid for update),
moving as (
    update punctual.delivery d set
        -- Failed, then delivered: the receipt is the truth. Never back from delivered.
        state = case when w.state = 'delivered' or d.state in ('claimed', 'retrying', 'unconfirmed') then w.state
                     when w.state = 'failed' and d.state = 'accepted' then w.state
                     else d.state end,
        next_attempt_at = null,
        claimed_by = null,
        lease_until = null,
        provider_id = coalesce(d.provider_id, nullif($2, '')),
        provider_status = $3,
        error_code = case when w.state = 'failed' then coalesce(nullif($4, ''), d.error_code)
                          when w.state = 'delivered' then null else d.error_code end,
        accepted_at = case when w.state = 'failed' then d.accepted_at
                           else coalesce(d.accepted_at, clock_timestamp()) end,
        delivered_at = case when w.state = 'delivered' then coalesce(d.delivered_at, clock_timestamp())
                            else d.delivered_at end,
        updated_at = clock_timestamp()
    from target t, word w
    where d.id = t.id and d.state <> 'skipped'
      and w.rank > coalesce((select case d.provider_status
              when 'sending' then 2 when 'sent' then 3 when 'failed' then 4 when 'undelivered' then 4
              when 'canceled' then 4 when 'delivered' then 5 when 'read' then 6 else 1 end
              where d.provider_status is not null), 0)
      -- What another attempt's message came to says nothing of the one that is counted.
      and (w.state = 'delivered' or t.provider_id is null or $2 = '' or t.provider_id = $2)
    returning d.*, t.state as was),
lost as materialized (
    select m.*, 'whatsapp_failed'::text as sms_reason, clock_timestamp() as sms_at from moving m
    where m.state = 'failed' and m.was <> 'failed' and $3 in ('failed', 'undelivered')
      and m.useless_after > clock_timestamp()),
sms as ()sql" + sql::insert_sms("lost") +
                                    R"sql()
select exists (select from target))sql";
    return text;
}

constexpr std::string_view webhook_sql = R"sql(
insert into punctual.webhook (source, key, form) values ($1, $2, $3) on conflict do nothing)sql";

}  // namespace

std::string sql::insert_sms(std::string_view rows) {
    return R"sql(
insert into punctual.delivery (appointment_id, kind, channel, recipient_id, recipient_role, version, state, reason,
    due_at, useless_after, next_attempt_at, stood)
select w.appointment_id, w.kind, 'sms', w.recipient_id, w.recipient_role, w.version, 'retrying',
       nullif(w.sms_reason, ''), w.due_at, w.useless_after, w.sms_at, w.stood
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

task<result<bool>> postgres_store::record_message_status(message_status what, deadline until) {
    // The id comes from a URL.
    if (!is_uuid(what.delivery)) {
        co_return false;
    }
    postgres::parameters with;
    with.add(std::string_view{what.delivery}).add(std::string_view{what.provider_id});
    with.add(std::string_view{what.status}).add(std::string_view{what.error_code});
    auto rows = co_await database_.query(status_sql(), std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    postgres::row_reader row{*rows, 0};
    const bool known = row.boolean();
    if (!row.ok()) {
        co_return std::unexpected{*row.mistake()};
    }
    co_return known;
}

task<result<>> postgres_store::record_webhook(std::string source, std::string key, std::string form, deadline until) {
    postgres::parameters with;
    with.add(std::string_view{source}).add(std::string_view{key}).add(std::string_view{form});
    co_return co_await execute(webhook_sql, std::move(with), until);
}

}  // namespace punctual::net
