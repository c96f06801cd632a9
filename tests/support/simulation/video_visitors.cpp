#include "support/simulation/video_visitors.hpp"

#include <algorithm>
#include <utility>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using domain::appointment_status;

constexpr auto between_tries = 5s;
constexpr int most_tries = 10;
// A room seen alive may be handed out for two seconds; its answer takes a moment.
constexpr auto trusted_for = 3s;
// Some tries, twenty seconds apart; the end of a room and what is asked of it.
constexpr auto time_to_decide = 3min;
// Four rounds of the sweep: any of them may be in vain.
constexpr auto time_to_sweep = 21min;
// A look each minute, one of them in vain.
constexpr auto time_to_notice = 150s;

bool is_open(const domain::appointment_image& image) {
    return image.status == appointment_status::scheduled || image.status == appointment_status::confirmed;
}

bool by_video(const domain::appointment_image& image) {
    return image.what.session_type == domain::session_type::telehealth;
}

}  // namespace

video_visitors::video_visitors(std::uint64_t seed, video_rooms& rooms, far_end& far, const net::clock& true_time,
                               memory_database& rows, const domain::policy& rules, links to)
    : random_{seed ^ 0xc2b2ae35},
      rooms_{rooms},
      far_{far},
      true_time_{true_time},
      rows_{rows},
      rules_{rules},
      to_{std::move(to)},
      people_come_{seed / 4 % 2 == 0} {}

void video_visitors::edited(domain::appointment_id id) {
    const auto at = rows_.appointments.find(id);
    const bool open = at != rows_.appointments.end() && is_open(at->second);
    auto& visit = watched_[id];
    if (!open) {
        if (!visit.closed_at) {
            visit.closed_at = now();
        }
        return;
    }
    const auto version = rows_.version_of(id);
    if (visit.version == version && !visit.closed_at) {
        return;
    }
    visit = watched{};
    visit.version = version;
    visit.image = at->second;
    visit.edited_at = now();
    constexpr std::size_t nobody_one_in = 3;
    if (people_come_ && by_video(at->second) && !random_.one_in(nobody_one_in)) {
        plan_to_come(id, visit, at->second.patient);
        plan_to_come(id, visit, at->second.psychologist);
    }
}

void video_visitors::plan_to_come(domain::appointment_id id, const watched& visit, domain::person_id who) {
    const auto start = visit.image.what.starts_at;
    const auto end = visit.image.what.ends_at();
    const intention comes{.appointment = id, .version = visit.version, .who = who, .comes = true};
    auto goes = comes;
    goes.comes = false;
    const auto about = [&](wall_time when, std::chrono::minutes least, std::chrono::minutes most) -> wall_time {
        return when + random_.between<std::chrono::microseconds>(least, most);
    };
    const auto kind = random_.below(10);
    if (kind < 2) {
        return;
    }
    const auto first = kind < 5 ? about(start, 3min, 25min) : about(start, -12min, 3min);
    intend(first, comes);
    if (random_.one_in(3)) {
        const auto gone = about(first, 1min, 10min);
        intend(gone, goes);
        if (random_.one_in(2)) {
            return;
        }
        // By then the room may have died.
        intend(about(gone, 1min, 25min), comes);
    }
    intend(random_.one_in(10) ? about(end, 130min, 200min) : about(end, -10min, 15min), goes);
}

std::size_t video_visitors::turn() {
    std::size_t moved = 0;
    while (!intentions_.empty() && intentions_.begin()->first <= now()) {
        const auto what = intentions_.begin()->second;
        intentions_.erase(intentions_.begin());
        carry_out(what);
        ++moved;
    }
    for (auto at = visitors_.begin(); at != visitors_.end();) {
        auto& [number, who] = *at;
        if (!may_come(who.what)) {
            at = visitors_.erase(at);
            continue;
        }
        if (who.next_try <= now()) {
            if (who.asking) {
                // Whoever was to answer has died.
                failed(who);
            } else {
                try_to_come(who);
            }
        }
        ++at;
    }
    for (auto at = watched_.begin(); at != watched_.end();) {
        check(at->first, at->second);
        const bool over = at->second.decided || at->second.closed_at;
        at = over && now() > at->second.image.what.ends_at() + 6h ? watched_.erase(at) : std::next(at);
    }
    for (const auto& sid : rooms_.running()) {
        check_dropped(rooms_.all().at(sid));
    }
    check_nudged();
    return moved;
}

wall_time video_visitors::next_due() const {
    auto next = intentions_.empty() ? wall_time::max() : intentions_.begin()->first;
    for (const auto& [number, who] : visitors_) {
        next = std::min(next, who.next_try);
    }
    for (const auto& [id, visit] : watched_) {
        if (visit.decided || visit.closed_at) {
            continue;
        }
        const auto due = decision_due(visit);
        if (now() < due) {
            next = std::min(next, due);
        } else if (now() < due + 10min || (far_.calm_since && !calm_for(10min))) {
            // It is being decided, or will be now that all is well again.
            next = std::min<wall_time>(next, now() + 10s);
        }
    }
    for (const auto& sid : rooms_.running()) {
        next = std::min(next, next_look(rooms_.all().at(sid)));
    }
    return next;
}

// The daemons' own looks at it are not skipped.
wall_time video_visitors::next_look(const video_rooms::room& room) const {
    const auto at = watched_.find(room.appointment);
    if (at == watched_.end()) {
        return wall_time::max();
    }
    const auto over = at->second.image.what.ends_at() + rules_.clean_up_after_end;
    if (at->second.closed_at || now() >= over) {
        return now() + 5min;
    }
    const bool alone = room.connected() == 1 && now() < at->second.image.what.ends_at();
    return alone ? std::min<wall_time>(over, now() + 1min) : over;
}

bool video_visitors::may_come(const intention& what) const {
    const auto at = rows_.appointments.find(what.appointment);
    if (at == rows_.appointments.end() || !is_open(at->second) || rows_.version_of(what.appointment) != what.version) {
        return false;
    }
    const auto& visit = at->second.what;
    return now() >= visit.starts_at - rules_.join_before && now() < visit.ends_at() + rules_.join_after_end;
}

void video_visitors::carry_out(const intention& what) {
    const auto key = std::pair{what.appointment, what.who};
    if (!what.comes) {
        if (const auto at = inside_.find(key); at != inside_.end()) {
            rooms_.leave(at->second);
            inside_.erase(at);
        }
        return;
    }
    if (may_come(what) && !rooms_.there_since(what.appointment, what.who)) {
        const auto number = ++last_number_;
        visitors_[number] = {.what = what, .since = now(), .next_try = now(), .number = number};
    }
}

void video_visitors::try_to_come(visitor& who) {
    constexpr auto patience = 20s;
    const auto number = who.number;
    const bool asked =
        to_.click(who.what.appointment, [this, number](const auto& answer) { have_answer(number, answer); });
    who.asking = asked;
    who.next_try = now() + (asked ? patience : between_tries);
}

void video_visitors::failed(visitor& who) {
    who.asking = false;
    ++who.tries;
    who.next_try = now() + between_tries;
    if (who.tries >= most_tries && calm_for(now() - who.since + 30s)) {
        far_.violation("a click without a room: " + std::to_string(who.what.appointment));
    }
}

void video_visitors::have_answer(std::int64_t number, const result<jobs::room_info>& answer) {
    const auto at = visitors_.find(number);
    if (at == visitors_.end() || !at->second.asking) {
        return;
    }
    auto& who = at->second;
    if (!answer) {
        failed(who);
        return;
    }
    if (answer->name != rows_.states.at(who.what.appointment).room_name) {
        far_.violation("a room that is not the visit's: " + answer->name);
    }
    // A host that was suspended meanwhile hands out what it had seen before.
    if (calm_for(2 * trusted_for) && !rooms_.was_live(answer->name, now() - trusted_for)) {
        far_.violation("a click was answered with a room that has ended: " + answer->name);
    }
    const auto sid = rooms_.join(answer->name, who.what.who);
    if (sid.empty()) {
        failed(who);
        return;
    }
    inside_[{who.what.appointment, who.what.who}] = sid;
    visitors_.erase(at);
}

bool video_visitors::calm_for(std::chrono::nanoseconds length) const {
    return far_.calm_since && true_time_.boot_now() - *far_.calm_since >= length;
}

wall_time video_visitors::decision_due(const watched& visit) const {
    return visit.image.what.ends_at() +
           (by_video(visit.image) ? rules_.join_after_end : rules_.complete_in_person_after_end);
}

bool video_visitors::came(domain::appointment_id id, const watched& visit, domain::person_id who,
                          wall_time until) const {
    return rooms_.was_there(id, who, visit.image.what.starts_at - rules_.join_before, until);
}

void video_visitors::check(domain::appointment_id id, watched& visit) {
    if (visit.closed_at) {
        return;
    }
    if (by_video(visit.image)) {
        check_proposal(id, visit);
        check_nudge(id, visit);
    }
    check_decision(id, visit);
}

void video_visitors::check_decision(domain::appointment_id id, watched& visit) {
    const auto& image = rows_.appointments.at(id);
    const auto due = decision_due(visit);
    if (visit.decided || (is_open(image) && now() < due)) {
        return;
    }
    const auto until = now();
    const bool both = came(id, visit, visit.image.patient, until) && came(id, visit, visit.image.psychologist, until);
    if (image.status == appointment_status::completed) {
        visit.decided = true;
        met_ += both && by_video(image) ? 1 : 0;
        if (now() < image.what.ends_at()) {
            far_.violation("completed before its end: " + std::to_string(id));
        }
        if (by_video(image) && !both) {
            far_.violation("completed, and one side never came: " + std::to_string(id));
        }
        return;
    }
    if (image.status == appointment_status::no_show) {
        visit.decided = true;
        if (both) {
            far_.violation("a no_show of who was seen: " + std::to_string(id));
        }
        return;
    }
    const auto proposal = rows_.no_shows.find(id);
    const bool proposed = proposal != rows_.no_shows.end() && proposal->second.version == visit.version;
    if (proposed && !both && !rules_.write_no_show) {
        visit.decided = true;
        return;
    }
    if (now() < due + time_to_decide || !calm_for(time_to_decide) || far_.wall_was_wrong(due, now())) {
        return;
    }
    if (!by_video(image) || both) {
        far_.violation("not completed at its time: " + std::to_string(id));
    } else if (!proposed) {
        far_.violation("nobody or one side came, and no no_show is proposed: " + std::to_string(id));
    }
    visit.decided = true;
}

// Told of those whom nobody had seen by then.
void video_visitors::check_proposal(domain::appointment_id id, watched& visit) {
    constexpr auto asked_before = 1min;
    const auto at = rows_.no_shows.find(id);
    if (visit.proposal_seen || at == rows_.no_shows.end() || at->second.version != visit.version) {
        return;
    }
    visit.proposal_seen = true;
    const auto& proposal = at->second;
    const auto seen = [&](domain::person_id who) { return came(id, visit, who, proposal.at - asked_before); };
    const bool wrong = (proposal.absent != "psychologist" && seen(visit.image.patient)) ||
                       (proposal.absent != "patient" && seen(visit.image.psychologist));
    if (wrong) {
        far_.violation("a no_show is proposed of who was seen: " + std::to_string(id));
    }
}

// Somebody sits alone in the room: the other side's people are told.
void video_visitors::check_nudge(domain::appointment_id id, const watched& visit) {
    const auto& what = visit.image.what;
    const auto from = what.starts_at + rules_.nudge_after;
    if (now() < from + time_to_notice || now() >= what.ends_at() || !calm_for(time_to_notice + 20s) ||
        far_.wall_was_wrong(from, now())) {
        return;
    }
    const auto patient = rooms_.there_since(id, visit.image.patient);
    const auto psychologist = rooms_.there_since(id, visit.image.psychologist);
    const auto alone = patient && !psychologist ? patient : psychologist && !patient ? psychologist : std::nullopt;
    if (!alone || std::max({*alone, from, visit.edited_at}) + time_to_notice > now() ||
        rooms_.last_fault() > now() - time_to_notice ||
        rooms_.were_together(id, visit.image.patient, visit.image.psychologist, what.starts_at - rules_.join_before,
                             now(), 0s)) {
        return;
    }
    const auto recipient = patient ? domain::person_id{0} : visit.image.patient;
    if (!rows_.keys.contains({id, domain::kind::nudge, domain::channel::email, recipient, visit.version})) {
        const auto minutes = [&](wall_time since) {
            return std::to_string(std::chrono::floor<std::chrono::minutes>(now() - since).count());
        };
        far_.violation("one waits for the other, and nobody is told: " + std::to_string(id) + ", begun " +
                       minutes(what.starts_at) + " minutes ago, alone for " + minutes(*alone));
    }
}

// When the row was made, or a look before, one was there without the other.
void video_visitors::check_nudged() {
    constexpr auto a_look = 20s;
    if (rows_.deliveries.size() == looked_at_) {
        return;
    }
    looked_at_ = rows_.deliveries.size();
    for (const auto* row : rows_.waiting()) {
        if (row->plan.kind != domain::kind::nudge || now() - row->created_at > a_look) {
            continue;
        }
        const auto visit = watched_.find(row->plan.appointment);
        if (visit == watched_.end() || visit->second.version != row->plan.version ||
            rooms_.last_fault() > row->created_at - a_look) {
            continue;
        }
        const auto& image = visit->second.image;
        const bool to_patient = row->recipient == image.patient;
        const auto absent = to_patient ? image.patient : image.psychologist;
        const auto waiting = to_patient ? image.psychologist : image.patient;
        const auto there = rooms_.there_since(row->plan.appointment, absent);
        if (there && *there < row->created_at - a_look) {
            far_.violation("called, and already there: " + row->id);
        }
        if (!rooms_.was_there(row->plan.appointment, waiting, row->created_at - a_look, row->created_at)) {
            far_.violation("nobody waits, and somebody is called: " + row->id);
        }
        const auto literal = image.what.starts_at + rules_.nudge_after + 2min;
        if (row->created_at > literal && !far_.wall_was_wrong(row->created_at, row->created_at) &&
            rooms_.were_together(row->plan.appointment, image.patient, image.psychologist,
                                 image.what.starts_at - rules_.join_before, row->created_at - 1min, 4s)) {
            far_.violation("they have met, and one is called back: " + row->id);
        }
    }
}

// Cancelled, or long over: ended, with nobody in it by then.
void video_visitors::check_dropped(const video_rooms::room& room) {
    const auto at = watched_.find(room.appointment);
    // One that no row knows, since its answer was lost, is found by the weekly look.
    if (at == watched_.end() || !rows_.rooms.contains(room.sid) ||
        rows_.states.at(room.appointment).room_sid != room.sid || !calm_for(time_to_sweep)) {
        return;
    }
    const auto& visit = at->second;
    const auto over = visit.image.what.ends_at() + rules_.clean_up_after_end;
    if (visit.closed_at && *visit.closed_at + time_to_sweep < now()) {
        far_.violation("the room of a visit that was cancelled: " + room.sid);
    }
    if (!visit.closed_at && over + time_to_sweep < now() && room.connected() == 0 &&
        room.quiet_since + time_to_sweep < now() && !far_.wall_was_wrong(over, now())) {
        far_.violation("a room that nobody uses any more: " + room.sid);
    }
}

// What callbacks have told is kept to the millisecond.
void video_visitors::check_attendance() {
    for (const auto& [sid, room] : rooms_.all()) {
        if (!rows_.rooms.contains(sid)) {
            continue;
        }
        for (const auto& guest : room.guests) {
            const bool ended_inside = room.end_told && room.ended_at == guest.left_at;
            if (!guest.coming_told && !guest.going_told) {
                continue;
            }
            const auto row = rows_.stays.find(guest.sid);
            if (row == rows_.stays.end()) {
                far_.violation("a coming that nobody has written down: " + guest.sid);
                continue;
            }
            const auto& stay = row->second.second;
            if (guest.coming_told && stay.joined_at != guest.joined_at) {
                far_.violation("another time of coming: " + guest.sid);
            }
            if (guest.left_at && (guest.going_told || (ended_inside && guest.coming_told)) &&
                stay.left_at != guest.left_at) {
                far_.violation("another time of going: " + guest.sid);
            }
        }
    }
}

void video_visitors::check_end() {
    check_attendance();
}

}  // namespace punctual::test
