#pragma once
// Claims have leases: this prolongs ours while their sends are under way, and takes over those that a
// process left behind. What was left behind has an unknown outcome: texts are looked up at Twilio, a
// mail goes once more under the same Message-ID, marked (domain rules §3).
//
// What this very process has claimed without learning of it (the answer was lost with the connection) is
// another matter: nothing of it can have been sent, so it is taken up at once, as if never tried.

#include "jobs/lane.hpp"
#include "jobs/recorder.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "net/metrics/metrics.hpp"
#include "net/postgres/outage.hpp"
#include "net/store/store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace punctual::jobs {

class lease_keeper {
public:
    lease_keeper(std::string instance, std::chrono::seconds lease, std::vector<lane*> lanes, const recorder& recorder,
                 net::store& store, net::clock& clock, net::logger& log, net::metrics& metrics);

    // Ends after stop().
    [[nodiscard]] net::task<> run();
    void stop();
    // A connection was lost: for a lease's length claims may turn up whose answers went with it.
    void reclaim_soon();
    // The first of all leases in the database runs out then: if nobody renews it, its claim is taken over at once.
    // Every call takes the place of the one before.
    void lease_ends(wall_time when);

private:
    [[nodiscard]] net::lease_terms terms() const;
    // False: the database did not take it.
    [[nodiscard]] net::task<bool> renew();
    [[nodiscard]] net::task<> take_abandoned();
    [[nodiscard]] net::task<> reclaim();
    // Whether a send of it is under way, or what came of it is not written yet.
    [[nodiscard]] bool is_known(const domain::delivery_id& id) const;
    [[nodiscard]] std::vector<domain::delivery_id> under_way() const;
    // Of lease_ends(); boot_time::max(): none is known.
    [[nodiscard]] boot_time lease_end() const;
    // Or until a lease ends, or somebody asks for a look. False: it is to end.
    [[nodiscard]] net::task<bool> wait_until(boot_time latest);
    void hand_over(domain::claimed_delivery delivery);

    std::string instance_;
    std::chrono::seconds lease_;
    std::vector<lane*> lanes_;
    const recorder& recorder_;
    net::store& store_;
    net::clock& clock_;
    net::logger& log_;
    net::counter& abandoned_;
    net::counter& reclaimed_;
    net::postgres::outage trouble_;
    std::optional<boot_time> reclaim_until_;
    std::unique_ptr<net::alarm> alarm_;
    boot_time renewed_{};
    std::optional<wall_time> lease_end_;
    boot_time waits_until_ = boot_time::min();  // min(): it does not wait
    bool asked_ = false;
    bool stopping_ = false;
};

}  // namespace punctual::jobs
