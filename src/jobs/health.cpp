#include "jobs/health.hpp"

namespace punctual::jobs {
namespace {

constexpr std::chrono::seconds tolerated_lateness{60};
// Looks come every 0.9 s at most: a database that has frozen keeps its connections up. Less than two seconds, since
// by then it must be told.
constexpr std::chrono::milliseconds tolerated_feed_age{1800};

}  // namespace

readiness judge(const health_report& report) {
    readiness out;
    if (!report.database_connected) {
        out.reasons.emplace_back("database_not_connected");
    }
    if (!report.listening) {
        out.reasons.emplace_back("not_listening");
    }
    if (!report.snapshot_loaded) {
        out.reasons.emplace_back("snapshot_not_loaded");
    }
    if (report.snapshot_loaded && report.feed_age > tolerated_feed_age) {
        out.reasons.emplace_back("feed_not_read");
    }
    if (report.worst_lateness > tolerated_lateness) {
        out.reasons.emplace_back("messages_late");
    }
    for (const auto& breaker : report.breakers) {
        if (breaker.open) {
            out.notes.push_back(breaker.provider + "_held");
        }
    }
    out.ready = out.reasons.empty();
    return out;
}

}  // namespace punctual::jobs
