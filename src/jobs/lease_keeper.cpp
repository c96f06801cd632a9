#include "jobs/lease_keeper.hpp"

#include "domain/planted_bug.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;

constexpr auto interval = 5s;
constexpr auto statement_time = 5s;
constexpr std::size_t page = 200;

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
      alarm_{clock.make_alarm()} {}

net::lease_terms lease_keeper::terms() const {
    return {.instance = instance_, .length = lease_, .granted_at = clock_.boot_now()};
}

net::task<> lease_keeper::run() {
    while (!stopping_) {
        bool kept = true;
        if (clock_.boot_now() >= renewed_ + lease_ / 3) {
            kept = co_await renew();
        }
        // After an outage longer than a lease our own rows look abandoned: first they are renewed.
        if (kept) {
            co_await take_abandoned();
        }
        if (stopping_ || co_await alarm_->wait_until(clock_.boot_now() + interval) == net::woken::cancelled) {
            break;
        }
    }
}

net::task<bool> lease_keeper::renew() {
    std::vector<domain::delivery_id> ids;
    for (const auto* lane : lanes_) {
        std::ranges::move(lane->claimed_ids(), std::back_inserter(ids));
    }
    const auto now = clock_.boot_now();
    if (ids.empty() || domain::planted_bug::is(domain::planted_bug::mistake::leases_not_renewed)) {
        renewed_ = now;
        co_return true;
    }
    const auto asked = ids.size();
    auto lease = terms();
    const auto kept = co_await store_.renew(std::move(ids), std::move(lease), clock_.boot_now() + statement_time);
    if (!kept) {
        log_.warning("leases_not_renewed", {{"count", asked}, {"error", kept.error().message()}});
        co_return false;
    }
    renewed_ = now;
    co_return true;
}

net::task<> lease_keeper::take_abandoned() {
    bool full = true;
    // Our own rows may be there whose outcome is known and could not be written for as long as a lease.
    while (full && !stopping_ && recorder_.pending() == 0) {
        auto lease = terms();
        auto taken = co_await store_.take_abandoned(page, std::move(lease), clock_.boot_now() + statement_time);
        if (!taken) {
            co_return;
        }
        full = taken->size() == page;
        for (auto& one : *taken) {
            auto& delivery = one.delivery;
            abandoned_.add();
            log_.warning("claim_abandoned", {{"delivery", delivery.id},
                                             {"appointment", delivery.appointment},
                                             {"channel", domain::to_string(delivery.channel)},
                                             {"attempt", delivery.attempts}});
            for (auto* lane : lanes_) {
                if (lane->carries(delivery.channel)) {
                    std::vector<domain::claimed_delivery> mine;
                    mine.push_back(std::move(delivery));
                    lane->adopt(std::move(mine));
                    break;
                }
            }
        }
    }
}

void lease_keeper::stop() {
    stopping_ = true;
    alarm_->poke();
}

}  // namespace punctual::jobs
