#pragma once
// Twilio Video access tokens, as Twilio's own libraries make them (Twilio, "Access tokens"): a
// JWT signed with the API key's secret, bound to one identity and one room.

#include "domain/time.hpp"

#include <chrono>
#include <string>

namespace punctual::net::twilio {

struct video_grant {
    std::string account_sid;  // AC…, `sub`
    std::string api_key;      // SK…, `iss`
    std::string api_secret;   // its bytes as they are, not decoded
    std::string identity;     // at most 128 characters; other participants see it
    std::string room;         // never empty: a grant without it opens every room of the account
};

// Twilio refuses a token that is good for longer (error 20104).
inline constexpr std::chrono::hours longest_token{24};

// `expires_at` is cut to longest_token after `now`; both count in whole seconds. Throws
// std::invalid_argument for an empty room or identity.
[[nodiscard]] std::string make_video_token(const video_grant& grant, wall_time now, wall_time expires_at);

}  // namespace punctual::net::twilio
