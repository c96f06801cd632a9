#include "jobs/attempts.hpp"

#include <utility>

namespace punctual::jobs {

domain::outcome begin_outcome(const domain::claimed_delivery& what, wall_time now) {
    domain::outcome outcome;
    outcome.id = what.id;
    outcome.attempts = what.attempts;
    outcome.claim = what.claim;
    outcome.at = now;
    // A second try after an unknown outcome stays marked, whatever becomes of it.
    if (what.reason == domain::reason::outcome_unknown) {
        outcome.reason = domain::reason::outcome_unknown;
    }
    return outcome;
}

attempt skipped(const domain::claimed_delivery& what, wall_time now, domain::reason why) {
    attempt result;
    result.outcome = begin_outcome(what, now);
    result.outcome.tried = false;
    if (what.reason == domain::reason::outcome_unknown) {
        // Not "never tried": it may have arrived.
        result.outcome.state = domain::delivery_state::unconfirmed;
        return result;
    }
    result.outcome.state = domain::delivery_state::skipped;
    result.outcome.reason = why;
    return result;
}

attempt expired(const domain::claimed_delivery& what, wall_time now) {
    attempt result;
    result.outcome = begin_outcome(what, now);
    result.outcome.tried = false;
    retry_or_expire(result.outcome, std::nullopt);
    return result;
}

domain::outcome untried(const domain::claimed_delivery& what, wall_time now, wall_time next) {
    auto outcome = begin_outcome(what, now);
    outcome.tried = false;
    retry_or_expire(outcome, next);
    return outcome;
}

void retry_or_expire(domain::outcome& outcome, std::optional<wall_time> next) {
    if (next) {
        outcome.state = domain::delivery_state::retrying;
        outcome.next_attempt_at = *next;
    } else if (outcome.reason == domain::reason::outcome_unknown) {
        outcome.state = domain::delivery_state::unconfirmed;
    } else {
        outcome.state = domain::delivery_state::expired;
    }
}

}  // namespace punctual::jobs
