// What became of deliveries, by us and by callbacks.

#include "support/memory_store_rules.hpp"

#include <algorithm>
#include <utility>

namespace punctual::test {
namespace {

using domain::delivery_state;
using net::store_errc;

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

}  // namespace

net::task<result<>> memory_store::record(std::vector<domain::outcome> outcomes, deadline) {
    const auto fault_now = co_await begin("record");
    if (fault_now == store_fault::away) {
        co_return failure(store_errc::not_connected);
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
        co_return failure(store_errc::outcome_unknown);
    }
    co_return result<>{};
}

bool memory_store::note_status(memory_database::delivery& row, const net::message_status& what) {
    if ((what.status == "delivered" || what.status == "read") && row.state != delivery_state::skipped) {
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
        co_return failure(store_errc::refused);
    }
    if (fault_now == store_fault::away) {
        co_return failure(store_errc::not_connected);
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
        co_return failure(store_errc::not_connected);
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

}  // namespace punctual::test
