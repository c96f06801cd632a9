#pragma once
// A room's status callback, read from its form (Twilio, "Status callbacks", Rooms). Nothing of it is believed before
// its signature has been checked; what is missing or odd is left empty.

#include "net/store/visit_log.hpp"
#include "net/twilio/signature.hpp"

#include <string>
#include <string_view>

namespace punctual::net::twilio {

// Tracks that come and go, recordings: some dozens in a visit, and nothing here needs them.
[[nodiscard]] bool is_noise(std::string_view event) noexcept;

// `key` and `form` are left empty. `now` stands for a timestamp that cannot be read.
[[nodiscard]] room_event read_room_event(const form_fields& form, wall_time now);

// What makes a repetition harmless: the room and SequenceNumber, or the event where there is none.
[[nodiscard]] std::string room_event_key(const form_fields& form);

}  // namespace punctual::net::twilio
