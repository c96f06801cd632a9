#pragma once
// Sleeps until the schedule's next deadline and hands what has become due to whom it concerns. It
// follows the wall clock: after a step it looks again, and nothing fires early or twice.

#include "domain/planning.hpp"
#include "domain/schedule.hpp"
#include "jobs/lane.hpp"
#include "jobs/visit_keeper.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"

#include <memory>
#include <vector>

namespace punctual::jobs {

class schedule_runner {
public:
    schedule_runner(domain::schedule& schedule, const domain::policy& rules, std::vector<lane*> lanes,
                    visit_keeper& visits, net::clock& clock, net::logger& log);

    // The schedule has changed: the next deadline may be another.
    void wake();

    // Ends after stop().
    [[nodiscard]] net::task<> run();
    void stop();

private:
    void route(const domain::due_moment& due, wall_time now);

    domain::schedule& schedule_;
    const domain::policy& rules_;
    std::vector<lane*> lanes_;
    visit_keeper& visits_;
    net::clock& clock_;
    net::logger& log_;
    std::unique_ptr<net::wall_alarm> alarm_;
    std::vector<domain::due_moment> due_;
    bool stopping_ = false;
};

}  // namespace punctual::jobs
