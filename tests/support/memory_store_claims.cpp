// How rows come to be ours.

#include "support/memory_store_rules.hpp"

#include <algorithm>
#include <utility>

namespace punctual::test {
namespace {

using domain::delivery_state;
using net::store_errc;

}  // namespace

net::task<result<std::vector<domain::claimed_delivery>>> memory_store::claim(
    std::vector<domain::planned_delivery> wanted, net::lease_terms lease, deadline) {
    const auto fault_now = co_await begin("claim");
    if (fault_now == store_fault::away) {
        co_return failure(store_errc::not_connected);
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
        co_return failure(store_errc::not_connected);
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
        co_return failure(store_errc::not_connected);
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
        co_return failure(store_errc::not_connected);
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
        co_return failure(store_errc::not_connected);
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
        co_return failure(store_errc::not_connected);
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

}  // namespace punctual::test
