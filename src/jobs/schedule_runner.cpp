#include "jobs/schedule_runner.hpp"

#include "net/async/caught.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace punctual::jobs {
namespace {

// Of appointments in one turn of the loop: a storm must not hold up the API.
constexpr std::size_t turn = 256;
// Slewing (at most 0.5 ms a second, adjtime(3)) is no step, however long the sleep was.
constexpr std::chrono::nanoseconds least_step = std::chrono::seconds{5};
constexpr std::size_t most_set_aside = 10'000;
// Then nobody is served by it any more.
constexpr auto given_up_after_end = std::chrono::hours{24};

std::string_view name_of(domain::moment_type what) noexcept {
    switch (what) {
        case domain::moment_type::reminder:
            return "reminder";
        case domain::moment_type::quiet_texts:
            return "quiet_texts";
        case domain::moment_type::staff_alert:
            return "staff_alert";
        case domain::moment_type::make_room:
            return "make_room";
        case domain::moment_type::nudge:
            return "nudge";
        case domain::moment_type::end_check:
            return "end_check";
        case domain::moment_type::clean_up:
            return "clean_up";
    }
    return "unknown";
}

}  // namespace

schedule_runner::schedule_runner(domain::schedule& schedule, const domain::policy& rules, std::vector<lane*> lanes,
                                 visit_keeper& visits, net::clock& clock, net::logger& log, on_step stepped,
                                 net::metrics* metrics)
    : schedule_{schedule},
      rules_{rules},
      lanes_{std::move(lanes)},
      visits_{visits},
      clock_{clock},
      log_{log},
      alarm_{clock.make_wall_alarm()},
      stepped_{std::move(stepped)},
      plan_{[this](const domain::due_moment& due, wall_time now) { return domain::plan_reminders(due, rules_, now); }},
      aside_{most_set_aside},
      ahead_{wall_ahead_of_boot()} {
    if (metrics != nullptr) {
        broken_ = &metrics->make_counter("punctual_rows_broke_total", "Tries of a row that a bug or a refusal ended",
                                         {{"of", "moments"}});
        aside_count_ = &metrics->make_gauge("punctual_rows_set_aside",
                                            "Rows that wait for another try after such an end", {{"of", "moments"}});
    }
}

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
            try_to_route(one, now);
        }
        for (const auto& one : aside_.due(clock_.boot_now(), turn)) {
            try_to_route(one, now);
        }
        if (more) {
            co_await boost::asio::post(executor, net::use_result);
            continue;
        }
        const auto woken = co_await alarm_->wait_until(next_deadline());
        if (woken == net::woken::cancelled) {
            break;
        }
        look_for_step(woken == net::woken::clock_set);
    }
}

wall_time schedule_runner::next_deadline() const {
    const auto scheduled = schedule_.next_deadline().value_or(wall_time::max());
    if (aside_.size() == 0) {
        return scheduled;
    }
    const auto left = std::max(aside_.next() - clock_.boot_now(), boot_clock::duration::zero());
    return std::min(scheduled, clock_.wall_now() + std::chrono::ceil<std::chrono::microseconds>(left));
}

void schedule_runner::try_to_route(const domain::due_moment& due, wall_time now) {
    const auto broke = net::caught([&] { route(due, now); });
    if (!broke && aside_.size() == 0) {
        return;
    }
    const moment_key key{due.visit.appointment, due.what.what, due.what.reminder};
    if (!broke) {
        aside_.remove(key);
    } else {
        bool again = now < domain::plus(due.visit.starts_at, due.visit.duration + given_up_after_end);
        if (again) {
            again = aside_.add(key, due, clock_.boot_now());
        } else {
            aside_.remove(key);
        }
        if (broken_ != nullptr) {
            broken_->add();
        }
        log_.error("moment_set_aside", {{"appointment", due.visit.appointment},
                                        {"moment", name_of(due.what.what)},
                                        {"reminder", static_cast<int>(due.what.reminder)},
                                        {"error", net::describe(broke)},
                                        {"again", again ? "yes" : "no"}});
    }
    if (aside_count_ != nullptr) {
        aside_count_->set(static_cast<double>(aside_.size()));
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
            rows = plan_(due, now);
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
