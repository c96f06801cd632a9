#include "jobs/room_keeper.hpp"

#include <utility>

namespace punctual::jobs {

using net::twilio::twilio_errc;

room_keeper::room_keeper(net::twilio::rooms* rooms, net::store& store, net::clock& clock, net::logger& log)
    : rooms_{rooms}, store_{store}, clock_{clock}, log_{log} {}

net::task<result<room_info>> room_keeper::open_room(domain::appointment_id id, deadline until) {
    if (rooms_ == nullptr) {
        co_return failure(twilio_errc::not_configured);
    }
    if (const auto at = flights_.find(id); at != flights_.end()) {
        auto shared = at->second;
        co_return co_await share(std::move(shared), until);
    }
    const auto mine = std::make_shared<flight>();
    flights_.emplace(id, mine);
    auto answer = co_await open(id, until);
    flights_.erase(id);
    mine->answer = answer;
    for (auto* waiter : mine->waiting) {
        waiter->poke();
    }
    co_return answer;
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
    auto room = co_await rooms_->ensure(known.room_name, until);
    if (!room) {
        log_.warning("room_not_opened", {{"appointment", id}, {"error", room.error().message()}});
        co_return std::unexpected{room.error()};
    }
    room_info info;
    info.name = known.room_name;
    info.sid = room->sid;
    info.status = room->status;
    info.created = room->sid != known.room_sid;
    if (info.created) {
        auto sid = room->sid;
        const auto recorded = co_await store_.record_room(id, std::move(sid), until);
        if (!recorded) {
            co_return std::unexpected{recorded.error()};
        }
        log_.info("room_opened", {{"appointment", id}, {"again", !known.room_sid.empty()}});
    }
    co_return info;
}

}  // namespace punctual::jobs
