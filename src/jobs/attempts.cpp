#include "jobs/attempts.hpp"

#include <utility>

namespace punctual::jobs {

domain::outcome begin_outcome(const domain::claimed_delivery& what, wall_time now) {
    domain::outcome outcome;
    outcome.id = what.id;
    outcome.attempts = what.attempts;
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
    retry_or_expire(result.outcome, std::nullopt);
    return result;
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

domain::planned_delivery sms_instead_of(const domain::claimed_delivery& whatsapp, wall_time now, domain::reason why) {
    domain::planned_delivery sms;
    sms.appointment = whatsapp.appointment;
    sms.version = whatsapp.version;
    sms.kind = whatsapp.kind;
    sms.channel = domain::channel::sms;
    sms.recipient_role = whatsapp.recipient_role;
    sms.recipient = whatsapp.recipient.id;
    sms.due_at = now;
    sms.useless_after = whatsapp.useless_after;
    sms.reason = why;
    return sms;
}

}  // namespace punctual::jobs
