#pragma once
// Checks a Video access token as Twilio's signalling does when a browser connects (errors 20101 to
// 20107). Pure.

#include "domain/time.hpp"
#include "sandbox/api_error.hpp"

#include <string>
#include <string_view>

namespace punctual::sandbox {

struct account {
    std::string sid;  // AC…
    std::string auth_token;
    std::string api_key;  // SK…
    std::string api_secret;
};

struct token_grants {
    std::string identity;
    std::string room;  // name or sid; empty: every room of the account
    wall_time expires_at{};
};

[[nodiscard]] api_result<token_grants> verify_access_token(std::string_view token, const account& of, wall_time now);

}  // namespace punctual::sandbox
