#include "jobs/lease_keeper.hpp"

#include "domain/planted_bug.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;

// The feed tells when a lease ends (lease_ends); this is for renewing ours, and in case it did not.
constexpr std::chrono::milliseconds longest_interval = 10s;
constexpr std::chrono::milliseconds reclaiming_interval = 5s;
constexpr auto statement_time = 5s;
constexpr std::size_t page = 200;
// So that it is over for the database too.
constexpr std::chrono::nanoseconds after_its_end = 5ms;

}  // namespace

lease_keeper::lease_keeper(std::string instance, std::chrono::seconds lease, std::vector<lane*> lanes,
                           const recorder& recorder, net::store& store, net::clock& clock, net::logger& log,
                           net::metrics& metrics)
    : instance_{std::move(instance)},
      lease_{lease},
      lanes_{std::move(lanes)},
      recorder_{recorder},
      store_{store},
      clock_{clock},
      log_{log},
      abandoned_{metrics.make_counter("punctual_abandoned_claims_total",
                                      "Claims found with a lease that had run out: outcome unknown")},
      reclaimed_{metrics.make_counter("punctual_reclaimed_claims_total",
                                      "Claims whose answer was lost with a connection, and which nothing was sent of")},
      alarm_{clock.make_alarm()} {}

net::lease_terms lease_keeper::terms() const {
    return {.instance = instance_, .length = lease_, .granted_at = clock_.boot_now()};
}

net::task<> lease_keeper::run() {
    while (!stopping_) {
        bool kept = true;
        const auto third = std::chrono::milliseconds{lease_} / 3;
        if (clock_.boot_now() >= renewed_ + third) {
            kept = co_await renew();
        }
        // A claim whose answer was lost looks abandoned when its lease is over; nothing of it was sent.
        if (kept && reclaim_until_) {
            co_await reclaim();
        }
        if (kept) {
            co_await take_abandoned();
        }
        const auto pause = std::min(reclaim_until_ ? reclaiming_interval : longest_interval, third);
        const bool goes_on = co_await wait_until(clock_.boot_now() + pause);
        if (!goes_on) {
            break;
        }
    }
}

boot_time lease_keeper::lease_end() const {
    if (!lease_end_) {
        return boot_time::max();
    }
    return clock_.boot_now() + std::chrono::duration_cast<std::chrono::nanoseconds>(*lease_end_ - clock_.wall_now()) +
           after_its_end;
}

net::task<bool> lease_keeper::wait_until(boot_time latest) {
    while (!stopping_ && !std::exchange(asked_, false)) {
        const auto now = clock_.boot_now();
        if (lease_end() <= now) {
            // Told again by the next look, if it is there still.
            lease_end_.reset();
            break;
        }
        if (latest <= now) {
            break;
        }
        waits_until_ = std::min(latest, lease_end());
        if (co_await alarm_->wait_until(waits_until_) == net::woken::cancelled) {
            co_return false;
        }
    }
    waits_until_ = boot_time::min();
    co_return !stopping_;
}

void lease_keeper::lease_ends(wall_time when) {
    lease_end_ = when;
    if (lease_end() < waits_until_) {
        alarm_->poke();
    }
}

net::task<bool> lease_keeper::renew() {
    auto ids = under_way();
    const auto now = clock_.boot_now();
    if (ids.empty() || domain::planted_bug::is(domain::planted_bug::mistake::leases_not_renewed)) {
        renewed_ = now;
        co_return true;
    }
    const auto asked = ids.size();
    auto lease = terms();
    const auto until = lease.granted_at + lease.length;
    const auto kept = co_await store_.renew(std::move(ids), std::move(lease), clock_.boot_now() + statement_time);
    if (!kept) {
        if (trouble_.is_new(kept.error().message())) {
            log_.warning("leases_not_renewed", {{"count", asked}, {"error", kept.error().message()}});
        }
        co_return false;
    }
    for (auto* lane : lanes_) {
        lane->renewed(*kept, until);
    }
    trouble_.over();
    renewed_ = now;
    co_return true;
}

void lease_keeper::reclaim_soon() {
    // A statement of the lost connection may still be waiting at the server, and take effect later.
    reclaim_until_ = clock_.boot_now() + lease_;
    asked_ = true;
    alarm_->poke();
}

bool lease_keeper::is_known(const domain::delivery_id& id) const {
    return recorder_.holds(id) || std::ranges::any_of(lanes_, [&](const lane* one) { return one->carries_out(id); });
}

std::vector<domain::delivery_id> lease_keeper::under_way() const {
    std::vector<domain::delivery_id> ids;
    for (const auto* lane : lanes_) {
        std::ranges::move(lane->claimed_ids(), std::back_inserter(ids));
    }
    return ids;
}

net::task<> lease_keeper::reclaim() {
    const auto began = clock_.boot_now();
    auto lease = terms();
    auto found = co_await store_.reclaim(under_way(), std::move(lease), began + statement_time);
    if (!found) {
        co_return;
    }
    std::size_t count = 0;
    for (auto& one : *found) {
        // Claims go through the same connection, in order: one that was answered meanwhile is known by now.
        if (is_known(one.id)) {
            continue;
        }
        reclaimed_.add();
        ++count;
        log_.debug("claim_taken_up", {{"delivery", one.id}, {"appointment", one.appointment}});
        hand_over(std::move(one));
    }
    if (count > 0) {
        log_.info("claims_taken_up", {{"count", count}});
    }
    if (reclaim_until_ && began >= *reclaim_until_) {
        reclaim_until_.reset();
    }
}

void lease_keeper::hand_over(domain::claimed_delivery delivery) {
    for (auto* lane : lanes_) {
        if (lane->carries(delivery.channel)) {
            std::vector<domain::claimed_delivery> mine;
            mine.push_back(std::move(delivery));
            lane->adopt(std::move(mine));
            return;
        }
    }
}

net::task<> lease_keeper::take_abandoned() {
    bool full = true;
    while (full && !stopping_) {
        auto lease = terms();
        // While the database was away for as long as a lease, ours ran out too: what is still being sent, and what has
        // been and could not be written.
        auto known = under_way();
        recorder_.append_held(known);
        auto taken = co_await store_.take_abandoned(page, std::move(known), std::move(lease),
                                                    clock_.boot_now() + statement_time);
        if (!taken) {
            co_return;
        }
        full = taken->size() == page;
        if (!taken->empty()) {
            log_.warning("claims_abandoned", {{"count", taken->size()}});
        }
        for (auto& one : *taken) {
            auto& delivery = one.delivery;
            abandoned_.add();
            log_.debug("claim_abandoned", {{"delivery", delivery.id},
                                           {"appointment", delivery.appointment},
                                           {"channel", domain::to_string(delivery.channel)},
                                           {"attempt", delivery.attempts}});
            hand_over(std::move(delivery));
        }
    }
}

void lease_keeper::stop() {
    stopping_ = true;
    alarm_->poke();
}

}  // namespace punctual::jobs
