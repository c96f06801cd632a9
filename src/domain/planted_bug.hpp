#pragma once
// Mistakes on purpose in the daemon's own code, to prove that the simulation finds such (docs/simulation.md). They
// exist in the build of the simulation alone (PUNCTUAL_PLANTED_BUGS); everywhere else is() is a constant false
// and leaves no code. It refuses to be a configuration: no program that is installed can set one.

#include <cstdint>

namespace punctual::domain::planted_bug {

enum class mistake : std::uint8_t {
    none,
    // src/domain
    fires_early,                // a moment comes seconds before its time
    wheel_loses_moved_timers,   // what should go down a level is dropped
    next_moment_not_armed,      // after a moment the rest of the visit is forgotten
    new_version_ignored,        // a visit that is known keeps its old start
    planned_under_old_version,  // reminders say that they are of the version before
    psychologist_not_reminded,  // a reminder is planned for the patient alone
    patient_change_not_told,    // another patient counts as no change
    move_not_told,              // nor does another start
    hold_ignored,               // a provider's Retry-After holds nothing
    consent_not_checked,        // a text for everybody who has a phone
    fallback_forgotten,         // no SMS for a WhatsApp message that stays silent
    // src/jobs
    useless_after_ignored,   // sent although its time has passed
    mark_forgotten,          // an unknown outcome is a plain retry
    unknown_tried_for_ever,  // a mail goes again after every unknown outcome
    twilio_not_asked,        // a text goes again without looking whether it arrived
    silence_not_asked,       // an SMS goes without asking what became of the silent WhatsApp message
    batch_dropped,           // outcomes that could not be written are forgotten
    queue_lost_on_error,     // so is what was to be claimed when the database failed
    lease_not_passed_on,     // a sender that was frozen past its lease sends
    leases_not_renewed,      // a long send loses its claim
    summer_forgotten,        // quiet hours go by standard time all the year
    zone_forgotten,          // and everybody's by the clinic's
    waiting_rows_not_told,   // what another daemon is to try again stays lying when that one dies
    // src/jobs, visits by video
    looked_at_once,            // who comes late to an empty room waits for ever
    missed_after_meeting,      // who leaves before the other does is called back
    hangs_up_on_people,        // the sweep does not ask who is in the room
    room_trusted_too_long,     // a room that Twilio has ended is handed out
    no_show_without_asking,    // callbacks alone decide, lost ones too
    kept_events_forgotten,     // a callback that could only be kept is never acted on
    participants_not_removed,  // a cancelled visit's room is completed over their heads
    one_is_enough,             // a visit is completed to which one side came
    room_never_made_again,     // the one of which there is a row is taken for alive
    undecided_forgotten,       // what ended while nobody was there is never looked at
    count,
};

#ifdef PUNCTUAL_PLANTED_BUGS
// One thread; set between two simulations.
inline mistake planted = mistake::none;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
[[nodiscard]] inline bool is(mistake which) noexcept {
    return planted == which;
}
#else
[[nodiscard]] constexpr bool is(mistake) noexcept {
    return false;
}
#endif

}  // namespace punctual::domain::planted_bug
