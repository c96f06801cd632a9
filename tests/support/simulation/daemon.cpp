#include "support/simulation/daemon.hpp"

#include <boost/asio/post.hpp>

#include <stdexcept>
#include <tuple>
#include <utility>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;

constexpr auto lease = 30s;
constexpr int most_rounds = 1000;

}  // namespace

simulated_daemon::simulated_daemon(surroundings& around, std::string instance)
    : around_{around},
      instance_{std::move(instance)},
      store_{around.rows, around.database_clock},
      visit_log_{around.rows, around.database_clock},
      schedule_{around.rules, around.clock.wall_now()},
      composer_{around.far},
      mailer_{around.far},
      messenger_{around.far},
      recorder_{store_, around.clock, *silence_},
      email_sender_{&mailer_, composer_, around.rules, around.clock,
                    [this] { return around_.far.random().fraction(); }},
      text_sender_{&messenger_, composer_,    around.rules,
                   store_,      around.clock, [this] { return around_.far.random().fraction(); }},
      email_lane_{make_lane("smtp", email_sender_)},
      text_lane_{make_lane("twilio", text_sender_)},
      lanes_{email_lane_.get(), text_lane_.get()},
      room_keeper_{&around.rooms, store_, around.clock, *silence_},
      visits_{around.context.get_executor(),
              room_keeper_,
              &around.rooms,
              around.rules,
              lanes_,
              store_,
              visit_log_,
              around.clock,
              *silence_,
              metrics_},
      room_listener_{room_keeper_,
                     visit_log_,
                     around.clock,
                     *silence_,
                     metrics_,
                     {.read = [this](const net::kept_event& kept) { return around_.rooms.event_of(kept.key); },
                      .ended =
                          [this](domain::appointment_id id) {
                              if (!dead_) {
                                  visits_.room_ended(id);
                              }
                          },
                      .came =
                          [this](domain::appointment_id id) {
                              if (!dead_) {
                                  visits_.somebody_came(id);
                              }
                          }}},
      runner_{schedule_,
              around.rules,
              lanes_,
              visits_,
              around.clock,
              *silence_,
              [this](std::chrono::seconds by) { follower_.clock_was_set(by); }},
      follower_{instance_,
                lease,
                schedule_,
                around.rules,
                lanes_,
                store_,
                around.clock,
                *silence_,
                metrics_,
                {.loaded = [this] { loaded(); },
                 .schedule_changed =
                     [this] {
                         if (around_.far.bug != planted_bug::no_wake) {
                             runner_.wake();
                         }
                     },
                 .cancelled = [this] { visits_.sweep_soon(); },
                 .lease_ends = [this](wall_time when) { leases_.lease_ends(when); }}},
      leases_{instance_, lease, lanes_, recorder_, store_, around.clock, *silence_, metrics_},
      callbacks_{store_, around.clock,
                 [this] {
                     if (!dead_) {
                         text_lane_->retry_at(around_.clock.wall_now());
                     }
                 }},
      upkeep_{lanes_, store_, around.clock, *silence_, metrics_},
      ground_{around.context.get_executor(), {}},
      work_{around.context.get_executor(), [this](std::string_view name, std::exception_ptr why) {
                if (why) {
                    around_.far.violation("a job broke: " + std::string{name});
                }
            }} {
    store_.bug = around.far.bug;
    visit_log_.bug = around.far.bug;
    store_.fault = [this](std::string_view call) { return draw_fault(call); };
    store_.pause = [this](std::string_view) { return delay(); };
    visit_log_.fault = store_.fault;
    visit_log_.pause = store_.pause;
    ground_.spawn("recorder", recorder_.run());
    if (around.far.bug != planted_bug::no_lease_keeper) {
        ground_.spawn("leases", leases_.run());
    }
    for (auto* one : lanes_) {
        work_.spawn("lane", one->run());
    }
    work_.spawn("visits", visits_.run());
    work_.spawn("room events", room_listener_.run());
    work_.spawn("schedule", runner_.run());
    work_.spawn("feed", follower_.run());
    work_.spawn("comparisons", follower_.run_comparisons());
    work_.spawn("upkeep", upkeep_.run());
}

simulated_daemon::~simulated_daemon() {
    end_all();
}

std::unique_ptr<jobs::lane> simulated_daemon::make_lane(std::string name, jobs::sender& by) {
    jobs::lane_options options{.name = std::move(name), .instance = instance_, .lease = lease};
    return std::make_unique<jobs::lane>(around_.context.get_executor(), std::move(options), by, store_, recorder_,
                                        around_.clock, *silence_, metrics_,
                                        [this] { return around_.far.random().fraction(); });
}

// Nothing that a dead process does reaches the database.
store_fault simulated_daemon::draw_fault(std::string_view call) {
    if (dead_ || around_.database_away) {
        return store_fault::away;
    }
    constexpr std::size_t refused_one_in = 12;
    if (call == "record_event" && around_.store_fault_one_in < 1'000'000 &&
        around_.far.random().one_in(refused_one_in)) {
        return store_fault::refused;
    }
    if (!around_.far.random().one_in(around_.store_fault_one_in)) {
        return store_fault::none;
    }
    around_.log.add("fault " + std::string{call});
    around_.rooms.note_fault();
    // The connection is gone with it.
    follower_.resync();
    leases_.reclaim_soon();
    return around_.far.random().one_in(2) ? store_fault::away : store_fault::unknown;
}

net::task<> simulated_daemon::delay() {
    if (!dead_ && around_.far.random().one_in(4)) {
        const auto alarm = around_.clock.make_alarm();
        ++asking_;
        co_await alarm->wait_until(around_.clock.boot_now() + around_.far.random().between(1us, 20'000us));
        --asking_;
    }
}

void simulated_daemon::loaded() {
    const auto now = around_.clock.wall_now();
    for (auto* one : lanes_) {
        one->retry_at(now);
    }
    visits_.sweep_soon();
}

bool simulated_daemon::idle() const {
    return email_lane_->under_way() + text_lane_->under_way() == 0 &&
           email_lane_->queued() + text_lane_->queued() == 0 && recorder_.pending() == 0 && asking_ == 0 &&
           follower_.loaded();
}

void simulated_daemon::click(domain::appointment_id id, std::function<void(const result<jobs::room_info>&)> answered) {
    work_.spawn("request", answer_click(id, std::move(answered)));
}

net::task<> simulated_daemon::answer_click(domain::appointment_id id,
                                           std::function<void(const result<jobs::room_info>&)> answered) {
    ++asking_;
    const auto answer = co_await room_keeper_.open_room(id, around_.clock.boot_now() + 15s);
    --asking_;
    if (!dead_) {
        answered(answer);
    }
}

void simulated_daemon::call_back(net::room_event what, std::function<void()> taken) {
    work_.spawn("callback", answer_call(std::move(what), std::move(taken)));
}

net::task<> simulated_daemon::answer_call(net::room_event what, std::function<void()> taken) {
    ++asking_;
    const auto done = co_await room_listener_.take(std::move(what), around_.clock.boot_now() + 10s);
    --asking_;
    if (done && !dead_) {
        taken();
    }
}

void simulated_daemon::call_back(net::message_callback what) {
    work_.spawn("status", answer_call(std::move(what)));
}

net::task<> simulated_daemon::answer_call(net::message_callback what) {
    ++asking_;
    std::ignore = co_await callbacks_.write(std::move(what), around_.clock.boot_now() + 10s);
    --asking_;
}

void simulated_daemon::stop() {
    follower_.stop();
    runner_.stop();
    upkeep_.stop();
    visits_.stop();
    room_listener_.stop();
    for (auto* one : lanes_) {
        one->stop();
    }
    around_.clock.advance(10s);
    if (work_.size() > 0) {
        boost::asio::post(around_.context, [this] {
            visits_.abort();
            for (auto* one : lanes_) {
                one->abort();
            }
        });
        around_.clock.advance(3s);
    }
    recorder_.stop();
    leases_.stop();
    around_.clock.advance(5s);
}

void simulated_daemon::end_all() {
    dead_ = true;
    for (int round = 0; ground_.size() + work_.size() > 0; ++round) {
        if (round == most_rounds) {
            around_.far.violation("a job does not end when it is cancelled");
            std::abort();
        }
        boost::asio::post(around_.context, [this] {
            visits_.abort();
            for (auto* one : lanes_) {
                one->abort();
            }
            ground_.cancel();
            work_.cancel();
        });
        around_.clock.settle();
    }
}

}  // namespace punctual::test
