// What the HTTP API shows.

#include "net/store/postgres_store_class.hpp"

#include <utility>

namespace punctual::net {
namespace {

// Without opted_out, which costs more than all the rest: it is of texts, and those are read by their claims.
constexpr std::string_view person_sql = R"sql(
select p.id, p.role, p.full_name, p.email, p.phone, p.time_zone, p.locale, p.email_enabled, p.texts_enabled,
       p.reminders_enabled, p.is_active
from punctual.feed_person p where p.id = any ($1::bigint[]))sql";

// Open telehealth ones get their room's name by being read.
constexpr const char* named_rooms = R"sql(
    select * from punctual.assign_rooms((
        select array_agg(c.id) from chosen c left join punctual.appointment_state s on s.appointment_id = c.id
        where c.session_type = 'telehealth' and c.status in ('scheduled', 'confirmed') and s.room_name is null)))sql";

constexpr const char* no_rooms = "select null::bigint as appointment_id, null::text as room_name where false";

// `chosen` holds the rows of feed_appointment.
std::string appointment_columns(const char* rooms = named_rooms) {
    return std::string{",\nrooms as materialized ("} + rooms + R"sql()
select a.id, a.starts_at, a.duration_minutes, a.session_type, a.location, a.patient_id, a.psychologist_id, a.status,
       )sql" +
           sql::current_version("a.id", "s.version") + R"sql(,
       coalesce(s.room_name, r.room_name, a.room_name), s.room_sid, patient.email, psychologist.email,
       coalesce(a.created_at, to_timestamp(0))
from chosen a
left join lateral (
    select t.* from punctual.appointment_state t where t.appointment_id = a.id offset 0) s on true
left join rooms r on r.appointment_id = a.id
left join punctual.feed_person patient on patient.id = a.patient_id
left join punctual.feed_person psychologist on psychologist.id = a.psychologist_id
order by a.starts_at, a.id)sql";
}

constexpr const char* sound =
    "punctual.is_sound(a.starts_at, a.duration_minutes, a.session_type, a.status, "
    "a.patient_id, a.psychologist_id)";

std::string appointment_text(const char* rooms) {
    return std::string{
               "with chosen as materialized (select a.* from punctual.feed_appointment a "
               "where a.id = any ($1::bigint[]) and "} +
           sound + ")" + appointment_columns(rooms);
}

const std::string& appointment_sql(store_use use) {
    static const std::string naming = appointment_text(named_rooms);
    static const std::string looking = appointment_text(no_rooms);
    return use == store_use::serve ? naming : looking;
}

std::string page_text(const char* whose) {
    return std::string{R"sql(
with chosen as materialized (
    select a.* from punctual.feed_appointment a
    -- No visit is longer than a week (punctual.is_sound); this is what the index on starts_at serves.
    where a.starts_at > $1::timestamptz - interval '7 days' and (a.starts_at, a.id) > ($2::timestamptz, $3::bigint)
      and (a.starts_at >= $1::timestamptz
           or a.starts_at + a.duration_minutes * interval '1 minute' > $1::timestamptz)
      and a.status in ('scheduled', 'confirmed') and )sql"} +
           sound + whose + " order by a.starts_at, a.id limit $4::bigint)" + appointment_columns();
}

const std::string& all_upcoming_sql() {
    static const std::string text = page_text("");
    return text;
}

const std::string& own_upcoming_sql() {
    static const std::string text = page_text(" and (a.patient_id = $5::bigint or a.psychologist_id = $5::bigint)");
    return text;
}

constexpr std::string_view deliveries_sql = R"sql(
select d.id, d.kind, d.channel, d.recipient_id, d.recipient_role, d.version, d.state, d.reason, d.due_at,
       d.useless_after, d.next_attempt_at, d.claimed_at, d.accepted_at, d.delivered_at, d.attempts, d.provider_id,
       d.provider_status, d.error_code, d.error_text, d.updated_at
from punctual.delivery d where d.appointment_id = $1::bigint
order by d.created_at, d.id)sql";

result<api_appointment> read_appointment(const postgres::row_set& rows, std::size_t at) {
    postgres::row_reader row{rows, at};
    api_appointment one;
    one.id = row.integer();
    const auto image = read_image(row);
    one.image = image.value_or(domain::appointment_image{});
    one.version = row.small_integer();
    one.room_name = row.optional_string().value_or("");
    one.room_sid = row.optional_string().value_or("");
    one.patient_email = row.optional_string().value_or("");
    one.psychologist_email = row.optional_string().value_or("");
    one.created_at = row.time();
    if (!row.ok()) {
        return std::unexpected{to_store_error(*row.mistake())};
    }
    if (one.image.what.session_type != domain::session_type::telehealth) {
        one.room_name.clear();
    }
    return one;
}

result<domain::person> read_person(const postgres::row_set& rows, std::size_t at) {
    postgres::row_reader row{rows, at};
    domain::person one;
    one.id = row.integer();
    // A role of somebody else's making has no rights here beyond its own appointments.
    one.role = domain::parse<domain::role>(row.word()).value_or(domain::role::patient);
    if (one.role == domain::role::clinic) {
        one.role = domain::role::patient;
    }
    one.full_name = row.optional_string().value_or("");
    one.email = row.optional_string().value_or("");
    one.phone = row.optional_string().value_or("");
    one.time_zone = row.optional_string().value_or("");
    one.locale = row.optional_string().value_or("");
    one.email_enabled = row.boolean();
    one.texts_enabled = row.boolean();
    one.reminders_enabled = row.boolean();
    one.active = row.boolean();
    if (!row.ok()) {
        return std::unexpected{to_store_error(*row.mistake())};
    }
    return one;
}

}  // namespace

task<result<std::optional<domain::person>>> postgres_store::find_person(domain::person_id id, deadline until) {
    return people_.find(id, until);
}

task<result<std::optional<api_appointment>>> postgres_store::find_appointment(domain::appointment_id id,
                                                                              deadline until) {
    return appointments_.find(id, until);
}

task<result<gathered_lookup<domain::person>::answers>> postgres_store::find_people(std::vector<std::int64_t> ids,
                                                                                   deadline until) {
    postgres::parameters with;
    with.add_array(std::span<const std::int64_t>{ids});
    auto rows = co_await database_.query(person_sql, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    gathered_lookup<domain::person>::answers found;
    found.reserve(rows->size());
    for (std::size_t at = 0; at < rows->size(); ++at) {
        const auto id = postgres::row_reader{*rows, at}.integer();
        found.emplace(id, read_person(*rows, at));
    }
    co_return found;
}

task<result<gathered_lookup<api_appointment>::answers>> postgres_store::find_appointments(std::vector<std::int64_t> ids,
                                                                                          deadline until) {
    postgres::parameters with;
    with.add_array(std::span<const std::int64_t>{ids});
    auto rows = co_await database_.query(appointment_sql(use_), std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    gathered_lookup<api_appointment>::answers found;
    found.reserve(rows->size());
    for (std::size_t at = 0; at < rows->size(); ++at) {
        const auto id = postgres::row_reader{*rows, at}.integer();
        found.emplace(id, read_appointment(*rows, at));
    }
    co_return found;
}

task<result<std::vector<api_appointment>>> postgres_store::upcoming(std::optional<domain::person_id> who,
                                                                    wall_time from, wall_time after_start,
                                                                    domain::appointment_id after_id, std::size_t limit,
                                                                    deadline until) {
    postgres::parameters with;
    with.add(from).add(after_start).add(after_id).add(static_cast<std::int64_t>(limit));
    if (who) {
        with.add(*who);
    }
    const std::string_view text = who ? own_upcoming_sql() : all_upcoming_sql();
    auto rows = co_await database_.query(text, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    std::vector<api_appointment> page;
    for (std::size_t at = 0; at < rows->size(); ++at) {
        auto one = read_appointment(*rows, at);
        if (!one) {
            co_return std::unexpected{one.error()};
        }
        page.push_back(std::move(*one));
    }
    co_return page;
}

task<result<std::vector<api_delivery>>> postgres_store::deliveries(domain::appointment_id id, deadline until) {
    postgres::parameters with;
    with.add(id);
    auto rows = co_await database_.query(deliveries_sql, std::move(with), until);
    if (!rows) {
        co_return std::unexpected{rows.error()};
    }
    std::vector<api_delivery> found;
    for (std::size_t at = 0; at < rows->size(); ++at) {
        postgres::row_reader row{*rows, at};
        api_delivery one;
        one.id = row.string();
        one.kind = row.string();
        one.channel = row.string();
        one.recipient = row.integer();
        one.recipient_role = row.string();
        one.version = row.small_integer();
        one.state = row.string();
        one.reason = row.optional_string().value_or("");
        one.due_at = row.optional_time();
        one.useless_after = row.optional_time();
        one.next_attempt_at = row.optional_time();
        one.claimed_at = row.optional_time();
        one.accepted_at = row.optional_time();
        one.delivered_at = row.optional_time();
        one.attempts = row.small_integer();
        one.provider_id = row.optional_string().value_or("");
        one.provider_status = row.optional_string().value_or("");
        one.error_code = row.optional_string().value_or("");
        one.error_text = row.optional_string().value_or("");
        one.updated_at = row.optional_time();
        if (!row.ok()) {
            co_return std::unexpected{to_store_error(*row.mistake())};
        }
        found.push_back(std::move(one));
    }
    co_return found;
}

}  // namespace punctual::net
