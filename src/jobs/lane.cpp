#include "jobs/lane.hpp"

#include "domain/planted_bug.hpp"
#include "jobs/attempts.hpp"
#include "net/async/fault_point.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::delivery_state;

constexpr auto statement_time = 10s;
constexpr auto pause_after_database_error = 500ms;
// So that a provider's connections stay busy while the next claim is being committed: as many as it sends in a
// second. What is claimed beyond that grows old waiting.
constexpr double longest_depth_per_connection = 8;
constexpr double longest_wait_seconds = 1;
constexpr double weight_of_the_last = 1.0 / 16;
// A delivery whose attempts end in an exception is given up after this many.
constexpr std::int32_t poison_attempts = 5;
// No send takes as long.
constexpr auto longest_send = 1h;
// One commit for a handful while hundreds wait would waste it.
constexpr std::size_t worthwhile_claim = 32;

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
      sends_{ex, [this](std::string_view id, std::exception_ptr why) { broke(id, why); }},
      holds_{metrics.make_counter("punctual_provider_holds_total", "How often the provider was held after working",
                                  {{"provider", options_.name}})} {
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
}

bool lane::carries(domain::channel channel) const noexcept {
    const auto& mine = sender_.channels();
    return std::ranges::find(mine, channel) != mine.end();
}

void lane::push(std::span<const domain::planned_delivery> due) {
    for (const auto& one : due) {
        if (carries(one.channel)) {
            queue_[one.kind].push_back(one);
            ++queued_;
        }
    }
    alarm_->poke();
}

void lane::adopt(std::vector<domain::claimed_delivery> claimed) {
    for (auto& one : claimed) {
        if (under_way_.contains(one.id)) {
            continue;
        }
        if (room() == 0) {
            release(one);
            continue;
        }
        start_one(std::move(one));
    }
}

// Given back untried: the provider is held, the lane is full, or it has stopped.
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
                            : longest_depth_per_connection;
    return static_cast<std::size_t>(static_cast<double>(capacity) * each);
}

std::size_t lane::room() const {
    return stopping_ || recorder_.is_full() ? 0 : gate_.allowance(clock_.boot_now(), under_way_.size(), depth());
}

std::size_t lane::room_beside_what_waits() const {
    return queued_ > 0 || backlog_ || retries_due() ? 0 : room();
}

std::optional<wall_time> lane::oldest_due() const {
    std::optional<wall_time> oldest;
    for (const auto& [kind, waiting] : queue_) {
        if (!waiting.empty() && (!oldest || waiting.front().due_at < *oldest)) {
            oldest = waiting.front().due_at;
        }
    }
    return oldest;
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

// The reminder nearest to its visit first: kinds are numbered that way, the map runs from the last.
void lane::take(std::size_t limit) {
    in_hand_.clear();
    in_hand_.reserve(std::min(limit, queued_));
    for (auto& [kind, waiting] : queue_) {
        const auto count = static_cast<std::ptrdiff_t>(std::min(limit - in_hand_.size(), waiting.size()));
        std::move(waiting.begin(), waiting.begin() + count, std::back_inserter(in_hand_));
        waiting.erase(waiting.begin(), waiting.begin() + count);
    }
    queued_ -= in_hand_.size();
}

void lane::put_back() {
    auto batch = std::exchange(in_hand_, {});
    if (domain::planted_bug::is(domain::planted_bug::mistake::queue_lost_on_error)) {
        return;
    }
    queued_ += batch.size();
    for (auto& one : std::views::reverse(batch)) {
        queue_[one.kind].push_front(std::move(one));
    }
}

net::lease_terms lane::lease_terms() const {
    return {.instance = options_.instance, .length = options_.lease, .granted_at = clock_.boot_now()};
}

bool lane::retries_due() const {
    return retry_at_ && *retry_at_ <= clock_.wall_now();
}

net::task<> lane::run() {
    put_back();  // of a round that broke
    while (!stopping_) {
        show_gate();
        const auto now = clock_.boot_now();
        const auto free = room();
        const bool database_rests = database_pause_ && now < *database_pause_;
        if (!database_rests) {
            database_pause_.reset();
            const bool held = gate_.current(now) != domain::provider_gate::state::open && free == 0;
            // Behind a backlog too: there all compete by how soon they are of no use, and nothing fresh waits for what
            // was first.
            if (queued_ > 0 && (held || backlog_ || queued_ > options_.queue_bound)) {
                co_await park();
                continue;
            }
            if (free > 0 && retries_due()) {
                co_await claim_retries(std::min(free, options_.largest_claim));
                continue;
            }
            // Half of a small depth: the other half keeps the provider busy meanwhile.
            if (free > 0 && queued_ > 0 && free >= std::min({queued_, worthwhile_claim, (depth() + 1) / 2})) {
                co_await claim_due(std::min(free, options_.largest_claim));
                continue;
            }
            // A probe of a held provider is one delivery, whatever waits.
            if (free == 1 && queued_ > 0 && gate_.current(now) == domain::provider_gate::state::probing) {
                co_await claim_due(1);
                continue;
            }
        }
        if (co_await wait_for_work() == net::woken::cancelled) {
            break;
        }
    }
    co_await sends_.wait();
    // What is still queued is written down: whoever comes next need not plan it again to find it.
    for (std::size_t before = queued_ + 1; queued_ > 0 && queued_ < before;) {
        before = queued_;
        co_await park();
    }
}

net::task<net::woken> lane::wait_for_work() {
    const auto now = clock_.boot_now();
    if (database_pause_ && *database_pause_ > now) {
        co_return co_await alarm_->wait_until(*database_pause_);
    }
    auto until = boot_time::max();
    if (retry_at_ && room() > 0) {
        until =
            std::min<boot_time>(until, now + std::max<std::chrono::nanoseconds>(*retry_at_ - clock_.wall_now(), 1ms));
    }
    if (const auto held = gate_.held_until(); held && *held > now) {
        until = std::min(until, *held);
    }
    co_return co_await alarm_->wait_until(until);
}

// Written down as `retrying` and due at once: the database keeps them while the provider is away.
net::task<> lane::park() {
    take(options_.largest_claim);
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

net::task<> lane::claim_due(std::size_t limit) {
    take(limit);
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

net::task<> lane::claim_retries(std::size_t limit) {
    auto channels = sender_.channels();
    auto claimed = co_await store_.claim_retries(std::move(channels), clock_.wall_now(), limit, lease_terms(),
                                                 clock_.boot_now() + statement_time);
    if (!claimed) {
        database_failed(claimed.error());
        co_return;
    }
    const bool full = claimed->size() >= limit;
    backlog_ = full;
    start(std::move(*claimed));
    if (full) {
        co_return;
    }
    retry_at_.reset();
    channels = sender_.channels();
    const auto next = co_await store_.next_retry(std::move(channels), clock_.boot_now() + statement_time);
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
        // The provider was held while the claim was under way.
        if (gate_state() != domain::provider_gate::state::open && room() == 0) {
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
                  .attempts = what.attempts,
                  .claim = what.claim,
                  .lease = what.lease};
    if (!under_way_.emplace(what.id, std::move(entry)).second) {
        return;
    }
    if (gate_.current(clock_.boot_now()) == domain::provider_gate::state::probing) {
        log_.info("provider_probed", {{"lane", options_.name}, {"delivery", what.id}});
        show_gate();
    }
    // Also while it waits for a connection.
    const auto useful = std::min<std::chrono::microseconds>(what.useless_after - clock_.wall_now(), longest_send);
    if (!domain::planted_bug::is(domain::planted_bug::mistake::useless_after_ignored)) {
        what.lease.limit(clock_.boot_now() + useful);
    }
    auto name = what.id;
    sends_.spawn(std::move(name), send_one(std::move(what)));
}

net::task<> lane::send_one(domain::claimed_delivery what) {
    const auto began = clock_.boot_now();
    const auto beside = under_way_.size();
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
    seconds_a_send_ += weight_of_the_last * (seconds - seconds_a_send_);
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
void lane::broke(std::string_view id, std::exception_ptr why) {
    const auto at = under_way_.find(std::string{id});
    if (at == under_way_.end()) {
        return;
    }
    const auto attempts = at->second.attempts;
    const auto claim = at->second.claim;
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
    const std::string channel{domain::to_string(what.channel)};
    metrics_
        .make_counter("punctual_deliveries_total", "Attempts that ended, by channel and the state they left",
                      {{"channel", channel}, {"state", std::string{domain::to_string(outcome.state)}}})
        .add();
    if (outcome.state == delivery_state::accepted) {
        const std::chrono::duration<double> late = outcome.at - what.due_at;
        metrics_
            .make_histogram("punctual_delivery_lateness_seconds", "From the due second to the provider's acceptance",
                            {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600}, {{"channel", channel}})
            .observe(late.count());
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
    sends_.cancel();
}

}  // namespace punctual::jobs
