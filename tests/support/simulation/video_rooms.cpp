#include "support/simulation/video_rooms.hpp"

#include "domain/room_name.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using net::twilio::twilio_errc;

// For so long a room's sid may be unknown right after its end.
constexpr auto unknown_after_end = 10s;
// Somebody whose click was answered before a cancellation may come in while the room is being ended.
constexpr auto just_now = 2s;

}  // namespace

std::size_t video_rooms::room::connected() const {
    return static_cast<std::size_t>(std::ranges::count_if(guests, [](const auto& one) { return !one.left_at; }));
}

// In every fourth seed Twilio ends nothing for a day, so that ours is the only hand that does.
video_rooms::video_rooms(std::uint64_t seed, far_end& far, const net::clock& true_time, memory_database& rows,
                         trace& log)
    : random_{seed ^ 0x5bd1e995},
      far_{far},
      true_time_{true_time},
      rows_{rows},
      log_{log},
      unused_{seed % 4 == 3 ? 24 * 60 : 5},
      emptied_{seed % 4 == 3   ? 24 * 60
               : seed % 4 == 2 ? 15
                               : 1} {}

video_rooms::room* video_rooms::running_by_name(const std::string& name) {
    for (const auto& sid : running_) {
        if (auto& one = rooms_.at(sid); one.name == name) {
            return &one;
        }
    }
    return nullptr;
}

std::optional<wall_time> video_rooms::end_of(const room& one) const {
    if (one.connected() > 0) {
        return std::nullopt;
    }
    return one.quiet_since + (one.guests.empty() ? unused_ : emptied_);
}

std::string video_rooms::join(const std::string& name, domain::person_id who) {
    auto* into = running_by_name(name);
    if (into == nullptr) {
        return {};
    }
    guest one;
    one.sid = "PA" + into->sid + "-" + std::to_string(into->guests.size() + 1);
    one.person = who;
    one.joined_at = now();
    guests_[one.sid] = {into->sid, into->guests.size()};
    into->guests.push_back(one);
    log_.add("joins " + one.sid);
    notify(*into, "participant-connected", one.joined_at, &one);
    return one.sid;
}

void video_rooms::leave(const std::string& participant) {
    if (const auto at = guests_.find(participant); at != guests_.end()) {
        auto& from = rooms_.at(at->second.first);
        auto& who = from.guests[at->second.second];
        if (!who.left_at) {
            depart(from, who, now());
        }
    }
}

void video_rooms::depart(room& from, guest& who, wall_time at) {
    who.left_at = at;
    log_.add("leaves " + who.sid);
    notify(from, "participant-disconnected", at, &who);
    if (from.connected() == 0) {
        from.quiet_since = at;
    }
}

void video_rooms::end(room& which, wall_time at) {
    for (auto& one : which.guests) {
        if (!one.left_at) {
            depart(which, one, at);
        }
    }
    which.ended_at = at;
    running_.erase(which.sid);
    log_.add("ended " + which.sid);
    notify(which, "room-ended", at, nullptr);
}

// Lost, twice, late: as best-effort callbacks are.
void video_rooms::notify(room& about, std::string what, wall_time at, const guest* who) {
    net::room_event made;
    made.key = about.sid + ":" + std::to_string(about.sequence++);
    made.form = made.key;
    made.appointment = about.appointment;
    made.room_name = about.name;
    made.room_sid = about.sid;
    made.what = std::move(what);
    made.at = at;
    if (who != nullptr) {
        made.participant_sid = who->sid;
        made.person = who->person;
        made.stayed = std::chrono::floor<std::chrono::seconds>(who->left_at.value_or(at) - who->joined_at);
    }
    sent_[made.key] = made;
    const auto copies = random_.one_in(12) ? 0 : random_.one_in(8) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
        const auto longest = random_.one_in(8) ? std::chrono::milliseconds{2min} : 500ms;
        callbacks_.emplace(now() + random_.between<std::chrono::microseconds>(20ms, longest), made);
    }
}

void video_rooms::advance() {
    const auto known = running_;
    for (const auto& sid : known) {
        auto& one = rooms_.at(sid);
        if (const auto over = end_of(one); over && *over <= now()) {
            end(one, *over);
        }
    }
}

wall_time video_rooms::next_due() const {
    auto next = callbacks_.empty() ? wall_time::max() : callbacks_.begin()->first;
    for (const auto& sid : running_) {
        next = std::min(next, end_of(rooms_.at(sid)).value_or(wall_time::max()));
    }
    return next;
}

std::vector<net::room_event> video_rooms::take_callbacks() {
    std::vector<net::room_event> due;
    while (!callbacks_.empty() && callbacks_.begin()->first <= now()) {
        due.push_back(std::move(callbacks_.begin()->second));
        callbacks_.erase(callbacks_.begin());
    }
    return due;
}

void video_rooms::taken(const net::room_event& what) {
    auto& in = rooms_.at(what.room_sid);
    if (what.what == "room-ended") {
        in.end_told = true;
    } else if (const auto at = guests_.find(what.participant_sid); at != guests_.end()) {
        auto& who = in.guests[at->second.second];
        (what.what == "participant-connected" ? who.coming_told : who.going_told) = true;
    }
}

bool video_rooms::was_live(const std::string& name, wall_time since) const {
    return std::ranges::any_of(rooms_, [&](const auto& one) {
        return one.second.name == name && (!one.second.ended_at || *one.second.ended_at >= since);
    });
}

std::span<const video_rooms::room* const> video_rooms::rooms_of(domain::appointment_id id) const {
    const auto at = rooms_of_.find(id);
    return at == rooms_of_.end() ? std::span<const room* const>{} : at->second;
}

bool video_rooms::was_there(domain::appointment_id of, domain::person_id who, wall_time since, wall_time until) const {
    return std::ranges::any_of(rooms_of(of), [&](const auto* one) {
        return std::ranges::any_of(one->guests, [&](const auto& guest) {
            return guest.person == who && guest.joined_at < until && guest.left_at.value_or(until) > since;
        });
    });
}

std::optional<wall_time> video_rooms::there_since(domain::appointment_id of, domain::person_id who) const {
    for (const auto& sid : running_) {
        const auto& one = rooms_.at(sid);
        for (const auto& guest : one.guests) {
            if (one.appointment == of && guest.person == who && !guest.left_at) {
                return guest.joined_at;
            }
        }
    }
    return std::nullopt;
}

bool video_rooms::were_together(domain::appointment_id of, domain::person_id one, domain::person_id other,
                                wall_time since, wall_time until, std::chrono::seconds least) const {
    for (const auto* in : rooms_of(of)) {
        for (const auto& guest : in->guests) {
            for (const auto& beside : in->guests) {
                const auto from = std::max({guest.joined_at, beside.joined_at, since});
                const auto to = std::min({guest.left_at.value_or(until), beside.left_at.value_or(until), until});
                if (guest.person == one && beside.person == other && from + least < to) {
                    return true;
                }
            }
        }
    }
    return false;
}

net::twilio::room video_rooms::as_told(const room& one) {
    return {.sid = one.sid, .unique_name = one.name, .status = one.ended_at ? "completed" : "in-progress"};
}

net::task<video_rooms::answer> video_rooms::reach(deadline until) {
    // Given back when the coroutine is destroyed too.
    const std::unique_ptr<int, void (*)(int*)> under_way{&++asked_, [](int* count) { --*count; }};
    const auto alarm = far_.clock().make_alarm();
    const auto back = far_.clock().boot_now() + random_.between(1ms, 400ms);
    const bool gone = co_await alarm->wait_until(std::min(back, until)) == net::woken::cancelled;
    advance();
    const auto outage = far_.text_outage;
    if (gone || outage != provider_answer::good || random_.one_in(fault_one_in)) {
        note_fault();
        const bool lost = outage == provider_answer::lost_after || (!gone && random_.one_in(2));
        co_return lost ? answer::lost : answer::nothing_done;
    }
    co_return answer::good;
}

net::task<result<net::twilio::room>> video_rooms::ensure(std::string name, deadline until) {
    const auto how = co_await reach(until);
    if (how == answer::nothing_done) {
        co_return failure(twilio_errc::unavailable);
    }
    auto* one = running_by_name(name);
    if (one == nullptr) {
        const auto id = domain::appointment_of_room(name).value_or(0);
        for (const auto& sid : running_) {
            if (rooms_.at(sid).appointment == id) {
                far_.violation("two rooms of one visit in progress: " + name);
            }
        }
        const auto state = rows_.states.find(id);
        if (state == rows_.states.end() || state->second.room_name != name) {
            far_.violation("a room of another name: " + name);
        }
        auto sid = "RM" + std::to_string(rooms_.size() + 1);
        one = &rooms_[sid];
        one->sid = sid;
        one->name = name;
        one->appointment = id;
        one->quiet_since = now();
        rooms_of_[id].push_back(one);
        running_.insert(sid);
        log_.add("made " + sid + " " + name);
        notify(*one, "room-created", now(), nullptr);
    }
    auto told = as_told(*one);
    if (how == answer::lost) {
        co_return failure(twilio_errc::unavailable);
    }
    // Its callback may come before this.
    const auto alarm = far_.clock().make_alarm();
    co_await alarm->wait_until(far_.clock().boot_now() + random_.between(1ms, 300ms));
    co_return told;
}

net::task<result<net::twilio::room>> video_rooms::find(std::string name, deadline until) {
    const auto how = co_await reach(until);
    if (how != answer::good) {
        co_return failure(twilio_errc::unavailable);
    }
    const auto* one = running_by_name(name);
    if (one == nullptr) {
        co_return failure(twilio_errc::not_found);
    }
    co_return as_told(*one);
}

net::task<result<std::vector<net::twilio::room>>> video_rooms::list_in_progress(deadline until) {
    const auto how = co_await reach(until);
    if (how != answer::good) {
        co_return failure(twilio_errc::unavailable);
    }
    std::vector<net::twilio::room> found;
    for (const auto& sid : running_) {
        found.push_back(as_told(rooms_.at(sid)));
    }
    co_return found;
}

net::task<result<std::size_t>> video_rooms::connected(std::string sid, deadline until) {
    const auto how = co_await reach(until);
    if (how != answer::good) {
        co_return failure(twilio_errc::unavailable);
    }
    if (!running_.contains(sid)) {
        co_return failure(twilio_errc::not_found);
    }
    co_return rooms_.at(sid).connected();
}

net::task<result<std::vector<net::twilio::room_participant>>> video_rooms::participants(std::string sid,
                                                                                        deadline until) {
    const auto how = co_await reach(until);
    if (how != answer::good) {
        co_return failure(twilio_errc::unavailable);
    }
    const auto at = rooms_.find(sid);
    const bool fresh = at != rooms_.end() && at->second.ended_at && now() - *at->second.ended_at < unknown_after_end;
    if (at == rooms_.end() || (fresh && random_.one_in(5))) {
        note_fault();
        co_return failure(twilio_errc::not_found);
    }
    std::vector<net::twilio::room_participant> found;
    const auto by_second = [](wall_time when) -> wall_time { return std::chrono::floor<std::chrono::seconds>(when); };
    for (const auto& one : at->second.guests) {
        net::twilio::room_participant told;
        told.sid = one.sid;
        told.identity = std::to_string(one.person) + "-x@example.com";
        told.joined_at = by_second(one.joined_at);
        if (one.left_at) {
            told.left_at = by_second(*one.left_at);
        }
        found.push_back(std::move(told));
    }
    co_return found;
}

net::task<result<>> video_rooms::remove(std::string sid, std::string participant, deadline until) {
    const auto how = co_await reach(until);
    if (how != answer::nothing_done) {
        leave(participant);
    }
    if (how != answer::good) {
        co_return failure(twilio_errc::unavailable);
    }
    co_return result<>{};
}

net::task<result<>> video_rooms::complete(std::string sid, deadline until) {
    const auto how = co_await reach(until);
    if (how != answer::nothing_done && running_.contains(sid)) {
        auto& one = rooms_.at(sid);
        for (const auto& guest : one.guests) {
            if (!guest.left_at && now() - guest.joined_at > just_now) {
                far_.violation("a room was ended over people's heads: " + sid);
            }
        }
        end(one, now());
    }
    if (how != answer::good) {
        co_return failure(twilio_errc::unavailable);
    }
    co_return result<>{};
}

}  // namespace punctual::test
