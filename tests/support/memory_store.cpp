#include "support/memory_store.hpp"

#include "support/memory_store_rules.hpp"

#include <algorithm>
#include <utility>

namespace punctual::test {
namespace {

using domain::delivery_state;
using net::store_errc;

}  // namespace

net::task<store_fault> memory_store::begin(std::string_view call) {
    ++calls[std::string{call}];
    if (pause) {
        co_await pause(call);
    }
    co_return fault ? fault(call) : store_fault::none;
}

void memory_store::assign_room(domain::appointment_id id) {
    auto& state = rows_.states[id];
    if (state.room_name.empty()) {
        state.room_name = "apt-" + std::to_string(id) + "-1700000000-0123abcd";
    }
}

// Whether the row still speaks of the appointment as it is.
bool memory_store::holds(const memory_database::delivery& row) const {
    const auto at = rows_.appointments.find(row.plan.appointment);
    const bool there = at != rows_.appointments.end() && is_open(at->second);
    if (row.plan.kind == domain::kind::cancellation) {
        return !(there && (at->second.patient == row.recipient || at->second.psychologist == row.recipient));
    }
    return there && row.plan.version == rows_.version_of(row.plan.appointment);
}

void memory_store::take(memory_database::delivery& row, const net::lease_terms& lease) {
    row.state = delivery_state::claimed;
    ++row.attempts;
    ++row.claims;
    row.claimed_by = lease.instance;
    row.lease_until = clock_.wall_now() + lease.length;
}

memory_database::delivery* memory_store::insert(const domain::planned_delivery& plan, const net::lease_terms& lease) {
    const auto at = rows_.appointments.find(plan.appointment);
    const auto& state = rows_.states[plan.appointment];
    const bool gone = plan.kind == domain::kind::cancellation;
    const auto* people = gone && state.previous           ? &*state.previous
                         : at != rows_.appointments.end() ? &at->second
                                                          : nullptr;
    domain::person_id recipient = 0;
    if (plan.recipient) {
        recipient = *plan.recipient;
    } else if (plan.recipient_role != domain::role::clinic) {
        if (people == nullptr) {
            return nullptr;
        }
        recipient = plan.recipient_role == domain::role::patient ? people->patient : people->psychologist;
    }
    const memory_database::delivery_key key{plan.appointment, plan.kind, plan.channel, recipient, plan.version};
    const bool keyless = bug == planted_bug::no_unique_key ||
                         (bug == planted_bug::nudges_without_key && plan.kind == domain::kind::nudge);
    if (rows_.keys.contains(key) && !keyless) {
        return nullptr;
    }
    memory_database::delivery row;
    row.plan = plan;
    row.id = "delivery-" + std::to_string(rows_.deliveries.size() + 1);
    row.recipient = recipient;
    row.state = plan.state;
    row.reason = plan.reason;
    row.next_attempt_at = plan.next_attempt_at;
    row.stood = state.previous;
    row.created_at = clock_.wall_now();
    if (plan.state == delivery_state::claimed) {
        take(row, lease);
    }
    rows_.keys.emplace(key, row.id);
    const auto id = row.id;
    return &rows_.deliveries.emplace(id, std::move(row)).first->second;
}

void memory_store::insert_sms(const memory_database::delivery& whatsapp, domain::reason why, wall_time at) {
    if (whatsapp.plan.channel != domain::channel::whatsapp) {
        return;
    }
    auto plan = whatsapp.plan;
    plan.channel = domain::channel::sms;
    plan.recipient = whatsapp.recipient;
    plan.state = delivery_state::retrying;
    plan.reason = why;
    plan.next_attempt_at = at;
    if (auto* sms = insert(plan, {})) {
        sms->stood = whatsapp.stood;
        sms->in_place_of = whatsapp.id;
    }
}

void memory_store::insert_sms_of_silent(wall_time now) {
    // A copy: the rows that come in are not among them.
    const auto waiting = rows_.waiting();
    for (auto* row : waiting) {
        if (row->state == delivery_state::accepted && row->fallback_at && *row->fallback_at <= now) {
            row->fallback_at.reset();
            if (row->plan.useless_after > now) {
                insert_sms(*row, domain::reason::whatsapp_silent, now);
            }
        }
    }
}

domain::claimed_delivery memory_store::describe(const memory_database::delivery& row, const net::lease_terms& lease) {
    domain::claimed_delivery out;
    out.id = row.id;
    out.appointment = row.plan.appointment;
    out.version = row.plan.version;
    out.kind = row.plan.kind;
    out.channel = row.plan.channel;
    out.recipient_role = row.plan.recipient_role;
    out.due_at = row.plan.due_at;
    out.useless_after = row.plan.useless_after;
    out.attempts = row.attempts;
    out.claim = row.claims;
    out.created_at = row.created_at;
    out.reason = row.reason;
    out.lease = domain::lease{lease.granted_at + lease.length};
    const auto at = rows_.appointments.find(row.plan.appointment);
    if (row.plan.kind == domain::kind::cancellation && row.stood) {
        out.what = row.stood->what;
    } else if (at != rows_.appointments.end()) {
        out.what = at->second.what;
        if (row.plan.kind == domain::kind::reschedule && row.stood) {
            out.before = row.stood->what;
        }
    }
    if (const auto whatsapp = rows_.deliveries.find(row.in_place_of); whatsapp != rows_.deliveries.end()) {
        const auto& first = whatsapp->second;
        out.in_place_of = {.id = first.id, .state = first.state, .provider_id = first.provider_id};
    }
    assign_room(row.plan.appointment);
    out.room_name = rows_.states[row.plan.appointment].room_name;
    if (const auto person = rows_.people.find(row.recipient); person != rows_.people.end()) {
        out.recipient = bug == planted_bug::old_consent ? first_read_.emplace(*person).first->second : person->second;
    }
    return out;
}

net::task<result<>> memory_store::check_schema(deadline) {
    const auto fault_now = co_await begin("check_schema");
    if (fault_now != store_fault::none) {
        co_return failure(store_errc::not_connected);
    }
    co_return result<>{};
}

net::task<result<net::database_health>> memory_store::health(deadline) {
    const auto fault_now = co_await begin("health");
    if (fault_now != store_fault::none) {
        co_return failure(store_errc::not_connected);
    }
    net::database_health health;
    health.now = clock_.wall_now() + ahead;
    for (const auto* at : rows_.waiting()) {
        const auto& row = *at;
        const bool late = row.plan.due_at < clock_.wall_now() - std::chrono::seconds{60};
        health.overdue += row.state == delivery_state::retrying && late ? 1 : 0;
    }
    co_return health;
}

net::task<result<std::int64_t>> memory_store::settle_orphans(deadline) {
    const auto fault_now = co_await begin("settle_orphans");
    if (fault_now != store_fault::none) {
        co_return failure(store_errc::not_connected);
    }
    co_return std::exchange(orphans, 0);
}

net::task<result<>> memory_store::purge(deadline) {
    co_await begin("purge");
    co_return result<>{};
}

}  // namespace punctual::test
