// The snapshot, the change feed, and what a look at it led to.

#include "support/memory_store_rules.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace punctual::test {
namespace {

using domain::delivery_state;
using net::store_errc;

bool is_older(const memory_database::delivery& row, const net::settlement::entry& than) {
    return row.plan.appointment == than.appointment && row.plan.version < than.version;
}

}  // namespace

net::task<result<net::feed_mark>> memory_store::snapshot(wall_time from, wall_time until_start,
                                                         std::function<void(const domain::scheduled_visit&)> each,
                                                         deadline) {
    const auto fault_now = co_await begin("snapshot");
    if (fault_now != store_fault::none) {
        co_return failure(store_errc::not_connected);
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
        co_return failure(store_errc::not_connected);
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
            folded.before = one.old ? std::optional{one.old->status} : std::nullopt;
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
        co_return failure(store_errc::not_connected);
    }
    const auto refuses = [this](const auto& entry) { return indigestible.contains(entry.appointment); };
    if (fault_now == store_fault::refused) {
        co_return failure(store_errc::refused, "SQLSTATE 53100");  // disk full
    }
    if (std::ranges::any_of(what.entries, refuses)) {
        co_return failure(store_errc::refused, "SQLSTATE 23514");  // check violation
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

}  // namespace punctual::test
