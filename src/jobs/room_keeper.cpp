#include "jobs/room_keeper.hpp"

#include "domain/planted_bug.hpp"
#include "domain/room_name.hpp"

#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using net::twilio::twilio_errc;

// Short: a room may end between this answer and the click that follows it.
constexpr std::chrono::seconds trusted_for = 2s;

constexpr auto twilio_time = 15s;

bool is_dropped(const std::optional<net::api_appointment>& one) {
    return !one || one->image.status == domain::appointment_status::cancelled;
}

}  // namespace

room_keeper::room_keeper(net::twilio::rooms* rooms, net::store& store, net::clock& clock, net::logger& log)
    : rooms_{rooms}, store_{store}, clock_{clock}, log_{log} {}

net::task<result<room_info>> room_keeper::open_room(domain::appointment_id id, deadline until) {
    if (rooms_ == nullptr) {
        co_return failure(twilio_errc::not_configured);
    }
    if (auto known = seen_just_now(id)) {
        co_return std::move(*known);
    }
    if (const auto at = flights_.find(id); at != flights_.end()) {
        auto shared = at->second;
        co_return co_await share(std::move(shared), until);
    }
    const auto mine = std::make_shared<flight>();
    flights_.emplace(id, mine);
    const landing at_the_end{*this, id, *mine};
    auto answer = co_await open(id, until);
    mine->answer = answer;
    co_return answer;
}

// Whatever ends it, an exception too: the next request begins anew.
room_keeper::landing::~landing() {
    keeper.flights_.erase(id);
    if (!of.answer) {
        of.answer = failure(twilio_errc::unavailable, "the request for this room broke");
    }
    for (auto* waiter : of.waiting) {
        waiter->poke();
    }
}

net::task<result<room_info>> room_keeper::share(std::shared_ptr<flight> with, deadline until) {
    const auto alarm = clock_.make_alarm();
    with->waiting.push_back(alarm.get());
    while (!with->answer) {
        const auto woken = co_await alarm->wait_until(until);
        if (woken != net::woken::poked && !with->answer) {
            std::erase(with->waiting, alarm.get());
            co_return failure(twilio_errc::unavailable, "another request for this room has not been answered in time");
        }
    }
    auto info = *with->answer;
    if (info) {
        // Only the request that made it says so.
        info->created = false;
    }
    co_return info;
}

net::task<result<room_info>> room_keeper::open(domain::appointment_id id, deadline until) {
    const auto appointment = co_await store_.find_appointment(id, until);
    if (!appointment) {
        co_return std::unexpected{appointment.error()};
    }
    if (!*appointment || (*appointment)->room_name.empty()) {
        co_return failure(twilio_errc::not_found, "no telehealth appointment of that id");
    }
    const auto& known = **appointment;
    if (known.image.status == domain::appointment_status::cancelled) {
        co_return failure(twilio_errc::not_found, "the appointment is cancelled");
    }
    result<net::twilio::room> room = net::twilio::room{known.room_sid, known.room_name, "in-progress"};
    if (known.room_sid.empty() || !domain::planted_bug::is(domain::planted_bug::mistake::room_never_made_again)) {
        room = co_await rooms_->ensure(known.room_name, until);
    }
    if (!room) {
        // Of a Twilio that is down every visit within reach would tell at each try.
        if (trouble_.is_new(room.error().message())) {
            log_.warning("room_not_opened", {{"appointment", id}, {"error", room.error().message()}});
        }
        co_return std::unexpected{room.error()};
    }
    trouble_.over();
    room_info info;
    info.name = known.room_name;
    info.sid = room->sid;
    info.status = room->status;
    info.created = known.room_sid.empty();
    if (room->sid != known.room_sid) {
        auto sid = room->sid;
        const auto recorded = co_await store_.record_room(id, std::move(sid), until);
        if (!recorded) {
            co_return std::unexpected{recorded.error()};
        }
        log_.info("room_opened", {{"appointment", id}, {"again", !known.room_sid.empty()}});
        const bool dropped = co_await end_if_dropped(id, room->sid, until);
        if (dropped) {
            co_return failure(twilio_errc::not_found, "the appointment was cancelled meanwhile");
        }
    }
    auto& kept = seen_[id];
    kept.info = info;
    kept.info.created = false;
    kept.at = clock_.boot_now();
    co_return info;
}

// Cancelled while Twilio made it: whoever looked for rooms to end then has not seen this one.
net::task<bool> room_keeper::end_if_dropped(domain::appointment_id id, std::string sid, deadline until) {
    const auto appointment = co_await store_.find_appointment(id, until);
    if (!appointment || !is_dropped(*appointment)) {
        co_return false;
    }
    const auto ended = co_await rooms_->complete(sid, clock_.boot_now() + twilio_time);
    if (ended) {
        static_cast<void>(co_await store_.record_room_ended(id, std::move(sid), until));
    }
    co_return true;
}

std::optional<room_info> room_keeper::seen_just_now(domain::appointment_id id) {
    const auto now = clock_.boot_now();
    const auto longest =
        domain::planted_bug::is(domain::planted_bug::mistake::room_trusted_too_long) ? 1h : trusted_for;
    std::erase_if(seen_, [&](const auto& one) { return now - one.second.at > longest; });
    const auto at = seen_.find(id);
    return at == seen_.end() ? std::nullopt : std::optional{at->second.info};
}

net::task<result<>> room_keeper::room_ended(std::string name, std::string sid, deadline until) {
    const auto id = domain::appointment_of_room(name);
    if (!id) {
        // A room of that account that is not ours.
        co_return result<>{};
    }
    if (const auto at = seen_.find(*id); at != seen_.end() && at->second.info.sid == sid) {
        seen_.erase(at);
    }
    co_return co_await store_.record_room_ended(*id, std::move(sid), until);
}

}  // namespace punctual::jobs
