// The rounds of a lane: what it claims, what it parks in the database, and what it waits for.

#include "jobs/lane.hpp"

#include <algorithm>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::delivery_state;

constexpr auto statement_time = 10s;
constexpr auto pause_after_database_error = 500ms;
// A claimed one that could not be started by then is given back: somebody else may have room for it.
constexpr auto longest_ready = 5s;

}  // namespace

net::lease_terms lane::lease_terms() const {
    return {.instance = options_.instance, .length = options_.lease, .granted_at = clock_.boot_now()};
}

net::task<> lane::run() {
    claims_.put_back();  // of a round that broke
    while (!stopping_) {
        const auto now = clock_.boot_now();
        provider_.show(now);
        give_back_overdue(now);
        const auto free = room();
        const auto connections = sender_.capacity();
        const bool database_rests = database_pause_ && now < *database_pause_;
        if (!database_rests) {
            database_pause_.reset();
            const bool held = provider_.current(now) != domain::provider_gate::state::open && free == 0;
            const auto unwanted =
                held || queued() > options_.queue_bound ? lane_claims::everything : claims_.behind_backlog();
            if (claims_.claimable(unwanted) > 0) {
                co_await park(unwanted);
                continue;
            }
            if (free > 0 && claims_.retries_due(clock_.wall_now()) &&
                !claims_.retry_shares(now, free, connections).empty()) {
                co_await claim_retries(std::min(free, options_.largest_claim));
                continue;
            }
            const auto allowed = claims_.allowed(now, connections);
            const auto claimable = claims_.claimable(allowed);
            if (free > 0 && claimable > 0 && free >= std::min(claimable, depth_.worthwhile(connections))) {
                // The first of a burst are to be on the wire before a large claim has been committed.
                const auto most = under_way_.empty() ? connections : options_.largest_claim;
                co_await claim_due(std::min(free, most), allowed);
                continue;
            }
            // A probe of a held provider is one delivery, whatever waits.
            if (free == 1 && claimable > 0 && provider_.current(now) == domain::provider_gate::state::probing) {
                co_await claim_due(1, allowed);
                continue;
            }
        }
        if (co_await wait_for_work() == net::woken::cancelled) {
            break;
        }
    }
    co_await sends_.wait();
    // What is still queued is written down: whoever comes next need not plan it again to find it.
    for (std::size_t before = queued() + 1; queued() > 0 && queued() < before;) {
        before = queued();
        co_await park(lane_claims::everything);
    }
}

net::task<net::woken> lane::wait_for_work() {
    const auto now = clock_.boot_now();
    if (database_pause_ && *database_pause_ > now) {
        co_return co_await alarm_->wait_until(*database_pause_);
    }
    auto until = ready_.empty() ? boot_time::max() : boot_time{ready_.front().since + longest_ready};
    if (room() > 0) {
        until = std::min(until, claims_.next_allowed(now));
        until = std::min(until, next_retry(now));
    }
    if (const auto held = provider_.held_until(); held && *held > now) {
        until = std::min(until, *held);
    }
    co_return co_await alarm_->wait_until(until);
}

// Max: nothing waits in the database, or what does waits for a connection, whose end wakes us.
boot_time lane::next_retry(boot_time now) const {
    const auto due = claims_.next_retry();
    if (!due) {
        return boot_time::max();
    }
    const boot_time when = now + std::max<std::chrono::nanoseconds>(*due - clock_.wall_now(), 1ms);
    const bool allowed = !claims_.retry_shares(now, 1, sender_.capacity()).empty();
    return allowed ? when : std::max(when, claims_.next_retry_allowed(now));
}

// Written down as `retrying` and due at once: the database keeps them while the provider is away.
net::task<> lane::park(domain::channel_counts which) {
    auto rows = claims_.take(options_.largest_claim, which);
    const auto now = clock_.wall_now();
    for (auto& row : rows) {
        if (row.state == delivery_state::claimed) {
            row.state = delivery_state::retrying;
            row.next_attempt_at = now;
        }
    }
    const auto claimed = co_await store_.claim(std::move(rows), lease_terms(), clock_.boot_now() + statement_time);
    if (!claimed) {
        claims_.put_back();
        database_failed(claimed.error());
        co_return;
    }
    claims_.written();
    retry_at(now);
}

net::task<> lane::claim_due(std::size_t limit, domain::channel_counts allowed) {
    auto rows = claims_.take(limit, allowed);
    auto claimed = co_await store_.claim(std::move(rows), lease_terms(), clock_.boot_now() + statement_time);
    if (!claimed) {
        claims_.put_back();
        database_failed(claimed.error());
        co_return;
    }
    claims_.written();
    start(std::move(*claimed));
}

// Channels of which all that is due was claimed are asked for their next; the others (more is due, or they have had
// their messages of this second) are looked at again when they may send.
net::task<> lane::claim_retries(std::size_t limit) {
    auto later = sender_.channels();
    std::vector<domain::channel> exhausted;
    auto shares = claims_.retry_shares(clock_.boot_now(), limit, sender_.capacity());
    for (const auto& share : shares) {
        const auto most = std::min(share.limit, limit);
        if (most == 0) {
            break;
        }
        auto channels = share.channels;
        auto claimed = co_await store_.claim_retries(std::move(channels), clock_.wall_now(), most, lease_terms(),
                                                     clock_.boot_now() + statement_time);
        if (!claimed) {
            database_failed(claimed.error());
            co_return;
        }
        limit -= claimed->size();
        const bool more = claimed->size() >= most;
        for (const auto channel : share.channels) {
            claims_.note_backlog(channel, more);
            if (!more) {
                std::erase(later, channel);
                exhausted.push_back(channel);
            }
        }
        start(std::move(*claimed));
    }
    claims_.forget_retry();
    for (const auto channel : later) {
        retry_at(clock_.wall_now() + claims_.pause_of(channel, clock_.boot_now(), sender_.capacity()));
    }
    if (exhausted.empty()) {
        co_return;
    }
    const auto next = co_await store_.next_retry(std::move(exhausted), clock_.boot_now() + statement_time);
    if (!next) {
        retry_at(clock_.wall_now());
        database_failed(next.error());
    } else if (*next) {
        // A row that another daemon holds is due and not ours: do not spin on it.
        retry_at(std::max(**next, clock_.wall_now() + 100ms));
    }
}

void lane::database_failed(const error& why) {
    database_pause_ = clock_.boot_now() + pause_after_database_error;
    if (database_trouble_.is_new(why.message())) {
        log_.warning("claim_failed", {{"lane", options_.name}, {"error", why.message()}});
    }
}

void lane::give_back_overdue(boot_time now) {
    while (!ready_.empty() && now >= ready_.front().since + longest_ready) {
        depth_.note_crowded();
        give_back_first();
    }
}

}  // namespace punctual::jobs
