#include "net/store/postgres_visit_log.hpp"

#include "domain/room_name.hpp"
#include "net/store/postgres_store_class.hpp"

#include <utility>

namespace punctual::net {
namespace {

constexpr std::string_view event_sql = R"sql(/* room_event */
select punctual.note_room_event($1, $2, $3::bigint, $4, $5, $6, $7, $8::bigint, $9::timestamptz, $10::bigint))sql";

constexpr std::string_view keep_sql = R"sql(
insert into punctual.webhook (source, key, form) values ('room_status', $1, $2) on conflict do nothing)sql";

// What could not be acted on when it came has its turn again for a week.
constexpr std::string_view unhandled_sql = R"sql(
select w.key, w.form from punctual.webhook w
where w.source = 'room_status' and w.handled_at is null and w.received_at > now() - interval '7 days'
order by w.received_at, w.key limit $1::bigint)sql";

// Twilio's list is by the second: what a callback has told is finer and stays. A going that is later by more than that
// is the end of the room, put in the place of a callback that was lost.
constexpr std::string_view stays_sql = R"sql(
insert into punctual.stay as s (participant_sid, room_sid, appointment_id, person_id, joined_at, left_at)
select p.participant, p.room, $1::bigint, p.person, p.joined_at, p.left_at
from unnest($2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
    as p(participant, room, person, joined_at, left_at)
order by p.participant
on conflict on constraint stay_pkey do update set left_at = excluded.left_at
    where coalesce(s.left_at, 'infinity') > excluded.left_at + interval '1 second')sql";

constexpr std::string_view people_sql = R"sql(
select t.person_id, case t.person_id when a.patient_id then 'patient' when a.psychologist_id then 'psychologist' end,
       t.joined_at, t.left_at, t.stays, t.seconds,
       exists (select from punctual.stay p join punctual.stay q
                   on q.appointment_id = p.appointment_id and q.person_id = a.psychologist_id
                   -- Twilio's list is by the second: one who goes as the other comes has not met them.
                   and greatest(p.joined_at, q.joined_at) + interval '2 seconds'
                       < least(coalesce(p.left_at, 'infinity'), coalesce(q.left_at, 'infinity'))
                   and coalesce(q.left_at, 'infinity') > $2::timestamptz
               where p.appointment_id = $1::bigint and p.person_id = a.patient_id
                 and coalesce(p.left_at, 'infinity') > $2::timestamptz)
from punctual.attendance($1::bigint, $2::timestamptz) t
left join punctual.feed_appointment a on a.id = $1::bigint
order by t.joined_at, t.person_id)sql";

constexpr std::string_view rooms_sql = R"sql(
select r.sid from punctual.video_room r where r.appointment_id = $1::bigint order by r.made_at, r.sid)sql";

constexpr std::string_view proposal_sql = R"sql(
select s.no_show_at, s.no_show_version, s.no_show_absent, s.no_show_written
from punctual.appointment_state s where s.appointment_id = $1::bigint and s.no_show_at is not null)sql";

// Written in a statement of its own, after the proposal: what is proposed and not written is seen by people.
const std::string& propose_sql() {
    static const std::string text = R"sql(/* no_show */
insert into punctual.appointment_state as s (appointment_id, no_show_at, no_show_version, no_show_absent)
select a.id, clock_timestamp(), $2::int, $3 from punctual.feed_appointment a
left join lateral (
    select t.version from punctual.appointment_state t where t.appointment_id = $1::bigint offset 0) v on true
where a.id = $1::bigint and a.status in ('scheduled', 'confirmed')
  -- By this clock too: the daemon's may be ahead.
  and a.starts_at + a.duration_minutes * interval '1 minute' <= clock_timestamp()
  and $2::int = )sql" + sql::current_version("a.id", "v.version") +
                                    R"sql(
on conflict (appointment_id) do update
    set no_show_at = excluded.no_show_at, no_show_version = excluded.no_show_version,
        no_show_absent = excluded.no_show_absent, no_show_written = false, updated_at = clock_timestamp()
    where s.no_show_version is distinct from excluded.no_show_version
returning 1)sql";
    return text;
}

constexpr std::string_view write_sql = R"sql(
with due as materialized (
    select s.appointment_id from punctual.appointment_state s
    where s.appointment_id = $1::bigint and not s.no_show_written and s.no_show_version = $2::int for update),
marked as materialized (select d.appointment_id, punctual.mark_no_show(d.appointment_id) as done from due d)
update punctual.appointment_state s set no_show_written = true, updated_at = clock_timestamp()
from marked m where m.appointment_id = s.appointment_id and m.done)sql";

// Those that there were before the daemon are none of its business: it has no row of them.
const std::string& undecided_sql() {
    static const std::string text = R"sql(
select a.id, a.starts_at, a.duration_minutes, )sql" +
                                    sql::current_version("a.id", "s.version") +
                                    R"sql(, a.session_type = 'telehealth'
from punctual.feed_appointment a
join punctual.appointment_state s on s.appointment_id = a.id
where a.status in ('scheduled', 'confirmed')
  and a.starts_at > $1::timestamptz - interval '7 days' and a.starts_at < $2::timestamptz
  and punctual.is_sound(a.starts_at, a.duration_minutes, a.session_type, a.status, a.patient_id, a.psychologist_id)
  and a.starts_at + a.duration_minutes * interval '1 minute' > $1::timestamptz
  and a.starts_at + a.duration_minutes * interval '1 minute' <= $2::timestamptz
  and (s.no_show_version is null or s.no_show_version < s.version)
order by a.starts_at, a.id limit $3::bigint)sql";
    return text;
}

constexpr std::string_view judge_sql = R"sql(
select case when s.room_name is distinct from n.name then 'foreign'
            when a.id is null or a.status = 'cancelled' then 'dropped'
            when a.starts_at + a.duration_minutes * interval '1 minute' <= $3::timestamptz then 'over'
            else 'wanted' end
from unnest($1::bigint[], $2::text[]) with ordinality as n(id, name, place)
left join lateral (
    select t.room_name from punctual.appointment_state t where t.appointment_id = n.id offset 0) s on true
left join lateral (
    select f.* from punctual.feed_appointment f where f.id = n.id offset 0) a on true
order by n.place)sql";

constexpr std::string_view chore_due_sql = R"sql(
select not exists (select from punctual.chore c
                   where c.name = $1 and c.done_at > clock_timestamp() - $2::bigint * interval '1 second'))sql";
constexpr std::string_view chore_done_sql = R"sql(
insert into punctual.chore as c (name, done_at) values ($1, clock_timestamp())
on conflict (name) do update set done_at = excluded.done_at)sql";

class postgres_visit_log final : public visit_log {
public:
    explicit postgres_visit_log(postgres::database& database) : database_{database} {}

    task<result<bool>> record_event(room_event what, deadline until) override {
        postgres::parameters with;
        with.add(std::string_view{what.key}).add(std::string_view{what.form}).add(what.appointment);
        with.add(std::string_view{what.room_name}).add(std::string_view{what.room_sid});
        with.add(std::string_view{what.what}).add(std::string_view{what.participant_sid}).add(what.person);
        with.add(what.at).add(static_cast<std::int64_t>(what.stayed.count()));
        co_return co_await truth(event_sql, std::move(with), until);
    }

    task<result<>> keep_event(std::string key, std::string form, deadline until) override {
        postgres::parameters with;
        with.add(std::string_view{key}).add(std::string_view{form});
        co_return co_await execute(keep_sql, std::move(with), until);
    }

    task<result<std::vector<kept_event>>> unhandled_events(std::size_t limit, deadline until) override {
        postgres::parameters with;
        with.add(static_cast<std::int64_t>(limit));
        auto rows = co_await database_.query(unhandled_sql, std::move(with), until);
        if (!rows) {
            co_return std::unexpected{rows.error()};
        }
        std::vector<kept_event> found;
        for (std::size_t at = 0; at < rows->size(); ++at) {
            postgres::row_reader row{*rows, at};
            kept_event one;
            one.key = row.string();
            one.form = row.string();
            if (!row.ok()) {
                co_return std::unexpected{to_store_error(*row.mistake())};
            }
            found.push_back(std::move(one));
        }
        co_return found;
    }

    task<result<>> record_stays(domain::appointment_id id, std::vector<stay> seen, deadline until) override {
        std::vector<std::string> participants;
        std::vector<std::string> rooms;
        std::vector<std::int64_t> people;
        std::vector<wall_time> joined;
        std::vector<std::optional<wall_time>> left;
        for (auto& one : seen) {
            participants.push_back(std::move(one.participant_sid));
            rooms.push_back(std::move(one.room_sid));
            people.push_back(one.person);
            joined.push_back(one.joined_at);
            left.push_back(one.left_at);
        }
        postgres::parameters with;
        with.add(id).add_array(std::span<const std::string>{participants});
        with.add_array(std::span<const std::string>{rooms}).add_array(std::span<const std::int64_t>{people});
        with.add_array(std::span<const wall_time>{joined}).add_array(std::span<const std::optional<wall_time>>{left});
        co_return co_await execute(stays_sql, std::move(with), until);
    }

    task<result<visit_record>> read(domain::appointment_id id, wall_time since, deadline until) override {
        visit_record found;
        const auto people = co_await read_people(found, id, since, until);
        if (!people) {
            co_return std::unexpected{people.error()};
        }
        postgres::parameters of_rooms;
        of_rooms.add(id);
        auto rooms = co_await database_.query(rooms_sql, std::move(of_rooms), until);
        if (!rooms) {
            co_return std::unexpected{rooms.error()};
        }
        for (std::size_t at = 0; at < rooms->size(); ++at) {
            found.rooms.emplace_back(rooms->text(at, 0).value_or(""));
        }
        postgres::parameters of_proposal;
        of_proposal.add(id);
        auto proposal = co_await database_.query(proposal_sql, std::move(of_proposal), until);
        if (!proposal) {
            co_return std::unexpected{proposal.error()};
        }
        if (proposal->size() > 0) {
            postgres::row_reader row{*proposal, 0};
            auto& into = found.no_show.emplace();
            into.at = row.time();
            into.version = row.small_integer();
            into.absent = row.string();
            into.written = row.boolean();
            if (!row.ok()) {
                co_return std::unexpected{to_store_error(*row.mistake())};
            }
        }
        co_return found;
    }

    task<result<bool>> propose_no_show(domain::appointment_id id, std::int32_t version, absence who, bool write,
                                       deadline until) override {
        postgres::parameters with;
        with.add(id).add(version).add(to_string(who));
        const auto proposed = co_await database_.query(propose_sql(), std::move(with), until);
        if (!proposed) {
            co_return std::unexpected{proposed.error()};
        }
        if (write) {
            postgres::parameters which;
            which.add(id).add(version);
            const auto written = co_await execute(write_sql, std::move(which), until);
            if (!written) {
                co_return std::unexpected{written.error()};
            }
        }
        co_return proposed->size() > 0;
    }

    task<result<std::vector<domain::scheduled_visit>>> undecided(wall_time ended_after, wall_time ended_before,
                                                                 std::size_t limit, deadline until) override {
        postgres::parameters with;
        with.add(ended_after).add(ended_before).add(static_cast<std::int64_t>(limit));
        auto rows = co_await database_.query(undecided_sql(), std::move(with), until);
        if (!rows) {
            co_return std::unexpected{rows.error()};
        }
        std::vector<domain::scheduled_visit> found;
        for (std::size_t at = 0; at < rows->size(); ++at) {
            postgres::row_reader row{*rows, at};
            domain::scheduled_visit one;
            one.appointment = row.integer();
            one.starts_at = row.time();
            one.duration = std::chrono::minutes{row.integer()};
            one.version = row.small_integer();
            one.telehealth = row.boolean();
            if (!row.ok()) {
                co_return std::unexpected{to_store_error(*row.mistake())};
            }
            found.push_back(one);
        }
        co_return found;
    }

    task<result<std::vector<room_standing>>> judge_rooms(std::vector<std::string> names, wall_time ended_before,
                                                         deadline until) override {
        std::vector<std::int64_t> ids;
        ids.reserve(names.size());
        for (const auto& name : names) {
            ids.push_back(domain::appointment_of_room(name).value_or(0));
        }
        postgres::parameters with;
        with.add_array(std::span<const std::int64_t>{ids}).add_array(std::span<const std::string>{names});
        with.add(ended_before);
        auto rows = co_await database_.query(judge_sql, std::move(with), until);
        if (!rows) {
            co_return std::unexpected{rows.error()};
        }
        std::vector<room_standing> found;
        for (std::size_t at = 0; at < rows->size(); ++at) {
            const auto word = rows->text(at, 0).value_or("");
            found.push_back(word == "dropped"  ? room_standing::dropped
                            : word == "over"   ? room_standing::over
                            : word == "wanted" ? room_standing::wanted
                                               : room_standing::foreign);
        }
        co_return found;
    }

    task<result<bool>> chore_due(std::string name, std::chrono::seconds interval, deadline until) override {
        postgres::parameters with;
        with.add(std::string_view{name}).add(static_cast<std::int64_t>(interval.count()));
        co_return co_await truth(chore_due_sql, std::move(with), until);
    }

    task<result<>> chore_done(std::string name, deadline until) override {
        postgres::parameters with;
        with.add(std::string_view{name});
        co_return co_await execute(chore_done_sql, std::move(with), until);
    }

private:
    task<result<>> read_people(visit_record& into, domain::appointment_id id, wall_time since, deadline until) {
        postgres::parameters with;
        with.add(id).add(since);
        auto rows = co_await database_.query(people_sql, std::move(with), until);
        if (!rows) {
            co_return std::unexpected{rows.error()};
        }
        for (std::size_t at = 0; at < rows->size(); ++at) {
            postgres::row_reader row{*rows, at};
            attendance one;
            one.person = row.integer();
            one.role = row.optional_string().value_or("");
            one.joined_at = row.time();
            one.left_at = row.optional_time();
            one.stays = row.integer();
            one.length = std::chrono::seconds{row.integer()};
            into.met = row.boolean();
            if (!row.ok()) {
                co_return std::unexpected{to_store_error(*row.mistake())};
            }
            into.people.push_back(std::move(one));
        }
        co_return result<>{};
    }

    task<result<bool>> truth(std::string_view sql, postgres::parameters with, deadline until) {
        auto rows = co_await database_.query(sql, std::move(with), until);
        if (!rows) {
            co_return std::unexpected{rows.error()};
        }
        postgres::row_reader row{*rows, 0};
        const bool answer = row.boolean();
        if (!row.ok()) {
            co_return std::unexpected{to_store_error(*row.mistake())};
        }
        co_return answer;
    }

    task<result<>> execute(std::string_view sql, postgres::parameters with, deadline until) {
        const auto rows = co_await database_.query(sql, std::move(with), until);
        if (!rows) {
            co_return std::unexpected{rows.error()};
        }
        co_return result<>{};
    }

    statements database_;
};

}  // namespace

std::unique_ptr<visit_log> make_postgres_visit_log(postgres::database& database) {
    return std::make_unique<postgres_visit_log>(database);
}

}  // namespace punctual::net
