#pragma once
// Sleeps until the schedule's next deadline and hands what has become due to whom it concerns. It
// follows the wall clock: after a step it looks again, and nothing fires early or twice. A moment that breaks on the
// way is set aside, told and tried again until a day after its visit; those behind it do not notice.

#include "domain/planning.hpp"
#include "domain/schedule.hpp"
#include "jobs/lane.hpp"
#include "jobs/set_aside.hpp"
#include "jobs/visit_keeper.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "net/metrics/metrics.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <tuple>
#include <vector>

namespace punctual::jobs {

class schedule_runner {
public:
    // How far the wall clock was stepped: forward above zero.
    using on_step = std::function<void(std::chrono::seconds)>;

    schedule_runner(domain::schedule& schedule, const domain::policy& rules, std::vector<lane*> lanes,
                    visit_keeper& visits, net::clock& clock, net::logger& log, on_step stepped = {},
                    net::metrics* metrics = nullptr);  // null: what breaks is told and not counted

    // In the place of domain::plan_reminders: for tests of what breaks.
    using planner = std::function<std::vector<domain::planned_delivery>(const domain::due_moment&, wall_time)>;
    void plan_with(planner how) { plan_ = std::move(how); }

    // The schedule has changed: the next deadline may be another.
    void wake();

    // Ends after stop().
    [[nodiscard]] net::task<> run();
    void stop();

private:
    [[nodiscard]] std::chrono::nanoseconds wall_ahead_of_boot() const;
    void look_for_step(bool told);
    using moment_key = std::tuple<domain::appointment_id, domain::moment_type, std::uint8_t>;

    void route(const domain::due_moment& due, wall_time now);
    void try_to_route(const domain::due_moment& due, wall_time now);
    // When the schedule, or something set aside, is due next.
    [[nodiscard]] wall_time next_deadline() const;

    domain::schedule& schedule_;
    const domain::policy& rules_;
    std::vector<lane*> lanes_;
    visit_keeper& visits_;
    net::clock& clock_;
    net::logger& log_;
    std::unique_ptr<net::wall_alarm> alarm_;
    on_step stepped_;
    planner plan_;
    net::counter* broken_ = nullptr;
    net::gauge* aside_count_ = nullptr;
    set_aside<moment_key, domain::due_moment> aside_;
    std::chrono::nanoseconds ahead_{};
    std::vector<domain::due_moment> due_;
    std::size_t routed_ = 0;  // of them
    bool stopping_ = false;
};

}  // namespace punctual::jobs
