#pragma once
// Which Twilio account, and how it says who it is.

#include "net/https/message.hpp"

#include <string>

namespace punctual::net::twilio {

struct account {
    std::string sid;  // AC…
    std::string auth_token;
    std::string api_key;  // SK…; with its secret it goes before the token
    std::string api_secret;

    [[nodiscard]] bool complete() const noexcept {
        return !sid.empty() && (!auth_token.empty() || (!api_key.empty() && !api_secret.empty()));
    }
};

// Authorization: Basic (RFC 7617), key and secret when both are given, else account and token.
[[nodiscard]] std::string authorization(const account& who);

// A request of the APIs: credentials, Accept, and the form's content type for a POST.
[[nodiscard]] https::request make_request(const account& who, https::method method, std::string target,
                                          std::string form);

}  // namespace punctual::net::twilio
