#include "net/store/postgres_store.hpp"

#include "net/store/postgres_store_class.hpp"

#include <charconv>
#include <utility>

namespace punctual::net {

std::unique_ptr<store> make_postgres_store(postgres::database& database, const domain::policy& rules, store_use use) {
    return std::make_unique<postgres_store>(database, rules, use);
}

postgres_store::postgres_store(postgres::database& database, const domain::policy& rules, store_use use)
    : database_{database},
      use_{use},
      rules_{rules},
      kinds_{domain::all_kind_names(rules)},
      people_{[this](std::vector<std::int64_t> ids, deadline until) { return find_people(std::move(ids), until); }},
      appointments_{
          [this](std::vector<std::int64_t> ids, deadline until) { return find_appointments(std::move(ids), until); }} {}

task<result<>> postgres_store::execute(std::string_view sql, postgres::parameters with, deadline until) {
    auto rows = co_await database_.query(sql, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    co_return result<>{};
}

std::optional<domain::appointment_image> read_image(postgres::row_reader& row) {
    const auto starts_at = row.optional_time();
    const auto duration = row.optional_integer();
    const auto session = row.word();
    const auto session_type = domain::parse<domain::session_type>(session);
    if (starts_at && !session_type) {
        row.refuse("a session type");
    }
    auto location = row.optional_string();
    const auto patient = row.optional_integer();
    const auto psychologist = row.optional_integer();
    const auto status = domain::parse<domain::appointment_status>(row.word());
    if (starts_at && !status) {
        row.refuse("an appointment status");
    }
    if (!starts_at || !row.ok()) {
        return std::nullopt;
    }
    domain::appointment_image image;
    image.what.starts_at = *starts_at;
    image.what.duration = std::chrono::minutes{duration.value_or(0)};
    image.what.session_type = *session_type;
    image.what.location = std::move(location).value_or("");
    image.patient = patient.value_or(0);
    image.psychologist = psychologist.value_or(0);
    image.status = *status;
    return image;
}

std::vector<std::int64_t> read_ids(postgres::row_reader& row) {
    std::vector<std::int64_t> ids;
    auto text = row.word();
    if (text.empty()) {
        return ids;
    }
    if (!text.starts_with('{') || !text.ends_with('}')) {
        row.refuse("an array of integers");
        return ids;
    }
    text = text.substr(1, text.size() - 2);
    while (!text.empty()) {
        std::int64_t id = 0;
        const auto* begin = text.data();
        const auto* end = begin + text.size();
        const auto [stopped, ec] = std::from_chars(begin, end, id);
        if (ec != std::errc{} || (stopped != end && *stopped != ',')) {
            row.refuse("an array of integers");
            return {};
        }
        ids.push_back(id);
        text.remove_prefix(static_cast<std::size_t>(stopped - begin) + (stopped == end ? 0 : 1));
    }
    return ids;
}

bool is_uuid(std::string_view text) noexcept {
    constexpr std::size_t length = 36;
    if (text.size() != length) {
        return false;
    }
    for (std::size_t at = 0; at < length; ++at) {
        const char c = text[at];
        const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex) {
            return false;
        }
    }
    return true;
}

namespace sql {

std::string current_version(std::string_view id, std::string_view state_version) {
    return "coalesce((select u.version from punctual.unhandled u where u.appointment_id = " + std::string{id} +
           " order by u.id desc limit 1), " + std::string{state_version} + ", 1)";
}

std::string image_columns(std::string_view image) {
    std::string columns;
    for (const char* field :
         {"starts_at", "duration_minutes", "session_type", "location", "patient_id", "psychologist_id", "status"}) {
        columns += (columns.empty() ? "(" : ", (") + std::string{image} + ")." + field;
    }
    return columns;
}

std::string claimed_columns(std::string_view source) {
    return R"sql(
select d.id, d.appointment_id, d.version, d.kind, d.channel, d.recipient_role,
       d.due_at, d.useless_after, d.attempts, d.claims, d.created_at, d.reason,
       )sql" +
           image_columns("w.image") + ", " + image_columns("w.before") + R"sql(,
       case when (w.image).session_type = 'telehealth' then coalesce(s.room_name, a.room_name,
           (select jsonb_object_agg(r.appointment_id, r.room_name) from rooms r) ->> d.appointment_id::text) end,
       d.recipient_id, p.id is not null, p.role, p.full_name, p.email, p.phone, p.time_zone, p.locale,
       p.email_enabled, p.texts_enabled, p.reminders_enabled, p.is_active,
       d.channel <> 'email' and punctual.opted_out(p.phone),
       case when d.channel = 'whatsapp' then punctual.open_conversations(
           -- What was tried and may have arrived is looked for as it was written then.
           p.phone, case when d.reason = 'outcome_unknown' then d.created_at else now() end) end,
       patient.full_name, psychologist.full_name, a.cancellation_reason, whatsapp.id, whatsapp.state,
       whatsapp.provider_id,
       -- The first mail that this person got about it; ids rise with time. An aggregate, because for
       -- "order by id limit 1" the planner walks the primary key from its beginning.
       (select (array_agg(e.id order by e.id))[1] from punctual.delivery e
        where e.appointment_id = d.appointment_id and e.recipient_id = d.recipient_id and e.channel = 'email'
          and e.id < d.id and e.state in ('claimed', 'retrying', 'accepted', 'delivered', 'unconfirmed')
          and e.attempts > 0)
from )sql" +
           std::string{source} +
           R"sql( d
left join punctual.feed_appointment a on a.id = d.appointment_id
left join lateral (
    select t.room_name, t.previous from punctual.appointment_state t
    where t.appointment_id = d.appointment_id offset 0) s on true
cross join lateral (
    select case when d.kind = 'cancellation' and (coalesce(d.stood, s.previous)).starts_at is not null
                then coalesce(d.stood, s.previous)
                else row(a.starts_at, a.duration_minutes, a.session_type, a.location, a.patient_id,
                         a.psychologist_id, a.status)::punctual.appointment_image end as image,
           case when d.kind = 'reschedule' then coalesce(d.stood, s.previous) end as before
    offset 0) w
left join punctual.feed_person p on p.id = d.recipient_id
left join punctual.feed_person patient on patient.id = (w.image).patient_id
left join punctual.feed_person psychologist on psychologist.id = (w.image).psychologist_id
-- What an SMS stands in for, as it is by now. For all others the key is null, and nothing is looked up.
left join lateral (
    select t.id, t.state, t.provider_id from punctual.delivery t
    where t.id = case when d.resent_at is null then d.in_place_of end offset 0) whatsapp on true
where d.state = 'claimed'
order by d.useless_after, d.id)sql";
}

void add_planned(postgres::parameters& to, const domain::policy& rules,
                 const std::vector<domain::planned_delivery>& wanted) {
    std::vector<std::int64_t> appointments;
    std::vector<std::int64_t> versions;
    std::vector<std::string> kinds;
    std::vector<std::string> channels;
    std::vector<std::string> roles;
    std::vector<std::optional<std::int64_t>> recipients;
    std::vector<wall_time> due;
    std::vector<wall_time> useless;
    std::vector<std::string> states;
    std::vector<std::string> reasons;
    std::vector<std::optional<wall_time>> next;
    for (const auto& one : wanted) {
        appointments.push_back(one.appointment);
        versions.push_back(one.version);
        kinds.emplace_back(domain::kind_name(rules, one.kind));
        channels.emplace_back(domain::to_string(one.channel));
        roles.emplace_back(domain::to_string(one.recipient_role));
        recipients.emplace_back(one.recipient);
        due.push_back(one.due_at);
        useless.push_back(one.useless_after);
        states.emplace_back(domain::to_string(one.state));
        reasons.emplace_back(domain::to_string(one.reason));
        next.push_back(one.state == domain::delivery_state::retrying ? std::optional{one.next_attempt_at}
                                                                     : std::nullopt);
    }
    to.add_array(std::span<const std::int64_t>{appointments}).add_array(std::span<const std::int64_t>{versions});
    to.add_array(std::span<const std::string>{kinds}).add_array(std::span<const std::string>{channels});
    to.add_array(std::span<const std::string>{roles});
    to.add_array(std::span<const std::optional<std::int64_t>>{recipients});
    to.add_array(std::span<const wall_time>{due}).add_array(std::span<const wall_time>{useless});
    to.add_array(std::span<const std::string>{states}).add_array(std::span<const std::string>{reasons});
    to.add_array(std::span<const std::optional<wall_time>>{next});
}

}  // namespace sql

}  // namespace punctual::net
