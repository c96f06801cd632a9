#pragma once
// The address at which the two people of an appointment meet: the same in every message and every answer.

#include <string>
#include <string_view>

namespace punctual::domain {

// {frontend}/video-session/{room}, the room's name percent-encoded; "" without a room.
[[nodiscard]] std::string session_link(std::string_view frontend_url, std::string_view room_name);

}  // namespace punctual::domain
