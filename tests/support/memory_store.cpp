#include "support/memory_store.hpp"

#include "net/postgres/database.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace punctual::test {
namespace {

using domain::delivery_state;
using net::postgres::postgres_errc;

bool is_open(const domain::appointment_image& image) {
    return image.status == domain::appointment_status::scheduled ||
           image.status == domain::appointment_status::confirmed;
}

template <class T>
result<T> answer(store_fault fault, T value) {
    if (fault == store_fault::unknown) {
        return failure(postgres_errc::outcome_unknown);
    }
    return value;
}

// As record_sql has it: what leaves a row open, or gives it up, counts only from the attempt that holds it; that
// a message was accepted is true whoever says it.
bool moves(const memory_database::delivery& row, const domain::outcome& what) {
    const bool holder = row.state == delivery_state::claimed && row.claims == what.claim;
    const bool waits = row.state == delivery_state::retrying;
    switch (what.state) {
        case delivery_state::delivered:
            return row.state != delivery_state::delivered && row.state != delivery_state::skipped;
        case delivery_state::accepted:
            return row.state == delivery_state::claimed || waits || row.state == delivery_state::unconfirmed ||
                   row.state == delivery_state::expired || row.state == delivery_state::superseded;
        case delivery_state::failed:
            return holder || waits || row.state == delivery_state::accepted || row.state == delivery_state::unconfirmed;
        case delivery_state::retrying:
            return holder;
        default:
            return holder || waits;
    }
}

bool is_older(const memory_database::delivery& row, const net::settlement::entry& than) {
    return row.plan.appointment == than.appointment && row.plan.version < than.version;
}

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
        co_return failure(postgres_errc::not_connected);
    }
    co_return result<>{};
}

net::task<result<net::feed_mark>> memory_store::snapshot(wall_time from, wall_time until_start,
                                                         std::function<void(const domain::scheduled_visit&)> each,
                                                         deadline) {
    const auto fault_now = co_await begin("snapshot");
    if (fault_now != store_fault::none) {
        co_return failure(postgres_errc::not_connected);
    }
    for (const auto& [id, image] : rows_.appointments) {
        if (!is_open(image) || image.what.ends_at() <= from || image.what.starts_at >= until_start) {
            continue;
        }
        domain::scheduled_visit visit;
        visit.appointment = id;
        visit.starts_at = image.what.starts_at;
        visit.duration = image.what.duration;
        visit.version = rows_.version_of(id);
        visit.telehealth = image.what.session_type == domain::session_type::telehealth;
        visit.booked_at = rows_.version_at(id);
        each(visit);
    }
    // Everything that nobody has settled is still to be looked at.
    net::feed_mark mark;
    mark.after_id = static_cast<std::int64_t>(rows_.changes.size());
    if (bug == planted_bug::snapshot_marks_newest) {
        co_return mark;
    }
    for (const auto& one : rows_.unsettled()) {
        if (!one.handled) {
            mark.after_id = std::min(mark.after_id, one.id - 1);
        }
    }
    co_return mark;
}

net::waiting_rows memory_store::what_waits() const {
    net::waiting_rows found;
    std::map<domain::channel, wall_time> tries;
    const auto take = [&tries](domain::channel by, wall_time when) {
        const auto at = tries.try_emplace(by, when).first;
        at->second = std::min(at->second, when);
    };
    for (const auto* row : rows_.waiting()) {
        if (row->state == delivery_state::retrying) {
            take(row->plan.channel, row->next_attempt_at);
        } else if (row->state == delivery_state::accepted && row->fallback_at) {
            take(domain::channel::sms, *row->fallback_at);
        } else if (row->state == delivery_state::claimed && (!found.lease_end || row->lease_until < *found.lease_end)) {
            found.lease_end = row->lease_until;
        }
    }
    found.tries.assign(tries.begin(), tries.end());
    return found;
}

net::task<result<net::feed_look>> memory_store::look(net::feed_mark mark, std::size_t limit, deadline) {
    const auto fault_now = co_await begin("look");
    if (fault_now != store_fault::none) {
        co_return failure(postgres_errc::not_connected);
    }
    net::feed_look look;
    look.next = mark;
    look.waiting = what_waits();
    std::set<domain::appointment_id> ids;
    std::size_t count = 0;
    // Ids are places in the table, counted from one, and commit in order: a snapshot is the last id that it shows.
    const auto shown = [](const std::string& snapshot, std::size_t none) {
        return snapshot.empty() ? none : static_cast<std::size_t>(std::stoull(snapshot));
    };
    const auto round = shown(mark.round, rows_.changes.size());
    for (auto at = std::max(static_cast<std::size_t>(mark.after_id), shown(mark.seen, 0)); at < round && count < limit;
         ++at) {
        if (rows_.changes[at].person != 0) {
            look.people.push_back(rows_.changes[at].person);
        } else {
            ids.insert(rows_.changes[at].appointment);
        }
        look.next.after_id = rows_.changes[at].id;
        ++count;
    }
    look.more = count == limit;
    constexpr std::int64_t one_in = 20;
    if (bug == planted_bug::feed_loses_changes && look.next.after_id % one_in == 0) {
        ids.clear();
    }
    (look.more ? look.next.round : look.next.seen) = std::to_string(round);
    if (!look.more) {
        look.next.round.clear();
        look.next.after_id = 0;
    }
    for (const auto id : ids) {
        domain::appointment_change folded;
        folded.appointment = id;
        folded.version = rows_.version_of(id);
        folded.changed_at = rows_.version_at(id);
        const auto state = rows_.states.find(id);
        if (state != rows_.states.end()) {
            folded.told = state->second.told;
        }
        bool first = true;
        for (const auto& one : rows_.unsettled()) {
            if (one.appointment != id || one.handled) {
                continue;
            }
            if (first && !folded.told) {
                folded.told = one.old;
            }
            first = false;
            folded.change_ids.push_back(one.id);
        }
        if (const auto at = rows_.appointments.find(id); at != rows_.appointments.end()) {
            folded.now = at->second;
        }
        look.changes.push_back(std::move(folded));
    }
    co_return look;
}

net::task<result<std::vector<domain::claimed_delivery>>> memory_store::settle(net::settlement what,
                                                                              net::lease_terms lease, deadline) {
    const auto fault_now = co_await begin("settle");
    if (fault_now == store_fault::away) {
        co_return failure(postgres_errc::not_connected);
    }
    std::set<domain::appointment_id> live;
    for (auto& entry : what.entries) {
        bool fresh = entry.change_ids.empty();
        for (auto& one : rows_.changes) {
            const bool mine = std::ranges::find(entry.change_ids, one.id) != entry.change_ids.end();
            fresh = fresh || (mine && !one.handled);
        }
        if (!fresh || entry.version != rows_.version_of(entry.appointment)) {
            continue;
        }
        live.insert(entry.appointment);
        auto& state = rows_.states[entry.appointment];
        for (auto& one : rows_.changes) {
            if (std::ranges::find(entry.change_ids, one.id) == entry.change_ids.end()) {
                continue;
            }
            if (!state.told && one.old) {
                state.told = one.old;
            }
            if (one.version > state.version || one.booked) {
                state.version = one.version;
                state.version_at = one.at;
            }
            one.handled = true;
        }
        if (entry.told && entry.told != state.told && bug != planted_bug::forgets_what_was_told) {
            state.previous = std::exchange(state.told, std::move(entry.told));
        }
        for (auto* row : rows_.waiting()) {
            if (is_older(*row, entry) && row->state == delivery_state::retrying && !holds(*row)) {
                row->state = delivery_state::superseded;
            }
        }
    }
    std::vector<domain::claimed_delivery> claimed;
    for (const auto& plan : what.deliveries) {
        if (!live.contains(plan.appointment)) {
            continue;
        }
        auto* row = insert(plan, lease);
        if (row != nullptr && row->state == delivery_state::claimed) {
            claimed.push_back(describe(*row, lease));
        }
    }
    co_return answer(fault_now, std::move(claimed));
}

net::task<result<std::vector<domain::claimed_delivery>>> memory_store::claim(
    std::vector<domain::planned_delivery> wanted, net::lease_terms lease, deadline) {
    const auto fault_now = co_await begin("claim");
    if (fault_now == store_fault::away) {
        co_return failure(postgres_errc::not_connected);
    }
    std::vector<domain::claimed_delivery> claimed;
    for (const auto& plan : wanted) {
        const auto at = rows_.appointments.find(plan.appointment);
        const bool stale = at == rows_.appointments.end() || !is_open(at->second) ||
                           plan.version != rows_.version_of(plan.appointment);
        if (stale && bug != planted_bug::claim_without_reading) {
            continue;
        }
        auto* row = insert(plan, lease);
        if (row != nullptr && row->state == delivery_state::claimed) {
            claimed.push_back(describe(*row, lease));
        }
    }
    co_return answer(fault_now, std::move(claimed));
}

net::task<result<std::vector<domain::claimed_delivery>>> memory_store::claim_retries(
    std::vector<domain::channel> channels, wall_time now, std::size_t limit, net::lease_terms lease, deadline) {
    const auto fault_now = co_await begin("claim_retries");
    if (fault_now == store_fault::away) {
        co_return failure(postgres_errc::not_connected);
    }
    if (std::ranges::find(channels, domain::channel::sms) != channels.end()) {
        insert_sms_of_silent(now);
    }
    std::vector<memory_database::delivery*> due;
    for (auto* row : rows_.waiting()) {
        if (row->state == delivery_state::retrying && row->next_attempt_at <= now &&
            std::ranges::find(channels, row->plan.channel) != channels.end()) {
            due.push_back(row);
        }
    }
    std::ranges::sort(due, {}, [](const auto* row) { return std::pair{row->plan.useless_after, row->id}; });
    due.resize(std::min(due.size(), limit));
    std::vector<domain::claimed_delivery> claimed;
    for (auto* row : due) {
        if (!holds(*row) && bug != planted_bug::retry_without_reading) {
            row->state = delivery_state::superseded;
        } else if (row->plan.useless_after <= now) {
            row->state = delivery_state::expired;
        } else {
            take(*row, lease);
            claimed.push_back(describe(*row, lease));
        }
    }
    co_return answer(fault_now, std::move(claimed));
}

net::task<result<std::optional<wall_time>>> memory_store::next_retry(std::vector<domain::channel> channels, deadline) {
    const auto fault_now = co_await begin("next_retry");
    if (fault_now != store_fault::none) {
        co_return failure(postgres_errc::not_connected);
    }
    std::optional<wall_time> next;
    const bool texts = std::ranges::find(channels, domain::channel::sms) != channels.end();
    for (const auto* at : rows_.waiting()) {
        const auto& row = *at;
        if (row.state == delivery_state::retrying && std::ranges::find(channels, row.plan.channel) != channels.end() &&
            (!next || row.next_attempt_at < *next)) {
            next = row.next_attempt_at;
        }
        if (texts && row.state == delivery_state::accepted && row.fallback_at && (!next || *row.fallback_at < *next)) {
            next = row.fallback_at;
        }
    }
    co_return next;
}

net::task<result<std::vector<net::abandoned_claim>>> memory_store::take_abandoned(
    std::size_t limit, std::vector<domain::delivery_id> known, net::lease_terms lease, deadline) {
    const auto fault_now = co_await begin("take_abandoned");
    if (fault_now == store_fault::away) {
        co_return failure(postgres_errc::not_connected);
    }
    std::vector<net::abandoned_claim> taken;
    for (auto* at : rows_.waiting()) {
        auto& row = *at;
        const bool live = row.lease_until >= clock_.wall_now() && bug != planted_bug::takes_live_claims;
        if (row.state != delivery_state::claimed || live || taken.size() == limit ||
            std::ranges::find(known, row.id) != known.end()) {
            continue;
        }
        if (bug == planted_bug::takes_unmarked) {
            take(row, lease);
            taken.push_back({describe(row, lease)});
            continue;
        }
        constexpr std::int32_t most_attempts = 10;
        const bool deadly = row.plan.channel == domain::channel::email &&
                            row.reason == domain::reason::outcome_unknown && row.attempts >= most_attempts;
        row.reason = domain::reason::outcome_unknown;
        if (deadly || !holds(row)) {
            row.state = delivery_state::unconfirmed;
            continue;
        }
        take(row, lease);
        ++row.taken_over;
        taken.push_back({describe(row, lease)});
    }
    co_return answer(fault_now, std::move(taken));
}

net::task<result<std::vector<domain::claimed_delivery>>> memory_store::reclaim(std::vector<domain::delivery_id> known,
                                                                               net::lease_terms lease, deadline) {
    const auto fault_now = co_await begin("reclaim");
    if (fault_now == store_fault::away) {
        co_return failure(postgres_errc::not_connected);
    }
    std::vector<domain::claimed_delivery> found;
    for (auto& [id, row] : rows_.deliveries) {
        if (row.state != delivery_state::claimed || row.claimed_by != lease.instance ||
            std::ranges::find(known, id) != known.end()) {
            continue;
        }
        if (!holds(row)) {
            row.state = row.reason == domain::reason::outcome_unknown ? delivery_state::unconfirmed
                                                                      : delivery_state::superseded;
            continue;
        }
        take(row, lease);
        // The same claim, learnt of late.
        --row.attempts;
        --row.claims;
        found.push_back(describe(row, lease));
    }
    co_return answer(fault_now, std::move(found));
}

net::task<result<std::vector<domain::delivery_id>>> memory_store::renew(std::vector<domain::delivery_id> ids,
                                                                        net::lease_terms lease, deadline) {
    const auto fault_now = co_await begin("renew");
    if (fault_now == store_fault::away) {
        co_return failure(postgres_errc::not_connected);
    }
    std::vector<domain::delivery_id> renewed;
    for (const auto& id : ids) {
        auto& row = rows_.deliveries.at(id);
        if (row.state == delivery_state::claimed && row.claimed_by == lease.instance &&
            row.lease_until > clock_.wall_now()) {
            row.lease_until = clock_.wall_now() + lease.length;
            renewed.push_back(id);
        }
    }
    co_return answer(fault_now, std::move(renewed));
}

net::task<result<>> memory_store::record(std::vector<domain::outcome> outcomes, deadline) {
    const auto fault_now = co_await begin("record");
    if (fault_now == store_fault::away) {
        co_return failure(postgres_errc::not_connected);
    }
    for (const auto& one : outcomes) {
        auto& row = rows_.deliveries.at(one.id);
        const bool undo = bug == planted_bug::accepted_falls_back && one.state == delivery_state::retrying;
        if (!moves(row, one) && !undo) {
            continue;
        }
        if (row.state == delivery_state::claimed && !one.tried) {
            --row.attempts;
        }
        row.state = one.state;
        row.next_attempt_at = one.next_attempt_at;
        rows_.reconsider();
        if (one.reason != domain::reason::none && bug != planted_bug::record_forgets_mark) {
            row.reason = one.reason;
        }
        if (one.state == delivery_state::accepted) {
            row.accepted_at = one.at;
            row.provider_id = one.provider_id;
            row.fallback_at = one.fallback_at;
        }
        if (one.sms_instead) {
            insert_sms(row, *one.sms_instead, one.at);
        }
    }
    if (fault_now == store_fault::unknown) {
        co_return failure(postgres_errc::outcome_unknown);
    }
    co_return result<>{};
}

bool memory_store::note_status(memory_database::delivery& row, const net::message_status& what) {
    if (what.status == "delivered" && row.state != delivery_state::skipped) {
        row.state = delivery_state::delivered;
    }
    const bool open = row.state == delivery_state::claimed || row.state == delivery_state::retrying ||
                      row.state == delivery_state::accepted || row.state == delivery_state::unconfirmed;
    if (open && row.provider_id.empty()) {
        row.provider_id = what.provider_id;
    }
    if (!open || (what.status != "failed" && what.status != "undelivered")) {
        return false;
    }
    row.state = delivery_state::failed;
    const bool useful = row.plan.useless_after > clock_.wall_now();
    if (useful) {
        insert_sms(row, domain::reason::whatsapp_failed, clock_.wall_now());
    }
    return useful && row.plan.channel == domain::channel::whatsapp;
}

net::task<result<std::vector<net::callback_effect>>> memory_store::record_callbacks(
    std::vector<net::message_callback> came, deadline) {
    const auto fault_now = co_await begin("record_callbacks");
    if (fault_now == store_fault::refused) {
        co_return failure(postgres_errc::refused);
    }
    if (fault_now == store_fault::away) {
        co_return failure(postgres_errc::not_connected);
    }
    std::vector<net::callback_effect> effects;
    for (const auto& one : came) {
        const auto at = rows_.deliveries.find(one.what.delivery);
        net::callback_effect effect;
        effect.known = at != rows_.deliveries.end();
        effect.sms = effect.known && note_status(at->second, one.what);
        effects.push_back(effect);
    }
    co_return answer(fault_now, std::move(effects));
}

// As punctual.bind_message has it.
net::task<result<net::message_binding>> memory_store::bind_message(domain::delivery_id id,
                                                                   std::vector<std::string> candidates, deadline) {
    const auto fault_now = co_await begin("bind_message");
    if (fault_now == store_fault::away) {
        co_return failure(postgres_errc::not_connected);
    }
    auto& mine = rows_.deliveries[id];
    net::message_binding found{.sid = mine.provider_id, .wait = false};
    if (!found.sid.empty() || candidates.empty()) {
        co_return answer(fault_now, std::move(found));
    }
    const auto older = [](const domain::delivery_id& one, const domain::delivery_id& other) {
        return std::pair{one.size(), one} < std::pair{other.size(), other};
    };
    found.wait = std::ranges::any_of(rows_.deliveries, [&](const auto& each) {
        const auto& row = each.second;
        const bool first = row.reason != domain::reason::outcome_unknown || older(each.first, id);
        return each.first != id && row.state == delivery_state::claimed && row.lease_until > clock_.wall_now() &&
               row.plan.channel == mine.plan.channel && row.recipient == mine.recipient && row.provider_id.empty() &&
               first;
    });
    if (found.wait) {
        co_return answer(fault_now, std::move(found));
    }
    for (auto& candidate : candidates) {
        const bool taken = std::ranges::any_of(rows_.deliveries,
                                               [&](const auto& each) { return each.second.provider_id == candidate; });
        if (!taken) {
            mine.provider_id = candidate;
            found.sid = std::move(candidate);
            break;
        }
    }
    co_return answer(fault_now, std::move(found));
}

net::task<result<>> memory_store::record_webhook(std::string, std::string, std::string, deadline) {
    co_await begin("record_webhook");
    co_return result<>{};
}

net::task<result<>> memory_store::record_room(domain::appointment_id id, std::string sid, deadline) {
    const auto fault_now = co_await begin("record_room");
    if (fault_now == store_fault::away) {
        co_return failure(postgres_errc::not_connected);
    }
    auto& state = rows_.states[id];
    rows_.rooms.emplace(sid, id);
    // Said twice, it is still the room that has ended.
    if (state.room_sid != sid) {
        state.room_sid = std::move(sid);
        state.room_ended = false;
    }
    if (fault_now == store_fault::unknown) {
        co_return failure(postgres_errc::outcome_unknown);
    }
    co_return result<>{};
}

net::task<result<bool>> memory_store::complete_appointment(domain::appointment_id id, deadline) {
    const auto fault_now = co_await begin("complete_appointment");
    if (fault_now == store_fault::away) {
        co_return failure(postgres_errc::not_connected);
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
        co_return failure(postgres_errc::not_connected);
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
        co_return failure(postgres_errc::not_connected);
    }
    auto& state = rows_.states[id];
    rows_.room_ends.try_emplace(sid, clock_.wall_now());
    if (state.room_sid == sid) {
        state.room_ended = true;
    }
    if (fault_now == store_fault::unknown) {
        co_return failure(postgres_errc::outcome_unknown);
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
        co_return failure(postgres_errc::not_connected);
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
        co_return failure(postgres_errc::not_connected);
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

net::task<result<net::database_health>> memory_store::health(deadline) {
    const auto fault_now = co_await begin("health");
    if (fault_now != store_fault::none) {
        co_return failure(postgres_errc::not_connected);
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
        co_return failure(postgres_errc::not_connected);
    }
    co_return std::exchange(orphans, 0);
}

net::task<result<>> memory_store::purge(deadline) {
    co_await begin("purge");
    co_return result<>{};
}

}  // namespace punctual::test
