#include "jobs/night.hpp"

#include "domain/planted_bug.hpp"
#include "net/rendering/local_time.hpp"

namespace punctual::jobs {

using domain::planted_bug::is;
using domain::planted_bug::mistake;

domain::quiet_decision decide_quiet_hours(const domain::policy& rules, const std::string& zone, wall_time due_at,
                                          wall_time starts_at, wall_time now) {
    const auto offset_at = [&](wall_time when) {
        if (is(mistake::summer_forgotten)) {
            when = wall_time{std::chrono::sys_days{std::chrono::year{2027} / std::chrono::July / 1}};
        }
        auto offset =
            zone.empty() || is(mistake::zone_forgotten) ? std::nullopt : net::rendering::utc_offset(zone, when);
        if (!offset) {
            offset = net::rendering::utc_offset(rules.time_zone, when);
        }
        return std::chrono::floor<std::chrono::minutes>(offset.value_or(std::chrono::seconds{0}));
    };
    return domain::decide_quiet_hours(rules.quiet_hours, due_at, starts_at, now, offset_at);
}

}  // namespace punctual::jobs
