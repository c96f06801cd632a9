#include "jobs/night.hpp"

#include "net/rendering/local_time.hpp"

namespace punctual::jobs {

domain::quiet_decision decide_quiet_hours(const domain::policy& rules, const std::string& zone, wall_time due_at,
                                          wall_time starts_at, wall_time now) {
    const auto offset_at = [&](wall_time when) {
        auto offset = zone.empty() ? std::nullopt : net::rendering::utc_offset(zone, when);
        if (!offset) {
            offset = net::rendering::utc_offset(rules.time_zone, when);
        }
        return std::chrono::floor<std::chrono::minutes>(offset.value_or(std::chrono::seconds{0}));
    };
    return domain::decide_quiet_hours(rules.quiet_hours, due_at, starts_at, now, offset_at);
}

}  // namespace punctual::jobs
