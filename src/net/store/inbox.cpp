#include "net/store/inbox.hpp"

#include "net/store/postgres_store_class.hpp"

#include <span>
#include <string_view>
#include <utility>

namespace punctual::net {
namespace {

constexpr std::string_view receive_sql = R"sql(
select r.effect = 'forward', r.appointment, r.locale
from punctual.receive_inbound($1, $2, $3, $4, $5, $6) r)sql";

constexpr std::string_view unread_sql = R"sql(
with mine as materialized (
    select w.source, w.key from punctual.webhook w
    where w.effect = 'forward' and w.handled_at is null and w.received_at > now() - interval '7 days'
      and coalesce(w.lease_until, '-infinity') < clock_timestamp()
    order by w.received_at limit $1::bigint for update skip locked),
taken as (
    update punctual.webhook w set lease_until = clock_timestamp() + $2::bigint * interval '1 second'
    from mine m where w.source = m.source and w.key = m.key
    returning w.*)
select t.key, t.form, t.number, t.received_at,
       (select string_agg(p.full_name, E'\n' order by p.id) from punctual.feed_person p
        where t.number <> '' and punctual.is_number(p.phone, t.number))
from taken t order by t.received_at)sql";

constexpr std::string_view forwarded_sql = R"sql(
update punctual.webhook w set handled_at = clock_timestamp(), lease_until = null
where w.source = 'message_inbound' and w.key = $1)sql";

constexpr std::string_view opt_out_sql = R"sql(
insert into punctual.opt_out as o (number, sender, source) values ($1, '', '21610')
on conflict (number, sender) do update
set source = excluded.source, since = excluded.since, revoked_at = null where o.revoked_at is not null)sql";

// All that the last attempts came to makes room for the next one; a claim judges the rest, consent among it.
std::string resend_text() {
    return R"sql(/* resend */
with target as materialized (
    select d.* from punctual.delivery d
    where d.appointment_id = $1::bigint and d.id = $2::uuid for update),
judged as materialized (
    select d.id, d.channel,
           case when d.state in ('claimed', 'retrying') then 'under_way'
                when d.kind <> all ($4::text[]) then 'not_this_plan'
                when not coalesce(h.holds, false) then 'superseded'
                when coalesce(d.useless_after, '-infinity') <= clock_timestamp() then 'too_late'
                else 'retrying' end as verdict)sql" +
           sql::judged_from("target") + R"sql(),
anew as (
    update punctual.delivery d
    set state = 'retrying', next_attempt_at = clock_timestamp(), attempts = 0,
        reason = case when d.reason in ('whatsapp_failed', 'whatsapp_silent') then d.reason end,
        provider_id = null, provider_status = null, error_code = null, error_text = null,
        accepted_at = null, delivered_at = null, fallback_at = null,
        resent_at = clock_timestamp(), resent_by = $3::bigint, updated_at = clock_timestamp()
    from judged j where d.id = j.id and j.verdict = 'retrying')
select j.verdict, j.channel from judged j)sql";
}

const std::string& resend_sql() {
    static const std::string text = resend_text();
    return text;
}

std::optional<resend_verdict> parse_verdict(std::string_view word) noexcept {
    if (word == "retrying") {
        return resend_verdict::retrying;
    }
    if (word == "under_way") {
        return resend_verdict::under_way;
    }
    if (word == "superseded") {
        return resend_verdict::superseded;
    }
    if (word == "too_late") {
        return resend_verdict::too_late;
    }
    return word == "not_this_plan" ? std::optional{resend_verdict::not_this_plan} : std::nullopt;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::string_view rest{text};
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        lines.emplace_back(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return lines;
}

class postgres_inbox final : public inbox {
public:
    postgres_inbox(postgres::database& database, std::vector<std::string> kinds)
        : database_{database}, kinds_{std::move(kinds)} {}

    task<result<inbound_effect>> receive(inbound_message what, deadline until) override {
        postgres::parameters with;
        with.add(std::string_view{what.key}).add(std::string_view{what.form}).add(std::string_view{what.number});
        with.add(std::string_view{what.sender}).add(domain::to_string(what.intent));
        with.add(std::string_view{what.replied_to});
        auto rows = co_await database_.query(receive_sql, std::move(with), until);
        if (!rows) {
            co_return std::unexpected{rows.error()};
        }
        postgres::row_reader row{*rows, 0};
        inbound_effect effect;
        effect.forward = row.boolean();
        effect.confirmed = row.optional_integer();
        effect.locale = row.optional_string().value_or("");
        if (!row.ok()) {
            co_return std::unexpected{to_store_error(*row.mistake())};
        }
        co_return effect;
    }

    task<result<std::vector<unread_message>>> take_unread(std::size_t limit, std::chrono::seconds lease,
                                                          deadline until) override {
        postgres::parameters with;
        with.add(static_cast<std::int64_t>(limit)).add(static_cast<std::int64_t>(lease.count()));
        auto rows = co_await database_.query(unread_sql, std::move(with), until);
        if (!rows) {
            co_return std::unexpected{rows.error()};
        }
        std::vector<unread_message> found;
        for (std::size_t at = 0; at < rows->size(); ++at) {
            postgres::row_reader row{*rows, at};
            unread_message one;
            one.key = row.string();
            one.form = row.string();
            one.number = row.optional_string().value_or("");
            one.received_at = row.time();
            one.people = lines_of(row.optional_string().value_or(""));
            if (!row.ok()) {
                co_return std::unexpected{to_store_error(*row.mistake())};
            }
            found.push_back(std::move(one));
        }
        co_return found;
    }

    task<result<>> mark_forwarded(std::string key, deadline until) override {
        return execute(forwarded_sql, std::move(key), until);
    }

    task<result<>> opt_out(std::string number, deadline until) override {
        return execute(opt_out_sql, std::move(number), until);
    }

    task<result<resent>> resend(domain::appointment_id appointment, std::string delivery, domain::person_id by,
                                deadline until) override {
        resent answer;
        // The id comes from a URL.
        if (!is_uuid(delivery)) {
            co_return answer;
        }
        postgres::parameters with;
        with.add(appointment).add(std::string_view{delivery}).add(by);
        with.add_array(std::span<const std::string>{kinds_});
        auto rows = co_await database_.query(resend_sql(), std::move(with), until);
        if (!rows) {
            co_return std::unexpected{rows.error()};
        }
        if (rows->size() == 0) {
            co_return answer;
        }
        postgres::row_reader row{*rows, 0};
        const auto verdict = parse_verdict(row.word());
        if (!verdict) {
            row.refuse("a verdict");
        }
        answer.verdict = verdict.value_or(resend_verdict::not_found);
        answer.channel = read_word<domain::channel>(row, "a channel");
        if (!row.ok()) {
            co_return std::unexpected{to_store_error(*row.mistake())};
        }
        co_return answer;
    }

private:
    task<result<>> execute(std::string_view sql, std::string only, deadline until) {
        postgres::parameters with;
        with.add(std::string_view{only});
        auto rows = co_await database_.query(sql, std::move(with), until);
        if (!rows) {
            co_return std::unexpected{rows.error()};
        }
        co_return result<>{};
    }

    statements database_;
    std::vector<std::string> kinds_;
};

}  // namespace

std::unique_ptr<inbox> make_inbox(postgres::database& database, std::vector<std::string> kinds) {
    return std::make_unique<postgres_inbox>(database, std::move(kinds));
}

}  // namespace punctual::net
