#pragma once
// What /readyz and /metrics say of the daemon, read from its parts as they are now. It judges nothing (jobs/health.hpp
// does) and keeps nothing.

#include "domain/schedule.hpp"
#include "jobs/feed_follower.hpp"
#include "jobs/health.hpp"
#include "jobs/lane.hpp"
#include "jobs/upkeep.hpp"
#include "net/async/clock.hpp"
#include "net/metrics/metrics.hpp"

#include <vector>

namespace punctual::net::postgres {
class client;
class listener;
class timelines;
}  // namespace punctual::net::postgres

namespace punctual {

class vitals final : public jobs::health_source {
public:
    // All of them outlive it.
    struct parts {
        net::clock& clock;
        const net::postgres::client& database;
        const net::postgres::client& api_database;
        const net::postgres::listener& listener;
        const net::postgres::timelines& timelines;
        const domain::schedule& schedule;
        const jobs::feed_follower& follower;
        const jobs::upkeep& upkeep;
        const std::vector<jobs::lane*>& lanes;
    };

    explicit vitals(parts all) : parts_{all} {}

    [[nodiscard]] jobs::health_report look() const override;
    void refresh(net::metrics& gauges) const;

private:
    parts parts_;
};

}  // namespace punctual
