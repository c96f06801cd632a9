// Beside the feed: what comes into range as time passes, and whether what is held is what the tables say.

#include "jobs/feed_follower.hpp"

#include <algorithm>

namespace punctual::jobs {
namespace {

// No more than a twentieth of the time goes into comparing everything with the database.
constexpr int reconcile_share = 20;

}  // namespace

net::task<> feed_follower::run_comparisons() {
    if (comparison_ && !comparison_->read) {
        comparison_.reset();  // of a round that broke
    }
    while (!stopping_) {
        const auto now = clock_.boot_now();
        bool good = loaded();
        if (good && now >= horizon_extended_ + horizon_step) {
            good = co_await extend_horizon();
        }
        if (good && !stopping_ && !comparison_ && now >= next_comparison_) {
            good = co_await compare();
        }
        auto until = boot_time::max();  // to the next snapshot
        if (loaded_) {
            until = good ? std::min<boot_time>(horizon_extended_ + horizon_step, next_comparison_)
                         : clock_.boot_now() + pause_after_error;
            if (comparison_) {
                until = clock_.boot_now() + look_interval;
            }
        }
        if (stopping_ || co_await comparison_alarm_->wait_until(until) == net::woken::cancelled) {
            break;
        }
    }
}

// What has come into range since; the feed tells of changes only, not of time passing. The horizon goes first: what
// the feed tells of meanwhile is within it already, and the rows that are read know nothing of it.
net::task<bool> feed_follower::extend_horizon() {
    const auto now = clock_.wall_now();
    const auto until = domain::plus(now, rules_.horizon);
    horizon_ = std::max(horizon_, until);
    auto take = [this, now](const domain::scheduled_visit& visit) { schedule_.upsert(visit, now); };
    const auto read = co_await store_.snapshot(read_up_to_, until, std::move(take), clock_.boot_now() + snapshot_time);
    if (!read) {
        failed("snapshot_failed", read.error());
        co_return false;
    }
    read_up_to_ = std::max(read_up_to_, until);
    horizon_extended_ = clock_.boot_now();
    events_.schedule_changed();
    co_return true;
}

// Finds what is missing or otherwise. What is gone or cancelled unseen does no harm: a claim reads the row again.
net::task<bool> feed_follower::compare() {
    const auto started = clock_.boot_now();
    const auto now = clock_.wall_now();
    comparison_.emplace();
    auto take = [this, now](const domain::scheduled_visit& visit) {
        // Gone when a snapshot is loaded meanwhile. Of what the feed has told since, the row may be older.
        if (!comparison_ || comparison_->told.contains(visit.appointment) || visit.starts_at <= now) {
            return;  // the moments of what has started may all be past, and then it is not held
        }
        const auto what = take_from_tables(visit, now);
        if (what != domain::upserted::unchanged && what != domain::upserted::finished) {
            comparison_->untold.insert(visit.appointment);
        }
    };
    const auto read = co_await store_.snapshot(now, horizon_, std::move(take), started + snapshot_time);
    if (!read || !comparison_) {
        comparison_.reset();
        if (!read) {
            failed("snapshot_failed", read.error());
        }
        co_return false;
    }
    compared(started);
    if (comparison_->untold.empty()) {
        comparison_.reset();
        co_return true;
    }
    comparison_->read = true;
    events_.schedule_changed();
    alarm_->poke();
    co_return true;
}

void feed_follower::compared(boot_time started) {
    const auto now = clock_.boot_now();
    next_comparison_ = now + std::max<std::chrono::nanoseconds>(reconcile_interval_, (now - started) * reconcile_share);
}

void feed_follower::tell_of_drift() {
    const auto drifted = comparison_ ? comparison_->untold.size() : 0;
    comparison_.reset();
    if (drifted > 0) {
        drifted_.add(static_cast<double>(drifted));
        log_.warning("schedule_drifted", {{"appointments", drifted}});
    }
}

}  // namespace punctual::jobs
