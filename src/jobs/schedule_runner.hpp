#pragma once
// Sleeps until the schedule's next deadline and hands what has become due to whom it concerns. It
// follows the wall clock: after a step it looks again, and nothing fires early or twice.

#include "domain/planning.hpp"
#include "domain/schedule.hpp"
#include "jobs/lane.hpp"
#include "jobs/visit_keeper.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace punctual::jobs {

class schedule_runner {
public:
    // How far the wall clock was stepped: forward above zero.
    using on_step = std::function<void(std::chrono::seconds)>;

    schedule_runner(domain::schedule& schedule, const domain::policy& rules, std::vector<lane*> lanes,
                    visit_keeper& visits, net::clock& clock, net::logger& log, on_step stepped = {});

    // The schedule has changed: the next deadline may be another.
    void wake();

    // Ends after stop().
    [[nodiscard]] net::task<> run();
    void stop();

private:
    [[nodiscard]] std::chrono::nanoseconds wall_ahead_of_boot() const;
    void look_for_step(bool told);
    void route(const domain::due_moment& due, wall_time now);

    domain::schedule& schedule_;
    const domain::policy& rules_;
    std::vector<lane*> lanes_;
    visit_keeper& visits_;
    net::clock& clock_;
    net::logger& log_;
    std::unique_ptr<net::wall_alarm> alarm_;
    on_step stepped_;
    std::chrono::nanoseconds ahead_{};
    std::vector<domain::due_moment> due_;
    std::size_t routed_ = 0;  // of them
    bool stopping_ = false;
};

}  // namespace punctual::jobs
