#include "jobs/stray_rooms.hpp"

#include "domain/planted_bug.hpp"
#include "domain/room_name.hpp"

#include <algorithm>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using net::room_standing;
using net::twilio::twilio_errc;

constexpr auto statement_time = 10s;
constexpr auto twilio_time = 15s;
constexpr auto list_time = 60s;
constexpr std::chrono::seconds sweep_interval = std::chrono::days{7};
// How often it is asked whether a week has passed.
constexpr auto between_looks = 1h;
constexpr const char* chore = "stray_rooms";

}  // namespace

net::task<result<>> drop_room(net::twilio::rooms& rooms, std::string sid, net::clock& clock) {
    const auto people = co_await rooms.participants(sid, clock.boot_now() + twilio_time);
    if (!people && people.error().code == twilio_errc::not_found) {
        co_return result<>{};
    }
    if (!people) {
        co_return std::unexpected{people.error()};
    }
    for (const auto& one : *people) {
        if (one.left_at || domain::planted_bug::is(domain::planted_bug::mistake::participants_not_removed)) {
            continue;
        }
        auto removed = co_await rooms.remove(sid, one.sid, clock.boot_now() + twilio_time);
        if (!removed) {
            co_return removed;
        }
    }
    co_return co_await rooms.complete(std::move(sid), clock.boot_now() + twilio_time);
}

net::task<> stray_rooms::look() {
    if (rooms_ == nullptr || clock_.boot_now() < next_) {
        co_return;
    }
    next_ = clock_.boot_now() + between_looks;
    const auto due = co_await visits_.chore_due(chore, sweep_interval, clock_.boot_now() + statement_time);
    if (!due || !*due) {
        co_return;
    }
    const bool all = co_await settle_all();
    if (all) {
        static_cast<void>(co_await visits_.chore_done(chore, clock_.boot_now() + statement_time));
    }
}

net::task<bool> stray_rooms::settle_all() {
    auto listed = co_await rooms_->list_in_progress(clock_.boot_now() + list_time);
    if (!listed) {
        log_.warning("rooms_not_listed", {{"error", listed.error().message()}});
        co_return false;
    }
    std::vector<std::string> names;
    names.reserve(listed->size());
    for (const auto& one : *listed) {
        names.push_back(one.unique_name);
    }
    const auto ended_before = clock_.wall_now() - rules_.clean_up_after_end;
    const auto standings =
        co_await visits_.judge_rooms(std::move(names), ended_before, clock_.boot_now() + statement_time);
    if (!standings || standings->size() != listed->size()) {
        co_return false;
    }
    bool all = true;
    for (std::size_t at = 0; at < listed->size(); ++at) {
        const bool answered = co_await settle(std::move((*listed)[at]), (*standings)[at]);
        all = all && answered;
    }
    log_.info("rooms_listed",
              {{"count", standings->size()}, {"foreign", std::ranges::count(*standings, room_standing::foreign)}});
    co_return all;
}

net::task<bool> stray_rooms::settle(net::twilio::room which, room_standing standing) {
    if (standing == room_standing::foreign) {
        co_return true;
    }
    const auto id = domain::appointment_of_room(which.unique_name).value_or(0);
    // From now on it is known, and the sweep of every few minutes finds it too.
    auto known_as = which.sid;
    const auto known = co_await store_.record_room(id, std::move(known_as), clock_.boot_now() + statement_time);
    if (!known) {
        co_return false;
    }
    if (standing == room_standing::wanted) {
        co_return true;
    }
    auto sid = which.sid;
    if (standing == room_standing::dropped) {
        const auto dropped = co_await drop_room(*rooms_, std::move(sid), clock_);
        if (!dropped) {
            co_return false;
        }
    } else {
        const auto present = co_await rooms_->connected(std::move(sid), clock_.boot_now() + twilio_time);
        const bool gone = !present && present.error().code == twilio_errc::not_found;
        if (!present && !gone) {
            co_return false;
        }
        if (present && *present > 0) {
            co_return true;
        }
        auto ending = which.sid;
        const auto ended = co_await rooms_->complete(std::move(ending), clock_.boot_now() + twilio_time);
        if (!ended) {
            co_return false;
        }
    }
    log_.info("stray_room_ended", {{"appointment", id}});
    const auto recorded =
        co_await store_.record_room_ended(id, std::move(which.sid), clock_.boot_now() + statement_time);
    co_return recorded.has_value();
}

}  // namespace punctual::jobs
