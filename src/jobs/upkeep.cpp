#include "jobs/upkeep.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;

// Half of the minute after which a message counts as overdue.
constexpr std::chrono::milliseconds interval = 30s;
constexpr auto interval_when_unsent = 1500ms;
constexpr auto purge_interval = 1h;
// At start, for what a plan of yesterday left; and again for claims whose lease ran on then.
constexpr auto orphan_interval = 5min;
constexpr auto statement_time = 10s;
constexpr std::chrono::duration<double> tolerated_skew = 2s;
constexpr std::chrono::milliseconds telling_round_trip = 1s;
constexpr double worrying_notify_queue = 0.1;

}  // namespace

upkeep::upkeep(std::vector<lane*> lanes, net::store& store, net::clock& clock, net::logger& log, net::metrics& metrics)
    : lanes_{std::move(lanes)},
      store_{store},
      clock_{clock},
      log_{log},
      skew_{metrics.make_gauge("punctual_database_clock_skew_seconds", "The database's clock minus ours")},
      notify_queue_{metrics.make_gauge("punctual_notify_queue_usage", "pg_notification_queue_usage(), 0 to 1")},
      overdue_rows_{
          metrics.make_gauge("punctual_overdue_deliveries", "Deliveries due more than 60 s ago and not sent")},
      alarm_{clock.make_alarm()} {}

net::task<> upkeep::run() {
    while (!stopping_) {
        co_await look();
        if (!stopping_ &&
            (orphans_settled_ == boot_time{} || clock_.boot_now() >= orphans_settled_ + orphan_interval)) {
            co_await settle_orphans();
        }
        if (!stopping_ && clock_.boot_now() >= purged_ + purge_interval) {
            purged_ = clock_.boot_now();
            const auto purged = co_await store_.purge(clock_.boot_now() + statement_time);
            if (!purged) {
                log_.warning("purge_failed", {{"error", purged.error().message()}});
            }
        }
        const auto pause = anything_unsent() ? interval_when_unsent : interval;
        if (stopping_ || co_await alarm_->wait_until(clock_.boot_now() + pause) == net::woken::cancelled) {
            break;
        }
    }
}

bool upkeep::anything_unsent() const {
    return std::ranges::any_of(lanes_, [](const lane* one) { return one->has_unsent(); });
}

net::task<> upkeep::look() {
    const auto asked = clock_.wall_now();
    const auto health = co_await store_.health(clock_.boot_now() + statement_time);
    if (!health) {
        if (trouble_.is_new(health.error().message())) {
            log_.warning("database_health_not_read", {{"error", health.error().message()}});
        }
        co_return;
    }
    trouble_.over();
    // Half of the round trip is the way there; behind others in the pipeline it says nothing of the clocks.
    const auto round_trip = clock_.wall_now() - asked;
    const std::chrono::duration<double> skew = health->now - (asked + round_trip / 2);
    const bool telling = round_trip >= 0s && round_trip <= telling_round_trip;
    if (telling) {
        skew_.set(skew.count());
    }
    notify_queue_.set(health->notify_queue_usage);
    overdue_ = health->overdue;
    overdue_rows_.set(static_cast<double>(overdue_));
    if (telling && std::abs(skew.count()) > tolerated_skew.count()) {
        log_.error("clock_skew", {{"seconds", std::to_string(skew.count())}});
    }
    if (health->notify_queue_usage > worrying_notify_queue) {
        log_.error("notify_queue_fills", {{"usage", std::to_string(health->notify_queue_usage)}});
    }
}

net::task<> upkeep::settle_orphans() {
    const auto settled = co_await store_.settle_orphans(clock_.boot_now() + statement_time);
    if (!settled) {
        log_.warning("orphans_not_settled", {{"error", settled.error().message()}});
        co_return;
    }
    orphans_settled_ = clock_.boot_now();
    if (*settled > 0) {
        log_.warning("orphans_settled",
                     {{"count", *settled}, {"why", "the reminder plan has no such message any more"}});
    }
}

void upkeep::stop() {
    stopping_ = true;
    alarm_->poke();
}

}  // namespace punctual::jobs
