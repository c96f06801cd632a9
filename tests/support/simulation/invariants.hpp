#pragma once
// What must hold in a simulation at every look, and what at its end, by the rows and by what has arrived.
// What a message may not be at the moment it is handed over is the far end's to say (far_end.hpp).

#include "support/simulation/far_end.hpp"

#include <utility>
#include <vector>

namespace punctual::test {

class invariants {
public:
    invariants(memory_database& rows, const domain::policy& rules, far_end& far, const net::clock& true_time)
        : rows_{rows},
          rules_{rules},
          far_{far},
          true_time_{true_time},
          origin_{true_time.boot_now()},
          true_origin_{true_time.wall_now()} {}

    // Whether a daemon runs, and database, providers and clock are all well.
    void note_calm(bool calm, boot_time now);
    // No claim outlives its lease, and nothing is left lying: a change, a row whose time has come. `overdue`:
    // the earliest moment that a daemon's schedule has not fired.
    void check_now(boot_time now, std::optional<wall_time> overdue);
    // Everything: also that nothing was lost.
    void check_end(boot_time now);

    // Rows whose outcome was unknown at some time.
    [[nodiscard]] std::size_t ambiguous() const;

private:
    void check_duplicates();
    void check_rows(wall_time now);
    void check_reminders(wall_time now);
    void check_fallbacks(wall_time now);
    void check_told(wall_time now);
    // It was calm long enough between these for everything due to be tried.
    [[nodiscard]] bool calm_within(wall_time from, wall_time until) const;
    [[nodiscard]] bool calm_by_day(const std::string& zone, wall_time from, wall_time until) const;

    memory_database& rows_;
    const domain::policy& rules_;
    far_end& far_;
    const net::clock& true_time_;
    boot_time origin_;
    wall_time true_origin_;
    std::optional<boot_time> calm_since_;
    std::vector<std::pair<boot_time, boot_time>> calms_;
};

}  // namespace punctual::test
