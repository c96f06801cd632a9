#include "jobs/visit_keeper.hpp"

#include "domain/planning.hpp"
#include "domain/planted_bug.hpp"
#include "jobs/night.hpp"
#include "net/async/caught.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::planted_bug::is;
using domain::planted_bug::mistake;

constexpr auto statement_time = 10s;
constexpr auto twilio_time = 15s;
constexpr std::chrono::seconds between_room_tries = 20s;
constexpr std::chrono::seconds between_database_tries = 5s;
constexpr std::chrono::seconds between_looks = 1min;
// Each holds a statement or a request. Thousands of visits can start in the same minute, and what they need
// must leave room for everything else that is asked of the database.
constexpr std::size_t most_under_way = 32;
// After an exception, doubling; some 40 minutes in all.
constexpr std::chrono::seconds first_pause_after_break = 5s;
constexpr std::chrono::seconds longest_pause_after_break = 10min;
constexpr int most_breaks = 10;

// The patient has it: mail taken by the server, or a text seen to arrive.
bool reached(const net::api_delivery& one) {
    if (one.recipient_role != "patient") {
        return false;
    }
    return one.state == "delivered" || (one.channel == "email" && one.state == "accepted");
}

}  // namespace

visit_keeper::visit_keeper(net::executor ex, room_service& opener, net::twilio::rooms* rooms,
                           const domain::policy& rules, std::vector<lane*> lanes, net::store& store,
                           net::visit_log& visits, net::clock& clock, net::logger& log, net::metrics& metrics)
    : opener_{opener},
      rooms_{rooms},
      rules_{rules},
      lanes_{std::move(lanes)},
      store_{store},
      visits_{visits},
      clock_{clock},
      log_{log},
      metrics_{metrics},
      attendance_{rooms, rules, lanes_, store, visits, clock, log, metrics},
      strays_{rooms, rules, store, visits, clock, log},
      work_{std::move(ex),
            [this](std::string_view name, const std::exception_ptr& why) {
                // Its job is caught within it; this is what remains of memory that has run out.
                if (why) {
                    log_.error("visit_work_broke", {{"chore", name}, {"error", net::describe(why)}});
                    start_waiting();
                }
            }},
      alarm_{clock.make_alarm()} {}

void visit_keeper::make_room(const domain::scheduled_visit& visit) {
    if (rooms_ != nullptr && !rules_.shadow) {
        begin({chore::open, visit});
    }
}

void visit_keeper::check_reached(const domain::scheduled_visit& visit) {
    begin({chore::alert, visit});
}

void visit_keeper::check_end(const domain::scheduled_visit& visit) {
    begin({visit.telehealth ? chore::decide : chore::complete, visit});
}

void visit_keeper::check_waiting(const domain::scheduled_visit& visit) {
    const auto known = watched_.find(visit.appointment);
    if (known != watched_.end() && known->second.version == visit.version) {
        return;
    }
    watched_[visit.appointment] = visit;
    begin({chore::nudge, visit});
}

void visit_keeper::somebody_came(domain::appointment_id id) {
    if (const auto at = watched_.find(id); at != watched_.end()) {
        begin({.what = chore::nudge, .visit = at->second, .once = true});
    }
}

void visit_keeper::room_ended(domain::appointment_id id) {
    domain::scheduled_visit visit;
    visit.appointment = id;
    begin({chore::decide, visit});
}

void visit_keeper::keep_night_quiet(const domain::scheduled_visit& visit, std::size_t reminder) {
    begin({chore::quiet, visit, reminder});
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
        work_.spawn(std::string{name_of(next.what)}, carry_out(next));
    }
    starting_ = false;
}

net::task<> visit_keeper::carry_out(job what) {
    std::optional<std::chrono::seconds> again;
    {
        // Given back before the pause, so that what fails keeps nothing else waiting.
        const std::unique_ptr<std::size_t, void (*)(std::size_t*)> place{&under_way_, [](auto* count) { --*count; }};
        auto child = do_job(what);
        const auto done = co_await net::caught(std::move(child));
        if (done) {
            what.breaks = 0;
            again = *done;
        } else {
            again = broke(what, done.error());
        }
    }
    start_waiting();
    if (!again || stopping_) {
        co_return;
    }
    const auto alarm = clock_.make_alarm();
    const bool go_on = co_await pause(*alarm, *again);
    if (go_on) {
        begin(what);
    }
}

std::string_view visit_keeper::name_of(chore what) noexcept {
    switch (what) {
        case chore::open:
            return "make_room";
        case chore::alert:
            return "check_reached";
        case chore::complete:
            return "complete";
        case chore::quiet:
            return "keep_night_quiet";
        case chore::decide:
            return "decide_attendance";
        case chore::nudge:
            return "look_for_waiting";
    }
    return "unknown";
}

std::optional<std::chrono::seconds> visit_keeper::broke(job& what, const std::exception_ptr& why) {
    const auto chore_name = name_of(what.what);
    metrics_
        .make_counter("punctual_visit_work_breaks_total", "Tries of a visit's chore that a bug ended",
                      {{"chore", std::string{chore_name}}})
        .add();
    ++what.breaks;
    if (what.breaks >= most_breaks) {
        log_.error("visit_work_given_up", {{"chore", chore_name},
                                           {"appointment", what.visit.appointment},
                                           {"tries", what.breaks},
                                           {"error", net::describe(why)}});
        const auto watched = watched_.find(what.visit.appointment);
        const bool looked_no_more = what.what == chore::nudge && !what.once && watched != watched_.end() &&
                                    watched->second.version == what.visit.version;
        if (looked_no_more) {
            watched_.erase(watched);
        }
        return std::nullopt;
    }
    const auto doubled = first_pause_after_break * (1 << (what.breaks - 1));
    const auto pause = std::min<std::chrono::seconds>(doubled, longest_pause_after_break);
    log_.error("visit_work_broke", {{"chore", chore_name},
                                    {"appointment", what.visit.appointment},
                                    {"try", what.breaks},
                                    {"error", net::describe(why)},
                                    {"again_in_s", pause.count()}});
    return pause;
}

net::task<std::optional<std::chrono::seconds>> visit_keeper::do_job(job what) {
    bool done = true;
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
        case chore::quiet:
            done = co_await keep_quiet(what.visit, what.reminder);
            break;
        case chore::decide:
            done = co_await attendance_.decide(what.visit.appointment);
            break;
        case chore::nudge:
            co_return co_await look_for_waiting(what);
    }
    if (done) {
        co_return std::nullopt;
    }
    const bool asks_twilio = what.what == chore::open || what.what == chore::decide;
    co_return asks_twilio ? between_room_tries : between_database_tries;
}

// Callbacks say when somebody comes; the steady look finds those whose callback was lost.
net::task<std::optional<std::chrono::seconds>> visit_keeper::look_for_waiting(job what) {
    const auto watched = [&] {
        const auto at = watched_.find(what.visit.appointment);
        return at != watched_.end() && at->second.version == what.visit.version;
    };
    if (!watched()) {
        co_return std::nullopt;
    }
    const auto seen = co_await attendance_.nudge(what.visit);
    if (seen == attendance_keeper::watch::over && watched()) {
        watched_.erase(what.visit.appointment);
    }
    if (seen == attendance_keeper::watch::over || what.once || is(mistake::looked_at_once)) {
        co_return std::nullopt;
    }
    co_return seen == attendance_keeper::watch::unanswered ? between_database_tries : between_looks;
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
    if (rules_.shadow) {
        co_return true;
    }
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

// Read long before the reminder is due; somebody who moves to another zone meanwhile is looked at again when
// the text is about to go.
net::task<bool> visit_keeper::keep_quiet(domain::scheduled_visit visit, std::size_t reminder) {
    const auto due_at = domain::reminder_due_at(rules_, reminder, visit.starts_at);
    const auto given_up = [&] { return clock_.wall_now() >= due_at; };
    const auto found = co_await store_.find_appointment(visit.appointment, clock_.boot_now() + statement_time);
    if (!found) {
        co_return given_up();
    }
    if (!*found || (*found)->version != visit.version) {
        co_return true;
    }
    std::vector<domain::planned_delivery> rows;
    const auto& to = rules_.reminders[reminder].to;
    for (const auto who : {domain::role::patient, domain::role::psychologist}) {
        const bool patient = who == domain::role::patient;
        const auto& channels = patient ? to.patient : to.psychologist;
        if (std::ranges::all_of(channels, [](auto by) { return by == domain::channel::email; })) {
            continue;
        }
        const auto id = patient ? (*found)->image.patient : (*found)->image.psychologist;
        const auto person = co_await store_.find_person(id, clock_.boot_now() + statement_time);
        if (!person) {
            co_return given_up();
        }
        const auto decided = decide_quiet_hours(rules_, *person ? (*person)->time_zone : std::string{}, due_at,
                                                visit.starts_at, clock_.wall_now());
        domain::add_quiet_rows(rows, visit, rules_, reminder, who, decided);
    }
    if (rows.empty()) {
        co_return true;
    }
    auto moved = rows;
    net::lease_terms nobody;
    const auto written = co_await store_.claim(std::move(moved), std::move(nobody), clock_.boot_now() + statement_time);
    if (!written) {
        co_return given_up();
    }
    for (const auto& row : rows) {
        for (auto* lane : lanes_) {
            if (row.state == domain::delivery_state::retrying && lane->carries(row.channel)) {
                lane->retry_at(row.next_attempt_at);
            }
        }
    }
    co_return true;
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
