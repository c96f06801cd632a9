#pragma once
// Whether this daemon does its job (contract §4, /readyz): a look at its parts, and the verdict.

#include <chrono>
#include <string>
#include <vector>

namespace punctual::jobs {

struct breaker_state {
    std::string provider;  // "twilio", "smtp"
    bool open = false;     // held back until it works again
};

struct health_report {
    bool database_connected = false;
    bool listening = false;  // LISTEN is up and proven
    bool snapshot_loaded = false;
    std::chrono::milliseconds worst_lateness{};  // of what is due and not yet tried
    std::chrono::milliseconds feed_age{};        // since a look at the change feed last succeeded
    std::vector<breaker_state> breakers = {};
};

struct readiness {
    bool ready = false;
    std::vector<std::string> reasons;  // what is wrong, as words for machines: "not_listening"
    std::vector<std::string> notes;    // what is held back but no reason to take the daemon away
};

// A provider that is down is no reason: another daemon could not reach it either.
[[nodiscard]] readiness judge(const health_report& report);

class health_source {
public:
    virtual ~health_source() = default;
    // As things are now; cheap.
    [[nodiscard]] virtual health_report look() const = 0;
};

}  // namespace punctual::jobs
