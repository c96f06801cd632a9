#include "jobs/room_listener.hpp"

#include "domain/planted_bug.hpp"
#include "net/store/store_error.hpp"

#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using net::store_errc;

constexpr std::chrono::milliseconds interval = 1min;
constexpr auto statement_time = 10s;
constexpr std::size_t page = 100;

}  // namespace

room_listener::room_listener(room_service& rooms, net::visit_log& visits, net::clock& clock, net::logger& log,
                             net::metrics& metrics, events then)
    : rooms_{rooms},
      visits_{visits},
      clock_{clock},
      log_{log},
      taken_{metrics.make_counter("punctual_room_events_total", "Callbacks of rooms of ours")},
      foreign_{metrics.make_counter("punctual_room_events_foreign_total",
                                    "Signed callbacks of rooms that are none of ours")},
      then_{std::move(then)},
      alarm_{clock.make_alarm()} {}

net::task<result<>> room_listener::take(net::room_event what, deadline until) {
    auto key = what.key;
    auto form = what.form;
    auto done = co_await act(std::move(what), until);
    if (!done && net::is_refusal(done.error())) {
        // Something in it that the database cannot take: kept as it came, at least.
        log_.warning("room_event_refused", {{"error", done.error().message()}});
        hopeless_.insert(key);
        done = co_await visits_.keep_event(std::move(key), std::move(form), until);
    }
    co_return done;
}

net::task<result<>> room_listener::act(net::room_event what, deadline until) {
    auto again = what;
    auto ours = co_await visits_.record_event(std::move(what), until);
    if (!ours && ours.error().code == store_errc::outcome_unknown) {
        // Its key makes it harmless.
        auto once_more = again;
        ours = co_await visits_.record_event(std::move(once_more), until);
    }
    if (!ours) {
        co_return std::unexpected{ours.error()};
    }
    (*ours ? taken_ : foreign_).add();
    if (*ours && again.what == "room-ended") {
        const auto id = again.appointment;
        // It is written down already; this is for what the service remembers.
        static_cast<void>(co_await rooms_.room_ended(std::move(again.room_name), std::move(again.room_sid), until));
        then_.ended(id);
    }
    if (*ours && again.what == "participant-connected" && then_.came) {
        then_.came(again.appointment);
    }
    co_return result<>{};
}

net::task<> room_listener::run() {
    while (!stopping_) {
        if (!domain::planted_bug::is(domain::planted_bug::mistake::kept_events_forgotten)) {
            co_await take_up();
        }
        if (stopping_ || co_await alarm_->wait_until(clock_.boot_now() + interval) == net::woken::cancelled) {
            break;
        }
    }
}

net::task<> room_listener::take_up() {
    const auto kept = co_await visits_.unhandled_events(page + hopeless_.size(), clock_.boot_now() + statement_time);
    if (!kept) {
        co_return;
    }
    std::size_t done = 0;
    for (const auto& one : *kept) {
        if (stopping_ || hopeless_.contains(one.key)) {
            continue;
        }
        auto what = then_.read(one);
        what.key = one.key;
        what.form = one.form;
        const auto acted = co_await act(std::move(what), clock_.boot_now() + statement_time);
        if (acted) {
            ++done;
        } else if (net::is_refusal(acted.error())) {
            hopeless_.insert(one.key);
        } else {
            break;
        }
    }
    if (done > 0) {
        log_.info("room_events_taken_up", {{"count", done}});
    }
}

void room_listener::stop() {
    stopping_ = true;
    alarm_->poke();
}

}  // namespace punctual::jobs
