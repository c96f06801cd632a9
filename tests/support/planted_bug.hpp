#pragma once
// Mistakes that a simulation makes on purpose, to prove that its checks find them. Never set elsewhere.

#include <cstdint>

namespace punctual::test {

enum class planted_bug : std::uint8_t {
    none,
    claim_without_reading,   // a claim does not read the appointment again
    retry_without_reading,   // nor does a retry
    no_unique_key,           // two rows for one message
    takes_live_claims,       // leases are not looked at
    takes_unmarked,          // a claim is taken over as if it had never been tried
    record_forgets_mark,     // an unknown outcome is written as a plain retry
    accepted_falls_back,     // a late "retrying" undoes an "accepted"
    forgets_what_was_told,   // a settlement leaves what people know as it was
    feed_loses_changes,      // now and then a change is passed over
    snapshot_marks_newest,   // the feed is followed from its end, not from what is unsettled
    lost_answer_is_refusal,  // after the dot, and called "nothing was written"
    list_is_blind,           // Twilio's list is not read
    accepted_without_sending,
    old_words,    // the appointment as it was when it was first composed
    old_consent,  // the person as first read
    no_lease_keeper,
    writes_what_is_revoked,      // a lease that was revoked is taken for one that holds
    no_wake,                     // a changed schedule does not wake its runner
    words_forget_summer,         // times are told as if clocks were never put forward
    late_coming_reopens_a_stay,  // callbacks of rooms are taken in the order in which they come
    nudges_without_key,          // two daemons tell of the same wait
    count,
};

}  // namespace punctual::test
