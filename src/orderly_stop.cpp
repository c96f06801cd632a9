#include "orderly_stop.hpp"

#include "http/server.hpp"
#include "net/postgres/client.hpp"
#include "net/smtp/client.hpp"

#include <algorithm>

namespace punctual {
namespace {

using namespace std::chrono_literals;

// After the drain limit: for cancelled sends to be judged, and for outcomes to be written.
constexpr auto hard_stop_time = 3s;
constexpr auto record_time = 5s;
constexpr std::chrono::milliseconds patience_without_database = 2s;
// The feed is looked at every 0.9 s.
constexpr auto silence_of_a_frozen_database = 2s;
// This, the signals and the ticker.
constexpr std::size_t last_children = 3;

}  // namespace

net::task<> orderly_stop::run() {
    parts_.log.info("stopping", {{"under_way", under_way()}});
    parts_.progress.poke();
    begin_nothing_more();
    co_await drain();
    co_await write_down();
    co_await close();
    parts_.ground.cancel();
}

void orderly_stop::begin_nothing_more() {
    parts_.server.stop();
    parts_.follower.stop();
    // A snapshot may take a minute, and nobody needs it any more.
    parts_.database.stop_copies();
    parts_.runner.stop();
    parts_.upkeep.stop();
    parts_.visits.stop();
    if (parts_.forwarder != nullptr) {
        parts_.forwarder->stop();
    }
    for (auto* lane : parts_.lanes) {
        lane->stop();
    }
}

net::task<> orderly_stop::drain() {
    auto& clock = parts_.clock;
    const auto drain_until = clock.boot_now() + parts_.drain;
    bool drained = co_await emptied(parts_.work, std::min(drain_until, clock.boot_now() + patience_without_database));
    // Nothing is known that is not written: what waits for the database waits in vain.
    const bool in_vain = !drained && database_is_away() && under_way() + parts_.recorder.pending() == 0;
    if (in_vain && !parts_.database.connected()) {
        parts_.database.stop();
    }
    if (!drained && (!in_vain || !parts_.database.connected())) {
        drained = co_await emptied(parts_.work, drain_until);
    }
    if (!drained) {
        parts_.log.warning(in_vain ? "database_does_not_answer" : "drain_limit_reached",
                           {{"tasks", parts_.work.size()}});
        parts_.visits.abort();
        for (auto* lane : parts_.lanes) {
            lane->abort();
        }
        if (!in_vain) {
            co_await emptied(parts_.work, clock.boot_now() + hard_stop_time);
        }
        parts_.work.cancel();
        co_await emptied(parts_.work, clock.boot_now() + hard_stop_time);
    }
    const bool served = co_await emptied(parts_.service, clock.boot_now() + 1s);
    if (!served) {
        parts_.server.abort();
        co_await emptied(parts_.service, clock.boot_now() + hard_stop_time);
    }
}

net::task<> orderly_stop::write_down() {
    auto& clock = parts_.clock;
    auto& recorder = parts_.recorder;
    recorder.stop();
    parts_.leases.stop();
    const auto until = clock.boot_now() + record_time;
    while (recorder.pending() > 0 && clock.boot_now() < until) {
        co_await parts_.progress.wait_until(std::min(until, clock.boot_now() + 50ms));
    }
    if (recorder.pending() > 0) {
        parts_.log.warning("outcomes_left_to_reconcile", {{"count", recorder.pending()}});
        recorder.give_up();
    }
}

net::task<> orderly_stop::close() {
    if (parts_.mailer != nullptr) {
        parts_.mailer->stop();
    }
    parts_.listener.stop();
    parts_.database.stop();
    parts_.api_database.stop();
    const auto until = parts_.clock.boot_now() + hard_stop_time;
    while (parts_.ground.size() > last_children && parts_.clock.boot_now() < until) {
        co_await parts_.progress.wait_until(until);
    }
}

net::task<bool> orderly_stop::emptied(net::task_group& group, boot_time until) {
    while (group.size() > 0 && parts_.clock.boot_now() < until) {
        co_await parts_.progress.wait_until(until);
    }
    co_return group.size() == 0;
}

std::size_t orderly_stop::under_way() const {
    std::size_t all = 0;
    for (const auto* lane : parts_.lanes) {
        all += lane->under_way();
    }
    return all;
}

// One that is frozen keeps its connections up.
bool orderly_stop::database_is_away() const {
    return !parts_.database.connected() ||
           parts_.clock.boot_now() - parts_.follower.last_look() > silence_of_a_frozen_database;
}

}  // namespace punctual
