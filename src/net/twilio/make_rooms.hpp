#pragma once
// Video rooms on Twilio's REST API. Its client must be one for the video API's host.

#include "net/https/client.hpp"
#include "net/twilio/account.hpp"
#include "net/twilio/account_gate.hpp"
#include "net/twilio/rooms.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace punctual::net::twilio {

struct room_options {
    int max_participants = 2;
    std::chrono::minutes unused_room_timeout{60};  // Twilio's most
    std::chrono::minutes empty_room_timeout{15};
    std::string media_region = "au1";
    std::string status_callback;  // absolute URL; empty leaves it out
};

struct rooms_options {
    account who;
    room_options room;
    std::string path_prefix;  // of the base URL
};

// The body of POST Rooms.
[[nodiscard]] std::string room_form(const room_options& options, std::string_view name);
// 1 to 128 of [A-Za-z0-9_-]: others make rooms that cannot be fetched again.
[[nodiscard]] bool is_room_name(std::string_view name) noexcept;

// Client and gate must outlive it; the gate is the account's, shared with the messenger.
[[nodiscard]] std::unique_ptr<rooms> make_rooms(https::client& client, account_gate& gate, rooms_options options);

}  // namespace punctual::net::twilio
