// The rounds of the visit keeper: rooms that nobody uses any more, visits that nobody looked at.

#include "domain/planted_bug.hpp"
#include "jobs/visit_keeper.hpp"
#include "net/async/caught.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::planted_bug::is;
using domain::planted_bug::mistake;

constexpr auto statement_time = 10s;
constexpr auto twilio_time = 15s;
constexpr auto sweep_interval = 5min;
constexpr std::size_t sweep_page = 50;
// In a row: then it may be Twilio, or the database, and not the room. The next sweep begins behind them.
constexpr std::size_t most_unanswered = 10;
// The snapshot brings visits that ended within a day; a little less, so that none falls between.
constexpr auto held_by_the_schedule = 23h;
constexpr auto longest_absence = std::chrono::days{14};
constexpr std::size_t most_missed = 10'000;

}  // namespace

net::task<> visit_keeper::run() {
    while (!stopping_) {
        // Beside another system (shadow) rooms may be that one's.
        const bool keeps_rooms = rooms_ != nullptr && !rules_.shadow;
        if (keeps_rooms) {
            co_await sweep();
        }
        if (!caught_up_ && !stopping_ && !is(mistake::undecided_forgotten)) {
            co_await catch_up();
        }
        if (keeps_rooms && !stopping_) {
            co_await strays_.look();
        }
        if (stopping_ || co_await alarm_->wait_until(clock_.boot_now() + sweep_interval) == net::woken::cancelled) {
            break;
        }
    }
    co_await work_.wait();
}

net::task<> visit_keeper::catch_up() {
    const auto now = clock_.wall_now();
    const auto missed = co_await visits_.undecided(now - longest_absence, now - held_by_the_schedule, most_missed,
                                                   clock_.boot_now() + statement_time);
    if (!missed) {
        co_return;
    }
    caught_up_ = true;
    for (const auto& visit : *missed) {
        check_end(visit);
    }
    if (!missed->empty()) {
        log_.info("visits_caught_up", {{"count", missed->size()}});
    }
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
    const auto appointment = room.appointment;
    auto child = settle(std::move(room));
    const auto settled = co_await net::caught(std::move(child));
    if (!settled) {
        log_.error("room_not_settled", {{"appointment", appointment}, {"error", net::describe(settled.error())}});
    }
    if (settled && *settled) {
        refused_.erase(sid);
        unanswered = 0;
    } else {
        refused_[sid] = ++tries_;
        ++unanswered;
    }
    co_return !stopping_ && unanswered < most_unanswered;
}

net::task<bool> visit_keeper::settle(net::store::open_room room) {
    if (room.dropped) {
        const auto dropped = co_await drop_room(*rooms_, room.sid, clock_);
        if (!dropped) {
            co_return false;
        }
        const auto done = co_await store_.record_room_ended(room.appointment, std::move(room.sid),
                                                            clock_.boot_now() + statement_time);
        co_return done.has_value();
    }
    const auto present = co_await rooms_->connected(room.sid, clock_.boot_now() + twilio_time);
    const bool gone = !present && present.error().code == net::twilio::twilio_errc::not_found;
    if (!present && !gone) {
        co_return false;
    }
    if (present && *present > 0 && !is(mistake::hangs_up_on_people)) {
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

}  // namespace punctual::jobs
