#pragma once
// The parameters of POST /v1/Rooms, checked as Twilio checks them (errors 53100 to 53126, 53216).

#include "sandbox/api_error.hpp"
#include "sandbox/form.hpp"
#include "sandbox/twilio_rooms.hpp"

namespace punctual::sandbox {

// A room with what was asked for or Twilio's defaults; without sid and times.
[[nodiscard]] api_result<room> read_room_request(const form& fields);

}  // namespace punctual::sandbox
