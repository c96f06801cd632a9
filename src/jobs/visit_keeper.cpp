#include "jobs/visit_keeper.hpp"

#include "domain/planning.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;

constexpr auto statement_time = 10s;
constexpr auto twilio_time = 15s;
constexpr auto between_room_tries = 20s;
constexpr auto between_database_tries = 5s;
constexpr auto sweep_interval = 5min;
constexpr std::size_t sweep_page = 50;
// In a row: then it may be Twilio, or the database, and not the room. The next sweep begins behind them.
constexpr std::size_t most_unanswered = 10;
// Each holds a statement or a request. Thousands of visits can start in the same minute, and what they need
// must leave room for everything else that is asked of the database.
constexpr std::size_t most_under_way = 32;

// The patient has it: mail taken by the server, or a text seen to arrive.
bool reached(const net::api_delivery& one) {
    if (one.recipient_role != "patient") {
        return false;
    }
    return one.state == "delivered" || (one.channel == "email" && one.state == "accepted");
}

}  // namespace

visit_keeper::visit_keeper(net::executor ex, room_service& opener, net::twilio::rooms* rooms,
                           const domain::policy& rules, std::vector<lane*> lanes, net::store& store, net::clock& clock,
                           net::logger& log)
    : opener_{opener},
      rooms_{rooms},
      rules_{rules},
      lanes_{std::move(lanes)},
      store_{store},
      clock_{clock},
      log_{log},
      work_{ex,
            [this](std::string_view name, std::exception_ptr why) {
                if (why) {
                    log_.error("visit_work_broke", {{"what", name}});
                    start_waiting();
                }
            }},
      alarm_{clock.make_alarm()} {}

void visit_keeper::make_room(const domain::scheduled_visit& visit) {
    if (rooms_ != nullptr) {
        begin({chore::open, visit});
    }
}

void visit_keeper::check_reached(const domain::scheduled_visit& visit) {
    begin({chore::alert, visit});
}

void visit_keeper::check_end(const domain::scheduled_visit& visit) {
    // Who came to a telehealth visit is known from its room's callbacks, not from the clock.
    if (!visit.telehealth) {
        begin({chore::complete, visit});
    }
}

void visit_keeper::begin(job what) {
    waiting_.push_back(what);
    start_waiting();
}

// A job that ends within spawn() calls it again: the loop goes on instead, or thousands would fill the stack.
void visit_keeper::start_waiting() {
    if (std::exchange(starting_, true)) {
        return;
    }
    while (under_way_ < most_under_way && !waiting_.empty() && !stopping_) {
        const auto next = waiting_.front();
        waiting_.pop_front();
        ++under_way_;
        work_.spawn("visit", carry_out(next));
    }
    starting_ = false;
}

net::task<> visit_keeper::carry_out(job what) {
    bool done = true;
    {
        // Given back before the pause, so that what fails keeps nothing else waiting.
        const std::unique_ptr<std::size_t, void (*)(std::size_t*)> place{&under_way_, [](auto* count) { --*count; }};
        switch (what.what) {
            case chore::open:
                done = co_await open(what.visit);
                break;
            case chore::alert:
                done = co_await alert(what.visit);
                break;
            case chore::complete:
                done = co_await complete(what.visit);
                break;
        }
    }
    start_waiting();
    if (done || stopping_) {
        co_return;
    }
    const auto alarm = clock_.make_alarm();
    const bool go_on = co_await pause(*alarm, what.what == chore::open ? between_room_tries : between_database_tries);
    if (go_on) {
        begin(what);
    }
}

void visit_keeper::clean_up(const domain::scheduled_visit& visit) {
    if (visit.telehealth) {
        sweep_soon();
    }
}

void visit_keeper::sweep_soon() {
    alarm_->poke();
}

// A patient's click makes it too; until then we go on trying.
net::task<bool> visit_keeper::open(domain::scheduled_visit visit) {
    const auto opened = co_await opener_.open_room(visit.appointment, clock_.boot_now() + twilio_time);
    const bool gone = !opened && opened.error().code == net::twilio::twilio_errc::not_found;
    co_return opened || gone || clock_.wall_now() >= visit.starts_at + visit.duration;
}

net::task<bool> visit_keeper::pause(net::alarm& alarm, std::chrono::seconds length) {
    pausing_.push_back(&alarm);
    const auto woken = co_await alarm.wait_until(clock_.boot_now() + length);
    std::erase(pausing_, &alarm);
    co_return woken != net::woken::cancelled && !stopping_;
}

// The schedule says it once: with the database away we go on asking for as long as it is of use.
net::task<bool> visit_keeper::alert(domain::scheduled_visit visit) {
    const auto sent = co_await store_.deliveries(visit.appointment, clock_.boot_now() + statement_time);
    if (!sent) {
        log_.warning("reach_not_checked", {{"appointment", visit.appointment}, {"error", sent.error().message()}});
        co_return clock_.wall_now() >= visit.starts_at;
    }
    if (std::ranges::any_of(*sent, reached)) {
        co_return true;
    }
    log_.warning("patient_not_reached", {{"appointment", visit.appointment}});
    const auto rows = domain::plan_staff_alert(visit, rules_, clock_.wall_now());
    for (auto* lane : lanes_) {
        lane->push(rows);
    }
    co_return true;
}

net::task<bool> visit_keeper::complete(domain::scheduled_visit visit) {
    const auto done = co_await store_.complete_appointment(visit.appointment, clock_.boot_now() + statement_time);
    if (!done) {
        log_.warning("visit_not_completed", {{"appointment", visit.appointment}, {"error", done.error().message()}});
        co_return false;
    }
    if (*done) {
        log_.info("visit_completed", {{"appointment", visit.appointment}});
    }
    co_return true;
}

net::task<> visit_keeper::run() {
    while (!stopping_) {
        if (rooms_ != nullptr) {
            co_await sweep();
        }
        if (stopping_ || co_await alarm_->wait_until(clock_.boot_now() + sweep_interval) == net::woken::cancelled) {
            break;
        }
    }
    co_await work_.wait();
}

net::task<> visit_keeper::sweep() {
    const auto ended_before = clock_.wall_now() - rules_.clean_up_after_end;
    // Rooms with people in them, and refused ones, stay on the list: those after them must have their turn.
    std::unordered_set<std::string> tried;
    std::vector<net::store::open_room> again;
    std::size_t unanswered = 0;
    bool more = true;
    while (more && !stopping_) {
        const auto limit = tried.size() + sweep_page;
        auto rooms = co_await store_.rooms_to_clean(ended_before, limit, clock_.boot_now() + statement_time);
        if (!rooms) {
            log_.warning("rooms_not_swept", {{"error", rooms.error().message()}});
            co_return;
        }
        const bool full = rooms->size() == limit;
        more = false;
        for (auto& room : *rooms) {
            if (!tried.insert(room.sid).second) {
                continue;
            }
            more = full;
            if (refused_.contains(room.sid)) {
                again.push_back(std::move(room));
                continue;
            }
            const bool go_on = co_await try_to_settle(std::move(room), unanswered);
            if (!go_on) {
                co_return;
            }
        }
    }
    // What is settled otherwise is not on the list any more.
    std::erase_if(refused_, [&](const auto& one) { return !tried.contains(one.first); });
    co_await sweep_refused(std::move(again));
}

net::task<> visit_keeper::sweep_refused(std::vector<net::store::open_room> again) {
    std::ranges::sort(again, {}, [&](const auto& room) { return refused_[room.sid]; });
    std::size_t unanswered = 0;
    for (auto& room : again) {
        const bool go_on = co_await try_to_settle(std::move(room), unanswered);
        if (!go_on) {
            co_return;
        }
    }
}

net::task<bool> visit_keeper::try_to_settle(net::store::open_room room, std::size_t& unanswered) {
    const auto sid = room.sid;
    const bool answered = co_await settle(std::move(room));
    if (answered) {
        refused_.erase(sid);
        unanswered = 0;
    } else {
        refused_[sid] = ++tries_;
        ++unanswered;
    }
    co_return !stopping_ && unanswered < most_unanswered;
}

net::task<bool> visit_keeper::settle(net::store::open_room room) {
    const auto present = co_await rooms_->connected(room.sid, clock_.boot_now() + twilio_time);
    const bool gone = !present && present.error().code == net::twilio::twilio_errc::not_found;
    if (!present && !gone) {
        co_return false;
    }
    if (present && *present > 0) {
        // Never hung up by the clock.
        co_return true;
    }
    if (!gone) {
        const auto completed = co_await rooms_->complete(room.sid, clock_.boot_now() + twilio_time);
        if (!completed) {
            co_return false;
        }
    }
    const auto recorded =
        co_await store_.record_room_ended(room.appointment, std::move(room.sid), clock_.boot_now() + statement_time);
    co_return recorded.has_value();
}

void visit_keeper::stop() {
    stopping_ = true;
    alarm_->poke();
    for (auto* pause : pausing_) {
        pause->poke();
    }
}

void visit_keeper::abort() {
    waiting_.clear();
    work_.cancel();
}

}  // namespace punctual::jobs
