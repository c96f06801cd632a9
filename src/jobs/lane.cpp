#include "jobs/lane.hpp"

#include "domain/planted_bug.hpp"
#include "jobs/attempts.hpp"
#include "net/async/fault_point.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::delivery_state;

constexpr auto statement_time = 10s;
constexpr auto pause_after_database_error = 500ms;
// So that a provider's connections stay busy while the next claim is being committed: as many as it sends in a
// second, and a few while that is not known. What is claimed beyond that grows old waiting.
constexpr double first_depth_per_connection = 8;
constexpr double longest_depth_per_connection = 60;
constexpr double longest_wait_seconds = 1;
constexpr double weight_of_the_last = 1.0 / 16;
// Of those claimed: one on the wire and one made ready behind it. The others wait as data, and cost no rendering in one
// go, which would hold up the API.
constexpr std::size_t started_per_connection = 2;
// A claimed one that could not be started by then is given back: somebody else may have room for it.
constexpr auto longest_ready = 5s;
// A delivery whose attempts end in an exception is given up after this many.
constexpr std::int32_t poison_attempts = 5;
// No send takes as long.
constexpr auto longest_send = 1h;
// One commit for a handful while hundreds wait would waste it.
constexpr std::size_t worthwhile_claim = 32;
constexpr std::size_t worthwhile_share = 4;  // of the depth
constexpr channel_counts everything{std::numeric_limits<std::size_t>::max(), std::numeric_limits<std::size_t>::max(),
                                    std::numeric_limits<std::size_t>::max()};

// Why a provider is given no work, for the log.
std::string_view cause(provider_sign sign) noexcept {
    switch (sign) {
        case provider_sign::failed:
            return "failures";
        case provider_sign::busy:
            return "asked_to_wait";
        case provider_sign::misconfigured:
            return "refuses_us";
        case provider_sign::none:
        case provider_sign::answered:
        case provider_sign::crowded:
            break;
    }
    return "";
}

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
      random_{std::move(random)},
      alarm_{clock.make_alarm()},
      sends_{std::move(ex), [this](std::string_view id, const std::exception_ptr& why) { broke(id, why); }},
      holds_{metrics.make_counter("punctual_provider_holds_total", "How often the provider was held after working",
                                  {{"provider", options_.name}})},
      paces_{options_.per_second} {
    using enum domain::provider_gate::state;
    for (const auto state : {open, held, probing}) {
        gate_states_[state] = &metrics.make_gauge(
            "punctual_provider_state", "1 at the state that the provider is in: open (working), held, probing",
            {{"provider", options_.name}, {"state", std::string{to_string(state)}}});
    }
    show_gate();
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
            queue_.push(one);
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
    if (!retry_at_ || when < *retry_at_) {
        retry_at_ = when;
        alarm_->poke();
    }
}

void lane::wake() {
    alarm_->poke();
}

std::size_t lane::depth() const noexcept {
    const auto capacity = sender_.capacity();
    const double each = seconds_a_send_ > 0
                            ? std::clamp(longest_wait_seconds / seconds_a_send_, 1.0, longest_depth_per_connection)
                            : first_depth_per_connection;
    return static_cast<std::size_t>(static_cast<double>(capacity) * each);
}

std::size_t lane::worthwhile() const noexcept {
    const auto most = depth();
    // Half of a small depth: the other half keeps the provider busy meanwhile.
    return std::min(std::max(worthwhile_claim, most / worthwhile_share), (most + 1) / 2);
}

std::size_t lane::room() const {
    return stopping_ || recorder_.is_full() ? 0 : gate_.allowance(clock_.boot_now(), under_way_.size(), depth());
}

std::size_t lane::room(domain::channel channel) const {
    return std::min(room(), paces_.room(channel, clock_.boot_now(), sender_.capacity()));
}

std::size_t lane::room_beside_what_waits(domain::channel channel) const {
    const bool waits = queue_.size(channel) > 0 || backlog_.at(index_of(channel)) || retries_due();
    return waits ? 0 : room(channel);
}

domain::provider_gate::state lane::gate_state() const {
    return gate_.current(clock_.boot_now());
}

std::vector<domain::delivery_id> lane::claimed_ids() const {
    std::vector<domain::delivery_id> ids;
    ids.reserve(under_way_.size());
    for (const auto& [id, one] : under_way_) {
        ids.push_back(id);
    }
    return ids;
}

void lane::put_back() {
    const auto batch = std::exchange(in_hand_, {});
    if (!domain::planted_bug::is(domain::planted_bug::mistake::queue_lost_on_error)) {
        queue_.put_back(batch);
    }
}

net::lease_terms lane::lease_terms() const {
    return {.instance = options_.instance, .length = options_.lease, .granted_at = clock_.boot_now()};
}

bool lane::retries_due() const {
    return retry_at_ && *retry_at_ <= clock_.wall_now();
}

// Of what is queued, by channel.
channel_counts lane::allowed(boot_time now) const {
    channel_counts counts{};
    for (const auto channel : sender_.channels()) {
        const auto waiting = queue_.size(channel);
        if (waiting > 0) {
            counts.at(index_of(channel)) = paces_.worthwhile(channel, now, sender_.capacity(), waiting);
        }
    }
    return counts;
}

std::size_t lane::claimable(const channel_counts& allowed) const {
    std::size_t sum = 0;
    for (const auto channel : sender_.channels()) {
        sum += std::min(queue_.size(channel), allowed.at(index_of(channel)));
    }
    return sum;
}

// Of what is queued: in the database all compete by how soon they are of no use, and nothing fresh waits for what was
// first.
channel_counts lane::behind_backlog() const {
    channel_counts counts{};
    for (const auto channel : sender_.channels()) {
        counts.at(index_of(channel)) = backlog_.at(index_of(channel)) ? options_.largest_claim : 0;
    }
    return counts;
}

// Where more was due than could be claimed, a burst at a time.
std::size_t lane::wanted_retries(domain::channel channel) const {
    return backlog_.at(index_of(channel)) ? options_.largest_claim : 1;
}

// Channels without a limit together, each limited one for itself.
std::vector<lane::retry_share> lane::retry_shares(boot_time now, std::size_t free) const {
    retry_share unlimited{.channels = {}, .limit = free};
    std::vector<retry_share> shares;
    for (const auto channel : sender_.channels()) {
        if (!paces_.limits(channel)) {
            unlimited.channels.push_back(channel);
        } else if (const auto some = paces_.worthwhile(channel, now, sender_.capacity(), wanted_retries(channel));
                   some > 0) {
            shares.push_back({.channels = {channel}, .limit = std::min(some, free)});
        }
    }
    if (!unlimited.channels.empty()) {
        shares.insert(shares.begin(), std::move(unlimited));
    }
    return shares;
}

// When something of the queue may be claimed that may not now. What waits for a connection is told by its end.
boot_time lane::next_allowed(boot_time now) const {
    auto next = boot_time::max();
    for (const auto channel : sender_.channels()) {
        const auto waiting = queue_.size(channel);
        if (waiting > 0 && paces_.limits(channel)) {
            const auto when = paces_.when(channel, now, waiting);
            next = when > now ? std::min(next, when) : next;
        }
    }
    return next;
}

boot_time lane::next_retry_allowed(boot_time now) const {
    auto next = boot_time::max();
    for (const auto channel : sender_.channels()) {
        const auto when = paces_.when(channel, now, wanted_retries(channel));
        next = when > now ? std::min(next, when) : next;
    }
    return next;
}

// When to look again for rows of a channel of which more may be due.
wall_time lane::paced(domain::channel channel) const {
    const auto now = clock_.boot_now();
    std::chrono::nanoseconds wait{};
    if (paces_.limits(channel)) {
        wait = paces_.when(channel, now, options_.largest_claim) - now;
        // It waits for a connection, whose end wakes us; beside another channel, do not ask the database meanwhile.
        if (wait == 0ns && paces_.room(channel, now, sender_.capacity()) == 0) {
            wait = 100ms;
        }
    }
    return clock_.wall_now() + std::chrono::ceil<std::chrono::microseconds>(wait);
}

void lane::handed_over(const domain::delivery_id& id) {
    if (const auto at = under_way_.find(id); at != under_way_.end() && !at->second.handed_over) {
        at->second.handed_over = true;
        paces_.handed_over(at->second.channel, clock_.boot_now());
    }
}

net::task<> lane::run() {
    put_back();  // of a round that broke
    while (!stopping_) {
        show_gate();
        const auto now = clock_.boot_now();
        give_back_overdue(now);
        const auto free = room();
        const bool database_rests = database_pause_ && now < *database_pause_;
        if (!database_rests) {
            database_pause_.reset();
            const bool held = gate_.current(now) != domain::provider_gate::state::open && free == 0;
            const auto unwanted = held || queued() > options_.queue_bound ? everything : behind_backlog();
            if (claimable(unwanted) > 0) {
                co_await park(unwanted);
                continue;
            }
            if (free > 0 && retries_due() && !retry_shares(now, free).empty()) {
                co_await claim_retries(std::min(free, options_.largest_claim));
                continue;
            }
            const auto now_allowed = allowed(now);
            const auto claimable_now = claimable(now_allowed);
            if (free > 0 && claimable_now > 0 && free >= std::min(claimable_now, worthwhile())) {
                // The first of a burst are to be on the wire before a large claim has been committed.
                const auto most = under_way_.empty() ? sender_.capacity() : options_.largest_claim;
                co_await claim_due(std::min(free, most), now_allowed);
                continue;
            }
            // A probe of a held provider is one delivery, whatever waits.
            if (free == 1 && claimable_now > 0 && gate_.current(now) == domain::provider_gate::state::probing) {
                co_await claim_due(1, now_allowed);
                continue;
            }
        }
        if (co_await wait_for_work() == net::woken::cancelled) {
            break;
        }
    }
    co_await sends_.wait();
    // What is still queued is written down: whoever comes next need not plan it again to find it.
    for (std::size_t before = queued() + 1; queued() > 0 && queued() < before;) {
        before = queued();
        co_await park(everything);
    }
}

net::task<net::woken> lane::wait_for_work() {
    const auto now = clock_.boot_now();
    if (database_pause_ && *database_pause_ > now) {
        co_return co_await alarm_->wait_until(*database_pause_);
    }
    auto until = ready_.empty() ? boot_time::max() : boot_time{ready_.front().since + longest_ready};
    if (retry_at_ && room() > 0) {
        until =
            std::min<boot_time>(until, now + std::max<std::chrono::nanoseconds>(*retry_at_ - clock_.wall_now(), 1ms));
        if (retry_shares(now, 1).empty()) {
            until = std::max(until, next_retry_allowed(now));
        }
    }
    if (const auto held = gate_.held_until(); held && *held > now) {
        until = std::min(until, *held);
    }
    if (room() > 0) {
        until = std::min(until, next_allowed(now));
    }
    co_return co_await alarm_->wait_until(until);
}

// Written down as `retrying` and due at once: the database keeps them while the provider is away.
net::task<> lane::park(channel_counts which) {
    in_hand_ = queue_.take(options_.largest_claim, which);
    const auto now = clock_.wall_now();
    auto rows = in_hand_;
    for (auto& row : rows) {
        if (row.state == delivery_state::claimed) {
            row.state = delivery_state::retrying;
            row.next_attempt_at = now;
        }
    }
    const auto claimed = co_await store_.claim(std::move(rows), lease_terms(), clock_.boot_now() + statement_time);
    if (!claimed) {
        put_back();
        database_failed(claimed.error());
        co_return;
    }
    in_hand_.clear();
    retry_at(now);
}

net::task<> lane::claim_due(std::size_t limit, channel_counts allowed) {
    in_hand_ = queue_.take(limit, allowed);
    auto rows = in_hand_;
    auto claimed = co_await store_.claim(std::move(rows), lease_terms(), clock_.boot_now() + statement_time);
    if (!claimed) {
        put_back();
        database_failed(claimed.error());
        co_return;
    }
    in_hand_.clear();
    start(std::move(*claimed));
}

// Channels of which all that is due was claimed are asked for their next; the others (more is due, or they have had
// their messages of this second) are looked at again when they may send.
net::task<> lane::claim_retries(std::size_t limit) {
    auto later = sender_.channels();
    std::vector<domain::channel> exhausted;
    auto shares = retry_shares(clock_.boot_now(), limit);
    for (const auto& share : shares) {
        const auto most = std::min(share.limit, limit);
        if (most == 0) {
            break;
        }
        auto channels = share.channels;
        auto claimed = co_await store_.claim_retries(std::move(channels), clock_.wall_now(), most, lease_terms(),
                                                     clock_.boot_now() + statement_time);
        if (!claimed) {
            database_failed(claimed.error());
            co_return;
        }
        limit -= claimed->size();
        const bool more = claimed->size() >= most;
        for (const auto channel : share.channels) {
            backlog_.at(index_of(channel)) = more;
            if (!more) {
                std::erase(later, channel);
                exhausted.push_back(channel);
            }
        }
        start(std::move(*claimed));
    }
    retry_at_.reset();
    for (const auto channel : later) {
        retry_at(paced(channel));
    }
    if (exhausted.empty()) {
        co_return;
    }
    const auto next = co_await store_.next_retry(std::move(exhausted), clock_.boot_now() + statement_time);
    if (!next) {
        retry_at(clock_.wall_now());
        database_failed(next.error());
    } else if (*next) {
        // A row that another daemon holds is due and not ours: do not spin on it.
        retry_at(std::max(**next, clock_.wall_now() + 100ms));
    }
}

void lane::database_failed(const error& why) {
    database_pause_ = clock_.boot_now() + pause_after_database_error;
    if (database_trouble_.is_new(why.message())) {
        log_.warning("claim_failed", {{"lane", options_.name}, {"error", why.message()}});
    }
}

void lane::start(std::vector<domain::claimed_delivery> claimed) {
    for (auto& one : claimed) {
        // The provider was held, or its messages of this second were taken, while the claim was under way.
        const bool held = gate_state() != domain::provider_gate::state::open && room() == 0;
        const bool again = under_way_.contains(one.id);
        if (held || (!again && paces_.room(one.channel, clock_.boot_now(), sender_.capacity()) == 0)) {
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
    paces_.started(what.channel);
    if (gate_.current(clock_.boot_now()) == domain::provider_gate::state::probing) {
        log_.info("provider_probed", {{"lane", options_.name}, {"delivery", what.id}});
        show_gate();
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

void lane::give_back_overdue(boot_time now) {
    while (!ready_.empty() && now >= ready_.front().since + longest_ready) {
        note_pace(provider_sign::crowded, {}, 0);
        give_back_first();
    }
}

void lane::give_back_first() {
    const auto what = std::move(ready_.front().what);
    ready_.pop_front();
    under_way_.erase(what.id);
    paces_.ended(what.channel, false);
    release(what);
}

net::task<> lane::send_one(domain::claimed_delivery what) {
    const auto began = clock_.boot_now();
    const auto beside = sends_.size();
    auto result = co_await sender_.send(what);
    note_pace(result.sign, clock_.boot_now() - began, beside);
    judged(what, std::move(result));
}

// Where more are under way than there are connections, a send has taken that many turns.
void lane::note_pace(provider_sign sign, std::chrono::duration<double> took, std::size_t beside) {
    if (sign == provider_sign::crowded) {
        seconds_a_send_ = std::max(seconds_a_send_, longest_wait_seconds);
        return;
    }
    if (sign == provider_sign::none || sign == provider_sign::busy) {
        return;
    }
    const auto turns =
        std::max(1.0, static_cast<double>(beside) / static_cast<double>(std::max<std::size_t>(sender_.capacity(), 1)));
    const double seconds = took.count() / turns;
    seconds_a_send_ =
        seconds_a_send_ > 0 ? seconds_a_send_ + weight_of_the_last * (seconds - seconds_a_send_) : seconds;
}

void lane::judged(const domain::claimed_delivery& what, attempt result) {
    const auto now = clock_.boot_now();
    judge_provider(result, now);
    count(what, result.outcome);
    if (result.outcome.state == delivery_state::accepted) {
        journal_.remember(what, result.outcome, now);
    }
    record(std::move(result.outcome));
    net::fault_point("outcome.handed_over");
}

void lane::judge_provider(const attempt& result, boot_time now) {
    const auto before = gate_.current(now);
    switch (result.sign) {
        case provider_sign::none:
        case provider_sign::crowded:
            return;
        case provider_sign::answered:
            gate_.succeeded(now);
            break;
        case provider_sign::failed:
            gate_.failed(now, random_());
            break;
        case provider_sign::misconfigured:
            // Once for each probe, and not for all that was on its way beside it.
            if (before != domain::provider_gate::state::held || !gate_.is_misconfigured()) {
                log_.error(
                    "provider_refuses_us",
                    {{"lane", options_.name}, {"code", result.outcome.error_code}, {"why", result.outcome.error_text}});
            }
            gate_.misconfigured(now);
            break;
        case provider_sign::busy:
            gate_.hold_until(now + result.hold);
            break;
    }
    gate_moved(before, result.sign, now);
}

void lane::gate_moved(domain::provider_gate::state before, provider_sign why, boot_time now) {
    using enum domain::provider_gate::state;
    const auto after = gate_.current(now);
    if (after == before) {
        return;
    }
    const auto milliseconds = [](boot_clock::duration time) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    };
    if (after == held) {
        if (before == open) {
            held_since_ = now;
            holds_.add();
        }
        log_.warning("provider_held", {{"lane", options_.name},
                                       {"why", cause(why)},
                                       {"ms", milliseconds(gate_.held_until().value_or(now) - now)}});
        // All that waits for a connection would ask it what is known already.
        while (!ready_.empty()) {
            give_back_first();
        }
        for (auto& [id, one] : under_way_) {
            one.lease.withhold();
        }
    } else if (after == open) {
        log_.info("provider_works_again", {{"lane", options_.name}, {"held_ms", milliseconds(now - held_since_)}});
    }
    show_gate();
}

void lane::show_gate() {
    const auto now = gate_state();
    if (gate_shown_ == now) {
        return;
    }
    gate_shown_ = now;
    for (const auto& [state, shown] : gate_states_) {
        shown->set(state == now ? 1 : 0);
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
    paces_.ended(at->second.channel, at->second.handed_over);
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
