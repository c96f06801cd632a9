#include "jobs/feed_follower.hpp"

#include "domain/planted_bug.hpp"

#include <algorithm>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t page = 500;
// A bulk import is a round of many pages. Beside it, and beside some more of them, what is committed
// meanwhile is read in rounds of its own.
constexpr std::size_t most_rounds = 4;
// The bell rings once in 50 ms (config/sql, ring_when_quiet): what is committed in its silence is looked for.
constexpr auto silence_after_bell = 60ms;
constexpr auto look_in_silence = 6ms;
constexpr auto statement_time = 10s;
// Visits that ended this recently still have their end and their room to be looked after.
constexpr auto looking_back = 24h;
constexpr std::chrono::nanoseconds least_step = 1s;
constexpr std::size_t most_set_aside = 10'000;

}  // namespace

feed_follower::feed_follower(std::string instance, std::chrono::seconds lease, domain::schedule& schedule,
                             const domain::policy& rules, std::vector<lane*> lanes, net::store& store,
                             net::clock& clock, net::logger& log, net::metrics& metrics, events events)
    : instance_{std::move(instance)},
      lease_{lease},
      schedule_{schedule},
      rules_{rules},
      lanes_{std::move(lanes)},
      store_{store},
      clock_{clock},
      log_{log},
      handled_{metrics.make_counter("punctual_changes_total", "Changes of appointments that were settled")},
      unrung_{
          metrics.make_counter("punctual_unrung_changes_total", "Changes found by a look that no bell had asked for")},
      drifted_{metrics.make_counter("punctual_drift_total",
                                    "Appointments that a reconciliation found otherwise than the feed had told")},
      broken_{metrics.make_counter("punctual_rows_broke_total", "Tries of a row that a bug or a refusal ended",
                                   {{"of", "changes"}})},
      aside_count_{metrics.make_gauge("punctual_rows_set_aside", "Rows that wait for another try after such an end",
                                      {{"of", "changes"}})},
      delay_{metrics.make_histogram("punctual_change_delay_seconds", "From a change's writing to its settling",
                                    {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 60})},
      events_{std::move(events)},
      plan_{[this](const domain::appointment_change& change, wall_time now) {
          return domain::plan_notices(change, rules_, now);
      }},
      aside_{most_set_aside},
      alarm_{clock.make_alarm()},
      comparison_alarm_{clock.make_alarm()} {}

void feed_follower::bell() {
    bell_ = true;
    alarm_->poke();
}

void feed_follower::resync() {
    loaded_ = false;
    // A change that another daemon settles meanwhile is one that this one is never told of.
    for (auto* lane : lanes_) {
        lane->revoke_all();
    }
    alarm_->poke();
}

void feed_follower::clock_was_set(std::chrono::seconds by) {
    if (by < 0s) {
        // A clock that ran ahead has fired what is still to come; what was sent then is not sent again.
        anew_ = true;
        loaded_ = false;
    } else {
        horizon_extended_ = clock_.boot_now() - horizon_step;
        comparison_alarm_->poke();
    }
    alarm_->poke();
}

void feed_follower::stop() {
    stopping_ = true;
    comparison_alarm_->poke();
    alarm_->poke();
}

net::task<> feed_follower::run() {
    if (std::exchange(loading_, false)) {
        loaded_ = false;  // a round broke in the middle of it
    }
    while (!stopping_) {
        watch_clock();
        const auto began = clock_.boot_now();
        if (std::exchange(bell_, false)) {
            silent_until_ = began + silence_after_bell;
        }
        const bool silent = began <= silent_until_;
        unrung_look_ = !silent && loaded_;
        bool good = loaded_;
        if (!good) {
            loading_ = true;
            good = co_await load();
            loading_ = false;
        }
        if (good) {
            const bool compared = comparison_ && comparison_->read;
            good = co_await drain();
            if (good && compared) {
                tell_of_drift();
            }
        }
        if (stopping_) {
            break;
        }
        const auto pause = !good ? pause_after_error : silent ? look_in_silence : look_interval;
        if (co_await alarm_->wait_until(clock_.boot_now() + pause) == net::woken::cancelled) {
            break;
        }
    }
}

// The kernel tells whoever waits on the wall clock that it was set; a clock that is set for this process alone (a
// container's, a debugger's) tells nobody. Whoever is woken looks what has become due.
void feed_follower::watch_clock() {
    const auto ahead = clock_.wall_now().time_since_epoch() - clock_.boot_now().time_since_epoch();
    const auto by = ahead - std::exchange(wall_ahead_, ahead);
    if (std::chrono::abs(by) >= least_step) {
        events_.schedule_changed();
    }
}

net::task<bool> feed_follower::load() {
    const auto now = clock_.wall_now();
    const auto until = domain::plus(now, rules_.horizon);
    // A connection lost while the rows come sets it back to false by resync().
    loaded_ = true;
    if (std::exchange(anew_, false)) {
        schedule_.clear();
    }
    comparison_.reset();
    schedule_.begin_sweep();
    std::size_t went_back = 0;
    auto take = [&](const domain::scheduled_visit& visit) {
        went_back += take_from_tables(visit, now) == domain::upserted::stale ? 1U : 0U;
    };
    const auto started = clock_.boot_now();
    const auto mark = co_await store_.snapshot(now - looking_back, until, std::move(take), started + snapshot_time);
    if (!mark) {
        loaded_ = false;
        failed("snapshot_failed", mark.error());
        co_return false;
    }
    const auto gone = schedule_.finish_sweep();
    marks_.assign(1, *mark);
    // The feed tells again of all that nobody has settled.
    aside_.clear();
    horizon_ = until;
    read_up_to_ = until;
    horizon_extended_ = clock_.boot_now();
    compared(started);
    trouble_.over();
    last_look_ = horizon_extended_;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.boot_now() - started);
    if (went_back > 0) {
        log_.warning("versions_went_back", {{"appointments", went_back}});
    }
    log_.info("snapshot_loaded", {{"appointments", schedule_.size()}, {"gone", gone}, {"ms", took.count()}});
    loading_ = false;
    if (loaded_) {
        comparison_alarm_->poke();
        events_.schedule_changed();
        events_.loaded();
    }
    co_return loaded_;
}

// What the tables say is so, also when this process has seen a later version: its commit went with a failover, or the
// database was restored. `stale` then.
domain::upserted feed_follower::take_from_tables(const domain::scheduled_visit& visit, wall_time now) {
    const auto what = schedule_.upsert(visit, now);
    if (what == domain::upserted::stale) {
        schedule_.remove(visit.appointment);
        schedule_.upsert(visit, now);
    }
    return what;
}

// Asked again every half a second: a reason that stays the same is told once.
void feed_follower::failed(std::string_view event, const error& why) {
    if (trouble_.is_new(why.message())) {
        log_.warning(event, {{"error", why.message()}});
    }
}

net::task<bool> feed_follower::drain() {
    do {
        for (std::size_t at = 0; at < marks_.size(); ++at) {
            const bool good = co_await read_page(marks_[at]);
            if (!good) {
                co_return false;
            }
            if (stopping_ || !loaded_) {
                co_return loaded_;
            }
        }
        close_rounds();
    } while (marks_.back().in_round() || marks_.size() > 1);
    co_return true;
}

// One that has come to its end is shown by none of those after it; a booking must not wait for one that has not.
void feed_follower::close_rounds() {
    const auto last = marks_.back();
    std::erase_if(marks_, [](const auto& mark) { return !mark.in_round(); });
    if (!last.in_round()) {
        marks_.push_back(last);
    } else if (marks_.size() < most_rounds) {
        marks_.push_back(last.beyond_round());
    }
}

net::task<bool> feed_follower::read_page(net::feed_mark& from) {
    auto look = co_await store_.look(from, page, clock_.boot_now() + statement_time);
    if (!look) {
        failed("feed_not_read", look.error());
        co_return false;
    }
    last_look_ = clock_.boot_now();
    tell_what_waits(look->waiting);
    const bool changed = !look->changes.empty();
    no_place_ = false;
    auto planned = take_over_all(std::move(look->changes));
    tell_of_refused(look->refused);
    for (const auto person : look->people) {
        for (auto* lane : lanes_) {
            lane->revoke_recipient(person);
        }
    }
    if (changed || !planned.empty()) {
        events_.schedule_changed();
    }
    const bool settled = co_await settle(std::move(planned));
    if (!settled || no_place_) {
        co_return false;
    }
    trouble_.over();
    // Only now: a page that was not settled is read again.
    from = look->next;
    last_look_ = clock_.boot_now();
    co_return true;
}

void feed_follower::tell_what_waits(const net::waiting_rows& waiting) {
    if (domain::planted_bug::is(domain::planted_bug::mistake::waiting_rows_not_told)) {
        return;
    }
    for (const auto& [channel, when] : waiting.tries) {
        for (auto* lane : lanes_) {
            if (lane->carries(channel)) {
                lane->retry_at(when);
            }
        }
    }
    if (waiting.lease_end && events_.lease_ends) {
        events_.lease_ends(*waiting.lease_end);
    }
}

}  // namespace punctual::jobs
