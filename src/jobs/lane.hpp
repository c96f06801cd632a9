#pragma once
// Carries one provider's deliveries from "due" to "recorded": claims in batches, sends at once, records.
//
// Each provider has a lane of its own, so a sick one delays nobody else. A lane holds at most `depth`
// claimed deliveries; what is due beyond that, or faster than the channel's limit, waits in its queue, the nearest
// visit first, and what the provider cannot take for now (gate held, queue over its bound) is parked in the database
// as `retrying`.
// It refuses to know what is due: that is the planning's business.

#include "domain/delivery.hpp"
#include "domain/provider_gate.hpp"
#include "jobs/lane_claims.hpp"
#include "jobs/lane_depth.hpp"
#include "jobs/provider_watch.hpp"
#include "jobs/recorder.hpp"
#include "jobs/sender.hpp"
#include "jobs/sent_journal.hpp"
#include "net/async/clock.hpp"
#include "net/async/task_group.hpp"
#include "net/metrics/metrics.hpp"
#include "net/postgres/outage.hpp"
#include "net/store/store.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace punctual::jobs {

struct lane_options {
    std::string name;      // provider, for logs and metrics: smtp, twilio
    std::string instance;  // this process, in the rows it has claimed
    std::chrono::seconds lease{30};
    std::size_t largest_claim = 200;
    std::size_t queue_bound = 50'000;
    domain::channel_counts per_second{};  // messages, by channel; 0: no limit
};

class lane {
public:
    lane(net::executor ex, lane_options options, sender& sender, net::store& store, recorder& recorder,
         net::clock& clock, net::logger& log, net::metrics& metrics, std::function<double()> random);

    // Due now. Rows of other channels than this lane's are not taken.
    void push(std::span<const domain::planned_delivery> due);
    // Claimed already, with the change that caused them or from a process that left them. What there is no
    // room() for is given back, due at once.
    void adopt(std::vector<domain::claimed_delivery> claimed);
    // The appointment has that version now: what is claimed of an older one, and of which nothing is written yet,
    // is given back. Claimed again it is read again, and superseded if it is to be.
    void revoke(domain::appointment_id appointment, std::int32_t version);
    // The same for all of it: what has changed is not known for now.
    void revoke_all();
    // The same for what goes to a person of whom something has changed.
    void revoke_recipient(domain::person_id person);
    // Their claims are ours until then.
    void renewed(std::span<const domain::delivery_id> ids, boot_time until);
    // Some `retrying` row that we carry is due then (or may be), whoever wrote it. Nothing looks for it unasked.
    void retry_at(wall_time when);
    void wake();

    [[nodiscard]] bool carries(domain::channel channel) const noexcept;
    // The database is another one than before, and may lack its last commits.
    void failed_over();
    // Claimed by us and not yet judged.
    [[nodiscard]] bool carries_out(const domain::delivery_id& id) const { return under_way_.contains(id); }
    // How many more could be claimed right now.
    [[nodiscard]] std::size_t room() const;
    // The same of one channel, with its limit of messages a second.
    [[nodiscard]] std::size_t room(domain::channel channel) const;
    // And for what comes new: none while anything else is due. Then all compete by how soon they are of no use.
    [[nodiscard]] std::size_t room_beside_what_waits(domain::channel channel) const;
    [[nodiscard]] std::size_t queued() const noexcept { return claims_.queued(); }
    // Queued, or due in the database for another try.
    [[nodiscard]] bool has_unsent() const { return queued() > 0 || claims_.retries_due(clock_.wall_now()); }
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_.size(); }
    // Of what waits in the queue; nullopt: nothing does.
    [[nodiscard]] std::optional<wall_time> oldest_due() const { return claims_.oldest_due(); }
    [[nodiscard]] domain::provider_gate::state gate_state() const;
    [[nodiscard]] const std::string& name() const noexcept { return options_.name; }
    // Claimed and not yet judged; for the renewal of their leases.
    [[nodiscard]] std::vector<domain::delivery_id> claimed_ids() const;

    // Ends after stop(), when what is under way has been judged.
    [[nodiscard]] net::task<> run();
    void stop();
    // Cancels what is under way; it is released or reconciled.
    void abort();

private:
    // A delivery that is claimed and not yet judged.
    struct sending {
        domain::appointment_id appointment = 0;
        std::int32_t version = 1;
        domain::person_id recipient = 0;
        domain::channel channel = domain::channel::email;
        std::int32_t attempts = 1;
        std::int32_t claim = 0;
        domain::lease lease;
        bool handed_over = false;
    };
    // Claimed, and waiting for its turn.
    struct ready_one {
        domain::claimed_delivery what;
        boot_time since;
    };

    [[nodiscard]] net::lease_terms lease_terms() const;
    void handed_over(const domain::delivery_id& id);
    [[nodiscard]] net::task<> park(domain::channel_counts which);
    [[nodiscard]] net::task<> claim_due(std::size_t limit, domain::channel_counts allowed);
    [[nodiscard]] net::task<> claim_retries(std::size_t limit);
    [[nodiscard]] net::task<net::woken> wait_for_work();
    [[nodiscard]] boot_time next_retry(boot_time now) const;
    void start(std::vector<domain::claimed_delivery> claimed);
    void start_one(domain::claimed_delivery what);
    void start_ready();
    void give_back_first();
    void give_back_overdue(boot_time now);
    void release(const domain::claimed_delivery& what);
    void record(domain::outcome what);
    [[nodiscard]] net::task<> send_one(domain::claimed_delivery what);
    void judged(const domain::claimed_delivery& what, attempt result);
    void provider_held();
    void broke(std::string_view id, const std::exception_ptr& why);
    void database_failed(const error& why);
    void count(const domain::claimed_delivery& what, const domain::outcome& outcome);

    lane_options options_;
    sender& sender_;
    net::store& store_;
    recorder& recorder_;
    net::clock& clock_;
    net::logger& log_;
    net::metrics& metrics_;
    std::unique_ptr<net::alarm> alarm_;
    net::task_group sends_;
    // Looked up by their labels once.
    std::map<std::pair<domain::channel, domain::delivery_state>, net::counter*> ended_;
    std::map<domain::channel, net::histogram*> lateness_;
    provider_watch provider_;
    lane_claims claims_;
    lane_depth depth_;
    std::unordered_map<domain::delivery_id, sending> under_way_;
    std::deque<ready_one> ready_;  // of those under way, the ones that nothing is begun of
    std::unordered_set<domain::delivery_id> unrecorded_retries_;
    std::optional<boot_time> database_pause_;
    net::postgres::outage database_trouble_;
    sent_journal journal_;
    bool stopping_ = false;
};

}  // namespace punctual::jobs
