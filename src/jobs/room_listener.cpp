#include "jobs/room_listener.hpp"

#include "domain/planted_bug.hpp"
#include "net/async/caught.hpp"
#include "net/store/refusal.hpp"
#include "net/store/store_error.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using net::store_errc;

constexpr std::chrono::milliseconds interval = 1min;
constexpr auto statement_time = 10s;
constexpr std::size_t page = 100;
constexpr std::size_t most_set_aside = 10'000;

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
      broken_{metrics.make_counter("punctual_rows_broke_total", "Tries of a row that a bug or a refusal ended",
                                   {{"of", "room_events"}})},
      aside_count_{metrics.make_gauge("punctual_rows_set_aside", "Rows that wait for another try after such an end",
                                      {{"of", "room_events"}})},
      then_{std::move(then)},
      alarm_{clock.make_alarm()},
      aside_{most_set_aside} {}

net::task<result<>> room_listener::take(net::room_event what, deadline until) {
    auto key = what.key;
    auto form = what.form;
    auto child = act(std::move(what), until);
    const auto acted = co_await net::caught(std::move(child));
    if (acted && (*acted || !net::is_refusal(acted->error()))) {
        co_return *acted;
    }
    // A bug, or something in it that the database cannot take: kept as it came, at least, since Twilio calls once.
    put_aside(key, acted ? acted->error().message() : net::describe(acted.error()));
    co_return co_await visits_.keep_event(std::move(key), std::move(form), until);
}

// One that is kept and not acted on is found again after each minute, by whichever process is there.
void room_listener::put_aside(const std::string& key, std::string_view why) {
    broken_.add();
    const bool placed = aside_.add(key, {}, clock_.boot_now());
    aside_count_.set(static_cast<double>(aside_.size()));
    log_.error("room_event_set_aside", {{"event", key}, {"error", why}, {"kept", placed ? "yes" : "no_place"}});
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
    // Those that rest are among them.
    const auto limit = page + aside_.size();
    const auto kept = co_await visits_.unhandled_events(limit, clock_.boot_now() + statement_time);
    if (!kept) {
        co_return;
    }
    std::size_t done = 0;
    bool answers = true;
    for (const auto& one : *kept) {
        if (stopping_ || !answers) {
            break;
        }
        if (aside_.rests(one.key, clock_.boot_now())) {
            continue;
        }
        auto again = act_again(one);
        const auto acted = co_await net::caught(std::move(again));
        if (acted && *acted) {
            aside_.remove(one.key);
            ++done;
        } else if (!acted) {
            put_aside(one.key, net::describe(acted.error()));
        } else if (net::is_refusal(acted->error()) && !net::is_of_the_moment(acted->error())) {
            put_aside(one.key, acted->error().message());
        } else {
            answers = false;
        }
    }
    // What another process has acted on, or what has grown too old to be given any more.
    if (kept->size() < limit) {
        aside_.keep_only(
            [&](const auto& key) { return std::ranges::find(*kept, key, &net::kept_event::key) != kept->end(); });
    }
    aside_count_.set(static_cast<double>(aside_.size()));
    if (done > 0) {
        log_.info("room_events_taken_up", {{"count", done}});
    }
}

net::task<result<>> room_listener::act_again(net::kept_event kept) {
    auto what = then_.read(kept);
    what.key = std::move(kept.key);
    what.form = std::move(kept.form);
    co_return co_await act(std::move(what), clock_.boot_now() + statement_time);
}

void room_listener::stop() {
    stopping_ = true;
    alarm_->poke();
}

}  // namespace punctual::jobs
