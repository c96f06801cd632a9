#include "jobs/lane.hpp"

#include "domain/planted_bug.hpp"
#include "jobs/attempts.hpp"
#include "net/async/fault_point.hpp"

#include <algorithm>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::delivery_state;

// Of those claimed: one on the wire and one made ready behind it. The others wait as data, and cost no rendering in one
// go, which would hold up the API.
constexpr std::size_t started_per_connection = 2;
// A delivery whose attempts end in an exception is given up after this many.
constexpr std::int32_t poison_attempts = 5;
// No send takes as long.
constexpr auto longest_send = 1h;

}  // namespace

lane::lane(net::executor ex, lane_options options, sender& sender, net::store& store, recorder& recorder,
           net::clock& clock, net::logger& log, net::metrics& metrics, std::function<double()> random)
    : options_{std::move(options)},
      sender_{sender},
      store_{store},
      recorder_{recorder},
      clock_{clock},
      log_{log},
      metrics_{metrics},
      alarm_{clock.make_alarm()},
      sends_{std::move(ex), [this](std::string_view id, const std::exception_ptr& why) { broke(id, why); }},
      provider_{options_.name, log, metrics, std::move(random)},
      claims_{sender_.channels(), options_.per_second, options_.largest_claim} {
    provider_.show(clock_.boot_now());
    recorder_.on_retry([this](const domain::delivery_id& id, wall_time when) {
        if (unrecorded_retries_.erase(id) > 0) {
            retry_at(when);
        }
    });
    recorder_.on_relief([this] { alarm_->poke(); });
    sender_.tell([this](const domain::delivery_id& id) { handed_over(id); });
}

bool lane::carries(domain::channel channel) const noexcept {
    const auto& mine = sender_.channels();
    return std::ranges::find(mine, channel) != mine.end();
}

void lane::push(std::span<const domain::planned_delivery> due) {
    for (const auto& one : due) {
        if (carries(one.channel)) {
            claims_.push(one);
        }
    }
    alarm_->poke();
}

void lane::adopt(std::vector<domain::claimed_delivery> claimed) {
    for (auto& one : claimed) {
        if (under_way_.contains(one.id)) {
            continue;
        }
        if (room(one.channel) == 0) {
            release(one);
            continue;
        }
        start_one(std::move(one));
    }
}

// Given back untried: the provider is held or has had its messages of this second, the lane is full, or it has stopped.
void lane::release(const domain::claimed_delivery& what) {
    const auto now = clock_.wall_now();
    record(untried(what, now, now));
}

void lane::revoke(domain::appointment_id appointment, std::int32_t version) {
    for (auto& [id, one] : under_way_) {
        if (one.appointment == appointment && one.version < version) {
            one.lease.revoke();
        }
    }
}

void lane::revoke_all() {
    for (auto& [id, one] : under_way_) {
        one.lease.revoke();
    }
}

void lane::revoke_recipient(domain::person_id person) {
    for (auto& [id, one] : under_way_) {
        if (one.recipient == person) {
            one.lease.revoke();
        }
    }
}

void lane::renewed(std::span<const domain::delivery_id> ids, boot_time until) {
    for (const auto& id : ids) {
        if (const auto at = under_way_.find(id); at != under_way_.end()) {
            at->second.lease.renew(until);
        }
    }
}

void lane::record(domain::outcome what) {
    if (what.state == delivery_state::retrying || what.sms_instead) {
        unrecorded_retries_.insert(what.id);
    }
    recorder_.add(std::move(what));
}

void lane::retry_at(wall_time when) {
    if (claims_.retry_at(when)) {
        alarm_->poke();
    }
}

void lane::wake() {
    alarm_->poke();
}

std::size_t lane::room() const {
    if (stopping_ || recorder_.is_full()) {
        return 0;
    }
    return provider_.allowance(clock_.boot_now(), under_way_.size(), depth_.depth(sender_.capacity()));
}

std::size_t lane::room(domain::channel channel) const {
    return std::min(room(), claims_.room(channel, clock_.boot_now(), sender_.capacity()));
}

std::size_t lane::room_beside_what_waits(domain::channel channel) const {
    return claims_.waits(channel, clock_.wall_now()) ? 0 : room(channel);
}

domain::provider_gate::state lane::gate_state() const {
    return provider_.current(clock_.boot_now());
}

std::vector<domain::delivery_id> lane::claimed_ids() const {
    std::vector<domain::delivery_id> ids;
    ids.reserve(under_way_.size());
    for (const auto& [id, one] : under_way_) {
        ids.push_back(id);
    }
    return ids;
}

void lane::handed_over(const domain::delivery_id& id) {
    if (const auto at = under_way_.find(id); at != under_way_.end() && !at->second.handed_over) {
        at->second.handed_over = true;
        claims_.handed_over(at->second.channel, clock_.boot_now());
    }
}

void lane::start(std::vector<domain::claimed_delivery> claimed) {
    for (auto& one : claimed) {
        // The provider was held, or its messages of this second were taken, while the claim was under way.
        const bool held = gate_state() != domain::provider_gate::state::open && room() == 0;
        const bool again = under_way_.contains(one.id);
        if (held || (!again && claims_.room(one.channel, clock_.boot_now(), sender_.capacity()) == 0)) {
            release(one);
            continue;
        }
        start_one(std::move(one));
    }
}

void lane::failed_over() {
    journal_.failed_over(clock_.boot_now());
}

void lane::start_one(domain::claimed_delivery what) {
    database_trouble_.over();
    if (auto sent = journal_.find(what, clock_.boot_now())) {
        // It went under the old primary, and the new one does not know.
        metrics_
            .make_counter("punctual_lost_commits_total",
                          "Messages that had been sent and looked unsent after a failover: not sent again")
            .add();
        log_.warning("sent_before_failover", {{"delivery", what.id}, {"appointment", what.appointment}});
        record(std::move(*sent));
        return;
    }
    // The same row again (its lease ran out and was taken up again): it is being sent already.
    sending entry{.appointment = what.appointment,
                  .version = what.version,
                  .recipient = what.recipient.id,
                  .channel = what.channel,
                  .attempts = what.attempts,
                  .claim = what.claim,
                  .lease = what.lease};
    if (!under_way_.emplace(what.id, std::move(entry)).second) {
        return;
    }
    claims_.started(what.channel);
    if (gate_state() == domain::provider_gate::state::probing) {
        provider_.probed(what.id, clock_.boot_now());
    }
    // Also while it waits for a connection.
    const auto useful = std::min<std::chrono::microseconds>(what.useless_after - clock_.wall_now(), longest_send);
    if (!domain::planted_bug::is(domain::planted_bug::mistake::useless_after_ignored)) {
        what.lease.limit(clock_.boot_now() + useful);
    }
    ready_.push_back({.what = std::move(what), .since = clock_.boot_now()});
    start_ready();
}

void lane::start_ready() {
    while (!ready_.empty() && sends_.size() < sender_.capacity() * started_per_connection) {
        auto what = std::move(ready_.front().what);
        ready_.pop_front();
        auto name = what.id;
        sends_.spawn(std::move(name), send_one(std::move(what)));
    }
}

void lane::give_back_first() {
    const auto what = std::move(ready_.front().what);
    ready_.pop_front();
    under_way_.erase(what.id);
    claims_.ended(what.channel, false);
    release(what);
}

net::task<> lane::send_one(domain::claimed_delivery what) {
    const auto began = clock_.boot_now();
    const auto beside = sends_.size();
    auto result = co_await sender_.send(what);
    depth_.note(result.sign, clock_.boot_now() - began, beside, sender_.capacity());
    judged(what, std::move(result));
}

void lane::judged(const domain::claimed_delivery& what, attempt result) {
    const auto now = clock_.boot_now();
    if (provider_.judge(result, now)) {
        provider_held();
    }
    count(what, result.outcome);
    if (result.outcome.state == delivery_state::accepted) {
        journal_.remember(what, result.outcome, now);
    }
    record(std::move(result.outcome));
    net::fault_point("outcome.handed_over");
}

// All that waits for a connection would ask it what is known already.
void lane::provider_held() {
    while (!ready_.empty()) {
        give_back_first();
    }
    for (auto& [id, one] : under_way_) {
        one.lease.withhold();
    }
}

// Called for every child that has ended, by task_group: the row of one that threw must not be lost.
void lane::broke(std::string_view id, const std::exception_ptr& why) {
    start_ready();
    const auto at = under_way_.find(std::string{id});
    if (at == under_way_.end()) {
        return;
    }
    const auto attempts = at->second.attempts;
    const auto claim = at->second.claim;
    claims_.ended(at->second.channel, at->second.handed_over);
    under_way_.erase(at);
    if (why) {
        domain::outcome outcome;
        outcome.id = id;
        outcome.attempts = attempts;
        outcome.claim = claim;
        outcome.at = clock_.wall_now();
        outcome.error_code = "internal";
        outcome.state = attempts < poison_attempts ? delivery_state::retrying : delivery_state::failed;
        outcome.next_attempt_at = outcome.at + 5s * attempts;
        log_.error("delivery_broke", {{"delivery", id}, {"attempt", attempts}});
        record(std::move(outcome));
    }
    alarm_->poke();
}

void lane::count(const domain::claimed_delivery& what, const domain::outcome& outcome) {
    const auto channel = domain::to_string(what.channel);
    auto*& ended = ended_[{what.channel, outcome.state}];
    if (ended == nullptr) {
        ended = &metrics_.make_counter(
            "punctual_deliveries_total", "Attempts that ended, by channel and the state they left",
            {{"channel", std::string{channel}}, {"state", std::string{domain::to_string(outcome.state)}}});
    }
    ended->add();
    if (outcome.state == delivery_state::accepted) {
        auto*& lateness = lateness_[what.channel];
        if (lateness == nullptr) {
            lateness = &metrics_.make_histogram(
                "punctual_delivery_lateness_seconds", "From the due second to the provider's acceptance",
                {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600}, {{"channel", std::string{channel}}});
        }
        const std::chrono::duration<double> late = outcome.at - what.due_at;
        lateness->observe(late.count());
        log_.debug("delivery_accepted",
                   {{"delivery", what.id}, {"appointment", what.appointment}, {"channel", channel}});
    } else {
        // The recorder tells how many there were.
        log_.debug("delivery_not_accepted", {{"delivery", what.id},
                                             {"appointment", what.appointment},
                                             {"channel", channel},
                                             {"state", domain::to_string(outcome.state)},
                                             {"reason", domain::to_string(outcome.reason)},
                                             {"code", outcome.error_code}});
    }
}

void lane::stop() {
    stopping_ = true;
    alarm_->poke();
}

void lane::abort() {
    while (!ready_.empty()) {
        give_back_first();
    }
    sends_.cancel();
}

}  // namespace punctual::jobs
