#include "jobs/attendance_keeper.hpp"

#include "domain/join_window.hpp"
#include "domain/planning.hpp"
#include "domain/planted_bug.hpp"
#include "domain/room_name.hpp"

#include <algorithm>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::planted_bug::is;
using domain::planted_bug::mistake;
using net::twilio::twilio_errc;

constexpr auto statement_time = 10s;
constexpr auto twilio_time = 15s;
// A room's sid may be unknown to Twilio for a moment right after its end (twilio-node, issue 593).
constexpr std::chrono::seconds patience_with_missing = 5min;
constexpr std::chrono::seconds patience_with_twilio = 2h;
// The look some minutes after the start is the rule's own: who is not there then is missed, even if the two have met.
// It may have had to be tried again.
constexpr auto late_look = 1min;
// A room is made again for each time that Twilio has ended it; older ones say nothing new.
constexpr std::size_t most_rooms = 20;

bool is_open(const net::api_appointment& one) {
    return one.image.status == domain::appointment_status::scheduled ||
           one.image.status == domain::appointment_status::confirmed;
}

bool is_telehealth(const net::api_appointment& one) {
    return one.image.what.session_type == domain::session_type::telehealth;
}

struct presence {
    bool patient = false;
    bool psychologist = false;
};

presence presence_of(const net::visit_record& record, const domain::appointment_image& image, bool now_alone) {
    presence found;
    for (const auto& one : record.people) {
        if (now_alone && one.left_at) {
            continue;
        }
        found.patient = found.patient || one.person == image.patient;
        found.psychologist = found.psychologist || one.person == image.psychologist;
    }
    return found;
}

}  // namespace

attendance_keeper::attendance_keeper(net::twilio::rooms* rooms, const domain::policy& rules, std::vector<lane*> lanes,
                                     net::store& store, net::visit_log& visits, net::clock& clock, net::logger& log,
                                     net::metrics& metrics)
    : rooms_{rooms},
      rules_{rules},
      lanes_{std::move(lanes)},
      store_{store},
      visits_{visits},
      clock_{clock},
      log_{log},
      completed_{metrics.make_counter("punctual_visits_completed_total", "Visits by video that both came to")},
      proposed_{
          metrics.make_counter("punctual_no_shows_proposed_total", "Visits by video to which nobody or one side came")},
      nudged_{metrics.make_counter("punctual_nudges_total", "Visits in which one waited for the other")} {}

net::task<bool> attendance_keeper::decide(domain::appointment_id id) {
    if (rooms_ == nullptr) {
        co_return true;
    }
    const auto found = co_await store_.find_appointment(id, clock_.boot_now() + statement_time);
    if (!found) {
        co_return false;
    }
    const auto now = clock_.wall_now();
    if (!*found || !is_open(**found) || !is_telehealth(**found) || now < (*found)->image.what.ends_at()) {
        // Moved, closed by somebody, or a room that ended before its visit did: people may come back.
        co_return true;
    }
    const auto& appointment = **found;
    const auto window = domain::join_window_of(appointment.image.what, rules_);
    // Who was there under an earlier time of the same appointment has not come to this one.
    auto record = co_await visits_.read(id, window.opens_at, clock_.boot_now() + statement_time);
    if (!record) {
        co_return false;
    }
    const auto both = [&] {
        const auto came = presence_of(*record, appointment.image, false);
        return is(mistake::one_is_enough) ? came.patient || came.psychologist : came.patient && came.psychologist;
    };
    const auto& proposal = record->no_show;
    if (proposal && proposal->version == appointment.version &&
        (proposal->written || !rules_.write_no_show || rules_.shadow)) {
        // Callbacks that came after it was proposed are stronger.
        if (both()) {
            co_return co_await complete(id);
        }
        co_return true;
    }
    result<clarity> asked = clarity::clear;
    if (!is(mistake::no_show_without_asking)) {
        asked = co_await ask_twilio(id, record->rooms);
    }
    if (!asked) {
        co_return false;
    }
    record = co_await visits_.read(id, window.opens_at, clock_.boot_now() + statement_time);
    if (!record) {
        co_return false;
    }
    if (both()) {
        co_return co_await complete(id);
    }
    if (now < window.closes_at) {
        co_return true;
    }
    if (*asked == clarity::clear) {
        unclear_since_.erase(id);
    } else {
        // Not from the window's end: after a long down-time the first answer may be the one that misleads.
        const auto since = unclear_since_.try_emplace(id, clock_.boot_now()).first->second;
        const auto patience = *asked == clarity::away ? patience_with_twilio : patience_with_missing;
        if (clock_.boot_now() - since < patience) {
            co_return false;
        }
        unclear_since_.erase(id);
    }
    const auto came = presence_of(*record, appointment.image, false);
    const auto absent = came.patient        ? net::absence::psychologist
                        : came.psychologist ? net::absence::patient
                                            : net::absence::both;
    co_return co_await propose(appointment, absent);
}

net::task<result<attendance_keeper::clarity>> attendance_keeper::ask_twilio(domain::appointment_id id,
                                                                            const std::vector<std::string>& rooms) {
    auto answer = clarity::clear;
    std::vector<net::stay> seen;
    const auto skip = rooms.size() - std::min(rooms.size(), most_rooms);
    for (auto at = skip; at < rooms.size(); ++at) {
        auto sid = rooms[at];
        const auto people = co_await rooms_->participants(std::move(sid), clock_.boot_now() + twilio_time);
        if (!people) {
            const bool missing = people.error().code == twilio_errc::not_found;
            answer = std::max(answer, missing ? clarity::missing : clarity::away);
            continue;
        }
        for (const auto& one : *people) {
            const auto person = domain::person_of_identity(one.identity);
            if (person && one.joined_at > wall_time{}) {
                seen.push_back({.participant_sid = one.sid,
                                .room_sid = rooms[at],
                                .person = *person,
                                .joined_at = one.joined_at,
                                .left_at = one.left_at});
            }
        }
    }
    if (!seen.empty()) {
        const auto written = co_await visits_.record_stays(id, std::move(seen), clock_.boot_now() + statement_time);
        if (!written) {
            co_return std::unexpected{written.error()};
        }
    }
    co_return answer;
}

net::task<bool> attendance_keeper::complete(domain::appointment_id id) {
    if (rules_.shadow) {
        co_return true;
    }
    const auto done = co_await store_.complete_appointment(id, clock_.boot_now() + statement_time);
    if (!done) {
        log_.warning("visit_not_completed", {{"appointment", id}, {"error", done.error().message()}});
        co_return false;
    }
    if (*done) {
        completed_.add();
        log_.info("visit_completed", {{"appointment", id}});
    }
    co_return true;
}

net::task<bool> attendance_keeper::propose(const net::api_appointment& of, net::absence who) {
    const auto fresh = co_await visits_.propose_no_show(of.id, of.version, who, rules_.write_no_show && !rules_.shadow,
                                                        clock_.boot_now() + statement_time);
    if (!fresh) {
        log_.warning("no_show_not_proposed", {{"appointment", of.id}, {"error", fresh.error().message()}});
        co_return false;
    }
    if (*fresh) {
        proposed_.add();
        log_.info("no_show_proposed", {{"appointment", of.id}, {"absent", net::to_string(who)}});
    }
    co_return true;
}

net::task<attendance_keeper::watch> attendance_keeper::nudge(domain::scheduled_visit visit) {
    const auto end = visit.starts_at + visit.duration;
    if (rooms_ == nullptr || clock_.wall_now() >= end) {
        told_.erase(visit.appointment);
        co_return watch::over;
    }
    const auto found = co_await store_.find_appointment(visit.appointment, clock_.boot_now() + statement_time);
    if (!found) {
        co_return watch::unanswered;
    }
    if (!*found || !is_open(**found) || !is_telehealth(**found) || (*found)->version != visit.version) {
        told_.erase(visit.appointment);
        co_return watch::over;
    }
    const auto& appointment = **found;
    const auto window = domain::join_window_of(appointment.image.what, rules_);
    auto record = co_await visits_.read(visit.appointment, window.opens_at, clock_.boot_now() + statement_time);
    if (!record) {
        co_return watch::unanswered;
    }
    // Of the rooms that have died too: where a callback was lost somebody seems to be in one still. A failure to ask
    // leaves what the callbacks have told.
    const auto asked = co_await ask_twilio(visit.appointment, record->rooms);
    if (!asked) {
        co_return watch::unanswered;
    }
    record = co_await visits_.read(visit.appointment, window.opens_at, clock_.boot_now() + statement_time);
    if (!record) {
        co_return watch::unanswered;
    }
    const auto here = presence_of(*record, appointment.image, true);
    const bool first_look = clock_.wall_now() < visit.starts_at + rules_.nudge_after + late_look;
    const bool met = record->met && !first_look;
    if ((here.patient && here.psychologist) || (met && !is(mistake::missed_after_meeting))) {
        if (*asked != clarity::clear || is(mistake::missed_after_meeting)) {
            // One of them may have left, and the callback was lost.
            co_return watch::going_on;
        }
        // One who leaves before the other does, later on, is not waited for.
        told_.erase(visit.appointment);
        co_return watch::over;
    }
    if (!here.patient && !here.psychologist) {
        co_return watch::going_on;
    }
    const auto absent = here.patient ? domain::role::psychologist : domain::role::patient;
    co_return co_await tell(visit, absent);
}

net::task<attendance_keeper::watch> attendance_keeper::tell(domain::scheduled_visit visit, domain::role absent) {
    auto& told = told_[visit.appointment];
    if (told.version != visit.version) {
        told = {.version = visit.version};
    }
    auto& this_one = absent == domain::role::patient ? told.patient : told.psychologist;
    if (!this_one) {
        auto rows = domain::plan_nudge(visit, rules_, absent, clock_.wall_now());
        if (!rows.empty()) {
            nudged_.add();
            log_.info("one_waits_for_the_other",
                      {{"appointment", visit.appointment}, {"absent", domain::to_string(absent)}});
        }
        for (auto* lane : lanes_) {
            lane->push(rows);
        }
        this_one = true;
    }
    const bool all = told.patient && told.psychologist;
    if (all) {
        told_.erase(visit.appointment);
    }
    co_return all ? watch::over : watch::going_on;
}

}  // namespace punctual::jobs
