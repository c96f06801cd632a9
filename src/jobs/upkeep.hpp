#pragma once
// Looks after what nobody else does: the distance between the database's clock and ours, the NOTIFY
// queue, what is overdue, rows of an earlier reminder plan, old rows of the change feed. Everything it sees stands in
// /metrics.

#include "jobs/lane.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "net/metrics/metrics.hpp"
#include "net/postgres/outage.hpp"
#include "net/store/store.hpp"

#include <memory>
#include <vector>

namespace punctual::jobs {

class upkeep {
public:
    // `lanes`: while one of them has something unsent it looks often, so that /readyz tells what is overdue
    // within two seconds.
    upkeep(std::vector<lane*> lanes, net::store& store, net::clock& clock, net::logger& log, net::metrics& metrics);

    // Ends after stop().
    [[nodiscard]] net::task<> run();
    void stop();

    // `retrying` rows that were due more than a minute ago, at the last look.
    [[nodiscard]] std::int64_t overdue() const noexcept { return overdue_; }

private:
    [[nodiscard]] net::task<> look();
    [[nodiscard]] net::task<> settle_orphans();
    [[nodiscard]] bool anything_unsent() const;

    std::vector<lane*> lanes_;
    net::store& store_;
    net::clock& clock_;
    net::logger& log_;
    net::gauge& skew_;
    net::gauge& notify_queue_;
    net::gauge& overdue_rows_;
    std::unique_ptr<net::alarm> alarm_;
    net::postgres::outage trouble_;
    boot_time purged_{};
    boot_time orphans_settled_{};
    std::int64_t overdue_ = 0;
    bool stopping_ = false;
};

}  // namespace punctual::jobs
