#pragma once
// What is to be sent and what became of it: the values that travel between planning, the store and
// the senders. Personal data lives in `claimed_delivery` alone, for as long as its send takes.

#include "domain/lease.hpp"
#include "domain/time.hpp"
#include "domain/vocabulary.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace punctual::domain {

// RFC 9562, in text form; the primary key of a delivery and the left part of its Message-ID.
using delivery_id = std::string;

// One row wanted in punctual.delivery. The store resolves the recipient from the appointment's row
// by role unless `recipient` is given (somebody who is no longer part of the appointment).
struct planned_delivery {
    appointment_id appointment = 0;
    std::int32_t version = 1;
    domain::kind kind = kind::confirmation;
    domain::channel channel = channel::email;
    role recipient_role = role::patient;
    std::optional<person_id> recipient;
    wall_time due_at{};
    wall_time useless_after{};
    // claimed: send now. retrying: wait for next_attempt_at. skipped, expired: written down only.
    delivery_state state = delivery_state::claimed;
    domain::reason reason = reason::none;
    wall_time next_attempt_at{};  // retrying only

    bool operator==(const planned_delivery&) const = default;
};

// An appointment as a message tells it.
struct visit {
    wall_time starts_at{};
    std::chrono::minutes duration{60};
    domain::session_type session_type = session_type::telehealth;
    std::string location;

    [[nodiscard]] wall_time ends_at() const noexcept { return starts_at + duration; }
    bool operator==(const visit&) const = default;
};

struct person {
    person_id id = 0;
    domain::role role = domain::role::patient;
    std::string full_name;
    std::string email;      // empty when there is none
    std::string phone;      // as people write it
    std::string time_zone;  // IANA name; empty: the clinic's
    std::string locale;     // BCP 47; empty: the clinic's
    bool email_enabled = true;
    bool texts_enabled = false;
    bool reminders_enabled = true;
    bool active = true;
    bool opted_out = false;  // STOP, on either text channel
};

// Somebody wrote to a sender of ours: within a day of that, free text may go to them from it (domain rules §4).
struct conversation {
    std::string number;  // E.164
    std::string sender;  // as Twilio writes it, "whatsapp:" included
    bool open = true;    // at the claim; false: when the row was made, of which an earlier attempt's outcome is unknown

    bool operator==(const conversation&) const = default;
};

// The WhatsApp message that an SMS is sent in place of, as the claim read it.
struct replaced_message {
    delivery_id id;
    delivery_state state = delivery_state::accepted;
    std::string provider_id;  // empty: none is known

    bool operator==(const replaced_message&) const = default;
};

// A claimed row with everything its message needs, read again in the claim's own statement.
struct claimed_delivery {
    delivery_id id;
    appointment_id appointment = 0;
    std::int32_t version = 1;
    domain::kind kind = kind::confirmation;
    domain::channel channel = channel::email;
    role recipient_role = role::patient;
    wall_time due_at{};
    wall_time useless_after{};
    std::int32_t attempts = 1;  // this one included
    // Counts claims, tried or not: the fencing number. An outcome counts only under the claim that it is of.
    std::int32_t claim = 0;
    domain::reason reason = reason::none;
    domain::lease lease;     // without it nothing may be written to the provider
    wall_time created_at{};  // the row; no attempt was made before

    visit what;                               // as it stands; a cancellation: as it stood
    std::optional<visit> before;              // reschedule: what people were told last
    std::string room_name;                    // empty unless telehealth
    person recipient;                         // id 0: the clinic
    std::vector<conversation> conversations;  // WhatsApp: of the recipient, or of a number that ends alike
    std::string patient_name;
    std::string psychologist_name;
    std::string cancellation_reason;
    // An SMS in a WhatsApp message's place; not when somebody has asked for it to go again.
    std::optional<replaced_message> in_place_of;
    delivery_id thread;  // the appointment's first delivery to this recipient by
                         // e-mail; empty when this is the first
};

// What became of an attempt; written by the recorder.
struct outcome {
    delivery_id id;
    delivery_state state = delivery_state::accepted;  // accepted, delivered, failed, retrying, skipped,
                                                      // expired, superseded, unconfirmed
    domain::reason reason = reason::none;             // none leaves what the row has
    std::string provider_id;
    std::string provider_status;
    std::string error_code;                // "550", "21211"
    std::string error_text;                // the provider's words without addresses; at most 500 bytes
    wall_time next_attempt_at{};           // retrying only
    std::optional<wall_time> fallback_at;  // accepted WhatsApp: no final status by then, one SMS
    std::int32_t attempts = 1;
    std::int32_t claim = 0;
    // False: nothing was written to the provider, and the attempt does not count.
    bool tried = true;
    wall_time at{};  // when the answer came
    // WhatsApp that cannot reach the patient: an SMS goes in its place, written down in the statement that
    // writes this, with this reason (none: without one).
    std::optional<domain::reason> sms_instead;
};

}  // namespace punctual::domain
