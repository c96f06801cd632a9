#include "support/memory_visit_log.hpp"

#include "domain/room_name.hpp"
#include "net/store/store_error.hpp"

#include <algorithm>
#include <utility>

namespace punctual::test {
namespace {

using net::store_errc;

bool is_open(const domain::appointment_image& image) {
    return image.status == domain::appointment_status::scheduled ||
           image.status == domain::appointment_status::confirmed;
}

template <class T>
result<T> answer(store_fault fault, T value) {
    if (fault == store_fault::unknown) {
        return failure(store_errc::outcome_unknown);
    }
    return value;
}

result<> answer(store_fault fault) {
    if (fault == store_fault::unknown) {
        return failure(store_errc::outcome_unknown);
    }
    return {};
}

}  // namespace

net::task<store_fault> memory_visit_log::begin(std::string_view call) {
    ++calls[std::string{call}];
    if (pause) {
        co_await pause(call);
    }
    co_return fault ? fault(call) : store_fault::none;
}

net::task<result<bool>> memory_visit_log::record_event(net::room_event what, deadline) {
    const auto fault_now = co_await begin("record_event");
    if (fault_now == store_fault::refused) {
        co_return failure(store_errc::refused);
    }
    if (fault_now == store_fault::away) {
        co_return failure(store_errc::not_connected);
    }
    std::erase_if(kept, [&](const auto& one) { return one.key == what.key; });
    const auto state = rows_.states.find(what.appointment);
    if (what.room_sid.empty() || state == rows_.states.end() || state->second.room_name != what.room_name) {
        co_return answer(fault_now, false);
    }
    rows_.rooms.emplace(what.room_sid, what.appointment);
    const bool named = !what.participant_sid.empty() && what.person > 0;
    if (what.what == "participant-connected" && named) {
        net::stay made{what.participant_sid, what.room_sid, what.person, what.at, {}};
        // A room that has ended has nobody in it, in whichever order that is heard.
        if (const auto end = rows_.room_ends.find(what.room_sid); end != rows_.room_ends.end()) {
            made.left_at = end->second;
        }
        auto& row = rows_.stays.try_emplace(what.participant_sid, what.appointment, made).first->second.second;
        row.joined_at = what.at;
        if (bug == planted_bug::late_coming_reopens_a_stay) {
            row.left_at.reset();
        }
    } else if (what.what == "participant-disconnected" && named) {
        net::stay made{what.participant_sid, what.room_sid, what.person, what.at - what.stayed, {}};
        rows_.stays.try_emplace(what.participant_sid, what.appointment, made).first->second.second.left_at = what.at;
    } else if (what.what == "room-ended") {
        rows_.room_ends.try_emplace(what.room_sid, what.at);
        for (auto& [sid, one] : rows_.stays) {
            if (one.second.room_sid == what.room_sid && !one.second.left_at) {
                one.second.left_at = std::max(what.at, one.second.joined_at);
            }
        }
        if (state->second.room_sid == what.room_sid) {
            state->second.room_ended = true;
        }
    }
    co_return answer(fault_now, true);
}

net::task<result<>> memory_visit_log::keep_event(std::string key, std::string form, deadline) {
    const auto fault_now = co_await begin("keep_event");
    if (fault_now == store_fault::away) {
        co_return failure(store_errc::not_connected);
    }
    kept.push_back({std::move(key), std::move(form)});
    co_return answer(fault_now);
}

net::task<result<std::vector<net::kept_event>>> memory_visit_log::unhandled_events(std::size_t limit, deadline) {
    const auto fault_now = co_await begin("unhandled_events");
    if (fault_now != store_fault::none) {
        co_return failure(store_errc::not_connected);
    }
    auto found = kept;
    found.resize(std::min(found.size(), limit));
    co_return found;
}

net::task<result<>> memory_visit_log::record_stays(domain::appointment_id id, std::vector<net::stay> seen, deadline) {
    const auto fault_now = co_await begin("record_stays");
    if (fault_now == store_fault::away) {
        co_return failure(store_errc::not_connected);
    }
    for (auto& one : seen) {
        auto& row = rows_.stays.try_emplace(one.participant_sid, id, one).first->second.second;
        if (one.left_at && row.left_at.value_or(wall_time::max()) > *one.left_at + std::chrono::seconds{1}) {
            row.left_at = one.left_at;
        }
    }
    co_return answer(fault_now);
}

net::task<result<net::visit_record>> memory_visit_log::read(domain::appointment_id id, wall_time since, deadline) {
    const auto fault_now = co_await begin("read");
    if (fault_now != store_fault::none) {
        co_return failure(store_errc::not_connected);
    }
    net::visit_record found;
    std::map<domain::person_id, net::attendance> people;
    const auto image = rows_.appointments.find(id);
    for (const auto& [sid, row] : rows_.stays) {
        const auto& one = row.second;
        if (row.first != id || (one.left_at && *one.left_at <= since)) {
            continue;
        }
        const auto [at, fresh] = people.try_emplace(one.person);
        auto& person = at->second;
        person.person = one.person;
        if (image != rows_.appointments.end()) {
            person.role = one.person == image->second.patient        ? "patient"
                          : one.person == image->second.psychologist ? "psychologist"
                                                                     : "";
        }
        person.joined_at = fresh ? one.joined_at : std::min(person.joined_at, one.joined_at);
        const bool inside = !one.left_at || (!fresh && !person.left_at);
        person.left_at =
            inside ? std::nullopt : std::optional{fresh ? *one.left_at : std::max(*person.left_at, *one.left_at)};
        ++person.stays;
        person.length +=
            std::chrono::floor<std::chrono::seconds>(one.left_at.value_or(clock_.wall_now()) - one.joined_at);
    }
    for (auto& [who, person] : people) {
        found.people.push_back(std::move(person));
    }
    found.met = have_met(id, since);
    for (const auto& [sid, of] : rows_.rooms) {
        if (of == id) {
            found.rooms.push_back(sid);
        }
    }
    if (const auto at = rows_.no_shows.find(id); at != rows_.no_shows.end()) {
        found.no_show = at->second;
    }
    co_return found;
}

bool memory_visit_log::have_met(domain::appointment_id id, wall_time since) const {
    const auto image = rows_.appointments.find(id);
    if (image == rows_.appointments.end()) {
        return false;
    }
    const auto end_of = [](const net::stay& one) { return one.left_at.value_or(wall_time::max()); };
    const auto is_of = [&](const auto& row, domain::person_id who) {
        return row.second.first == id && row.second.second.person == who && end_of(row.second.second) > since;
    };
    return std::ranges::any_of(rows_.stays, [&](const auto& p) {
        return is_of(p, image->second.patient) && std::ranges::any_of(rows_.stays, [&](const auto& q) {
                   const auto from = std::max(p.second.second.joined_at, q.second.second.joined_at);
                   const auto to = std::min(end_of(p.second.second), end_of(q.second.second));
                   return is_of(q, image->second.psychologist) && to - std::chrono::seconds{2} > from;
               });
    });
}

net::task<result<bool>> memory_visit_log::propose_no_show(domain::appointment_id id, std::int32_t version,
                                                          net::absence who, bool write, deadline) {
    const auto fault_now = co_await begin("propose_no_show");
    if (fault_now == store_fault::away) {
        co_return failure(store_errc::not_connected);
    }
    const auto at = rows_.appointments.find(id);
    if (at == rows_.appointments.end() || !is_open(at->second) || rows_.version_of(id) != version ||
        at->second.what.ends_at() > clock_.wall_now()) {
        co_return answer(fault_now, false);
    }
    const auto known = rows_.no_shows.find(id);
    const bool fresh = known == rows_.no_shows.end() || known->second.version != version;
    if (fresh) {
        rows_.no_shows[id] = {clock_.wall_now(), version, std::string{net::to_string(who)}, false};
    }
    auto& proposal = rows_.no_shows[id];
    if (write && !proposal.written) {
        proposal.written = true;
        auto image = at->second;
        image.status = domain::appointment_status::no_show;
        rows_.change_to(id, std::move(image), clock_.wall_now());
    }
    co_return answer(fault_now, fresh);
}

net::task<result<std::vector<domain::scheduled_visit>>> memory_visit_log::undecided(wall_time ended_after,
                                                                                    wall_time ended_before,
                                                                                    std::size_t limit, deadline) {
    const auto fault_now = co_await begin("undecided");
    if (fault_now != store_fault::none) {
        co_return failure(store_errc::not_connected);
    }
    std::vector<domain::scheduled_visit> found;
    for (const auto& [id, image] : rows_.appointments) {
        const auto end = image.what.ends_at();
        const auto proposal = rows_.no_shows.find(id);
        const bool decided = proposal != rows_.no_shows.end() && proposal->second.version == rows_.version_of(id);
        if (is_open(image) && rows_.states.contains(id) && end > ended_after && end <= ended_before && !decided &&
            found.size() < limit) {
            domain::scheduled_visit one;
            one.appointment = id;
            one.starts_at = image.what.starts_at;
            one.duration = image.what.duration;
            one.version = rows_.version_of(id);
            one.telehealth = image.what.session_type == domain::session_type::telehealth;
            found.push_back(one);
        }
    }
    co_return found;
}

net::task<result<std::vector<net::room_standing>>> memory_visit_log::judge_rooms(std::vector<std::string> names,
                                                                                 wall_time ended_before, deadline) {
    const auto fault_now = co_await begin("judge_rooms");
    if (fault_now != store_fault::none) {
        co_return failure(store_errc::not_connected);
    }
    std::vector<net::room_standing> found;
    for (const auto& name : names) {
        const auto id = domain::appointment_of_room(name).value_or(0);
        const auto state = rows_.states.find(id);
        const auto image = rows_.appointments.find(id);
        if (state == rows_.states.end() || state->second.room_name != name) {
            found.push_back(net::room_standing::foreign);
        } else if (image == rows_.appointments.end() || image->second.status == domain::appointment_status::cancelled) {
            found.push_back(net::room_standing::dropped);
        } else {
            found.push_back(image->second.what.ends_at() <= ended_before ? net::room_standing::over
                                                                         : net::room_standing::wanted);
        }
    }
    co_return found;
}

net::task<result<bool>> memory_visit_log::chore_due(std::string name, std::chrono::seconds interval, deadline) {
    const auto fault_now = co_await begin("chore_due");
    if (fault_now != store_fault::none) {
        co_return failure(store_errc::not_connected);
    }
    const auto at = rows_.chores.find(name);
    co_return at == rows_.chores.end() || at->second <= clock_.wall_now() - interval;
}

net::task<result<>> memory_visit_log::chore_done(std::string name, deadline) {
    const auto fault_now = co_await begin("chore_done");
    if (fault_now == store_fault::away) {
        co_return failure(store_errc::not_connected);
    }
    rows_.chores[std::move(name)] = clock_.wall_now();
    co_return answer(fault_now);
}

}  // namespace punctual::test
