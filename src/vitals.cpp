#include "vitals.hpp"

#include "net/postgres/client.hpp"
#include "net/postgres/timelines.hpp"

#include <algorithm>
#include <chrono>

namespace punctual {

using namespace std::chrono_literals;

jobs::health_report vitals::look() const {
    jobs::health_report report;
    report.database_connected = parts_.database.connected() && parts_.api_database.connected();
    report.listening = parts_.listener.listening();
    report.snapshot_loaded = parts_.follower.loaded();
    const auto feed_age = parts_.clock.boot_now() - parts_.follower.last_look();
    report.feed_age = std::chrono::duration_cast<std::chrono::milliseconds>(feed_age);
    const auto now = parts_.clock.wall_now();
    auto oldest = now;
    for (const auto* lane : parts_.lanes) {
        oldest = std::min(oldest, lane->oldest_due().value_or(now));
        const bool held = lane->gate_state() != domain::provider_gate::state::open;
        report.breakers.push_back({.provider = lane->name(), .open = held});
    }
    if (report.snapshot_loaded) {
        oldest = std::min(oldest, parts_.schedule.next_deadline().value_or(now));
    }
    report.worst_lateness = std::chrono::duration_cast<std::chrono::milliseconds>(now - oldest);
    if (parts_.upkeep.overdue() > 0) {
        report.worst_lateness = std::max<std::chrono::milliseconds>(report.worst_lateness, 61s);
    }
    return report;
}

void vitals::refresh(net::metrics& gauges) const {
    gauges.make_gauge("punctual_appointments", "Appointments held in memory")
        .set(static_cast<double>(parts_.schedule.size()));
    gauges.make_gauge("punctual_old_primaries_refused", "How often a database of an older timeline was refused")
        .set(static_cast<double>(parts_.timelines.refused()));
    for (const auto* lane : parts_.lanes) {
        const net::metrics::labels labels{{"provider", lane->name()}};
        gauges.make_gauge("punctual_queued_deliveries", "Due and not yet claimed", labels)
            .set(static_cast<double>(lane->queued()));
        gauges.make_gauge("punctual_deliveries_under_way", "Claimed and being sent", labels)
            .set(static_cast<double>(lane->under_way()));
    }
}

}  // namespace punctual
