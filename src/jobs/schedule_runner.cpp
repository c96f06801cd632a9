#include "jobs/schedule_runner.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>

namespace punctual::jobs {
namespace {

// Of appointments in one turn of the loop: a storm must not hold up the API.
constexpr std::size_t turn = 256;
// Slewing (at most 0.5 ms a second, adjtime(3)) is no step, however long the sleep was.
constexpr std::chrono::nanoseconds least_step = std::chrono::seconds{5};

}  // namespace

schedule_runner::schedule_runner(domain::schedule& schedule, const domain::policy& rules, std::vector<lane*> lanes,
                                 visit_keeper& visits, net::clock& clock, net::logger& log, on_step stepped)
    : schedule_{schedule},
      rules_{rules},
      lanes_{std::move(lanes)},
      visits_{visits},
      clock_{clock},
      log_{log},
      alarm_{clock.make_wall_alarm()},
      stepped_{std::move(stepped)},
      ahead_{wall_ahead_of_boot()} {}

void schedule_runner::wake() {
    alarm_->poke();
}

void schedule_runner::stop() {
    stopping_ = true;
    alarm_->poke();
}

net::task<> schedule_runner::run() {
    const auto executor = co_await boost::asio::this_coro::executor;
    while (!stopping_) {
        const auto now = clock_.wall_now();
        // Of a round that broke: behind the one that it broke at.
        bool more = routed_ < due_.size();
        if (!more) {
            due_.clear();
            routed_ = 0;
            more = schedule_.fire(now, turn, due_);
        }
        while (routed_ < due_.size()) {
            const auto& one = due_[routed_++];
            route(one, now);
        }
        if (more) {
            co_await boost::asio::post(executor, net::use_result);
            continue;
        }
        const auto woken = co_await alarm_->wait_until(schedule_.next_deadline().value_or(wall_time::max()));
        if (woken == net::woken::cancelled) {
            break;
        }
        look_for_step(woken == net::woken::clock_set);
    }
}

std::chrono::nanoseconds schedule_runner::wall_ahead_of_boot() const {
    return clock_.wall_now().time_since_epoch() - clock_.boot_now().time_since_epoch();
}

// Looked for at every waking, told or not: what a step has made untrue does not mend itself.
void schedule_runner::look_for_step(bool told) {
    const auto ahead = wall_ahead_of_boot();
    const auto by = ahead - std::exchange(ahead_, ahead);
    const bool far = std::chrono::abs(by) >= least_step;
    if (!told && !far) {
        return;
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(by);
    log_.warning("wall_clock_set", {{"seconds", seconds.count()}});
    for (auto* lane : lanes_) {
        lane->wake();
    }
    if (far && stepped_) {
        stepped_(seconds);
    }
}

void schedule_runner::route(const domain::due_moment& due, wall_time now) {
    std::vector<domain::planned_delivery> rows;
    switch (due.what.what) {
        case domain::moment_type::reminder:
            rows = domain::plan_reminders(due, rules_, now);
            for (auto* lane : lanes_) {
                lane->push(rows);
            }
            break;
        case domain::moment_type::quiet_texts:
            visits_.keep_night_quiet(due.visit, due.what.reminder);
            break;
        case domain::moment_type::staff_alert:
            visits_.check_reached(due.visit);
            break;
        case domain::moment_type::make_room:
            visits_.make_room(due.visit);
            break;
        case domain::moment_type::nudge:
            visits_.check_waiting(due.visit);
            break;
        case domain::moment_type::end_check:
            visits_.check_end(due.visit);
            break;
        case domain::moment_type::clean_up:
            visits_.clean_up(due.visit);
            break;
    }
}

}  // namespace punctual::jobs
