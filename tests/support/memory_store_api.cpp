// Rooms, the end of visits, and what the API shows.

#include "support/memory_store_rules.hpp"

#include <algorithm>
#include <utility>

namespace punctual::test {
namespace {

using domain::delivery_state;
using net::store_errc;

}  // namespace

net::task<result<>> memory_store::record_room(domain::appointment_id id, std::string sid, deadline) {
    const auto fault_now = co_await begin("record_room");
    if (fault_now == store_fault::away) {
        co_return failure(store_errc::not_connected);
    }
    auto& state = rows_.states[id];
    rows_.rooms.emplace(sid, id);
    // Said twice, it is still the room that has ended.
    if (state.room_sid != sid) {
        state.room_sid = std::move(sid);
        state.room_ended = false;
    }
    if (fault_now == store_fault::unknown) {
        co_return failure(store_errc::outcome_unknown);
    }
    co_return result<>{};
}

net::task<result<bool>> memory_store::complete_appointment(domain::appointment_id id, deadline) {
    const auto fault_now = co_await begin("complete_appointment");
    if (fault_now == store_fault::away) {
        co_return failure(store_errc::not_connected);
    }
    const auto at = rows_.appointments.find(id);
    const bool ended =
        at != rows_.appointments.end() && is_open(at->second) && at->second.what.ends_at() <= clock_.wall_now();
    if (ended) {
        auto image = at->second;
        image.status = domain::appointment_status::completed;
        rows_.change_to(id, std::move(image), clock_.wall_now());
    }
    co_return answer(fault_now, ended);
}

net::task<result<std::vector<net::store::open_room>>> memory_store::rooms_to_clean(wall_time ended_before,
                                                                                   std::size_t limit, deadline) {
    const auto fault_now = co_await begin("rooms_to_clean");
    if (fault_now != store_fault::none) {
        co_return failure(store_errc::not_connected);
    }
    std::vector<open_room> found;
    for (const auto& [id, state] : rows_.states) {
        if (state.room_sid.empty() || state.room_ended || found.size() == limit) {
            continue;
        }
        const auto at = rows_.appointments.find(id);
        const bool dropped =
            at == rows_.appointments.end() || at->second.status == domain::appointment_status::cancelled;
        if (dropped || at->second.what.ends_at() <= ended_before) {
            found.push_back({id, state.room_name, state.room_sid, dropped});
        }
    }
    co_return found;
}

net::task<result<>> memory_store::record_room_ended(domain::appointment_id id, std::string sid, deadline) {
    const auto fault_now = co_await begin("record_room_ended");
    if (fault_now == store_fault::away) {
        co_return failure(store_errc::not_connected);
    }
    auto& state = rows_.states[id];
    rows_.room_ends.try_emplace(sid, clock_.wall_now());
    if (state.room_sid == sid) {
        state.room_ended = true;
    }
    if (fault_now == store_fault::unknown) {
        co_return failure(store_errc::outcome_unknown);
    }
    co_return result<>{};
}

net::task<result<std::optional<domain::person>>> memory_store::find_person(domain::person_id id, deadline) {
    co_await begin("find_person");
    const auto at = rows_.people.find(id);
    co_return at == rows_.people.end() ? std::nullopt : std::optional{at->second};
}

net::task<result<std::optional<net::api_appointment>>> memory_store::find_appointment(domain::appointment_id id,
                                                                                      deadline) {
    const auto fault_now = co_await begin("find_appointment");
    if (fault_now != store_fault::none) {
        co_return failure(store_errc::not_connected);
    }
    std::optional<net::api_appointment> found;
    if (const auto at = rows_.appointments.find(id); at != rows_.appointments.end()) {
        found.emplace();
        found->id = id;
        found->image = at->second;
        found->version = rows_.version_of(id);
        if (at->second.what.session_type == domain::session_type::telehealth) {
            assign_room(id);
            found->room_name = rows_.states[id].room_name;
            found->room_sid = rows_.states[id].room_sid;
        }
    }
    co_return found;
}

net::task<result<std::vector<net::api_appointment>>> memory_store::upcoming(std::optional<domain::person_id>, wall_time,
                                                                            wall_time, domain::appointment_id,
                                                                            std::size_t, deadline) {
    co_await begin("upcoming");
    co_return std::vector<net::api_appointment>{};
}

net::task<result<std::vector<net::api_delivery>>> memory_store::deliveries(domain::appointment_id id, deadline) {
    const auto fault_now = co_await begin("deliveries");
    if (fault_now != store_fault::none) {
        co_return failure(store_errc::not_connected);
    }
    std::vector<net::api_delivery> found;
    for (const auto* row : rows_.deliveries_of(id)) {
        net::api_delivery one;
        one.id = row->id;
        one.kind = domain::kind_name(rows_.rules, row->plan.kind);
        one.channel = domain::to_string(row->plan.channel);
        one.recipient = row->recipient;
        one.recipient_role = domain::to_string(row->plan.recipient_role);
        one.version = row->plan.version;
        one.state = domain::to_string(row->state);
        found.push_back(std::move(one));
    }
    co_return found;
}

}  // namespace punctual::test
