#pragma once
// X-Twilio-Signature (Twilio, "Webhooks security"): whether a webhook is Twilio's. HMAC-SHA1 with the
// account's auth token over the URL that was called and the form's fields.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace punctual::net::twilio {

using form_fields = std::vector<std::pair<std::string, std::string>>;

// application/x-www-form-urlencoded, fields in order, empty values kept. Nothing for a bad escape.
[[nodiscard]] std::optional<form_fields> parse_form(std::string_view text);

// The value of the first field of that name; empty when there is none.
[[nodiscard]] std::string_view find_field(const form_fields& form, std::string_view name) noexcept;

// What Twilio would send. `url` is signed as it is, its query included.
[[nodiscard]] std::string sign_request(std::string_view auth_token, std::string_view url, form_fields form);

struct webhook_request {
    std::string_view url;   // the public base from the configuration + the request target
    std::string_view body;  // as it came
    bool is_form = true;    // application/x-www-form-urlencoded; else `bodySHA256` in the URL binds the body
    std::string_view signature;
};

// The URL is tried with and without its port and with the query as old libraries encode it: Twilio is
// not consistent there. Constant time; an empty token or signature never passes.
[[nodiscard]] bool is_signed_by_twilio(std::string_view auth_token, const webhook_request& what);

}  // namespace punctual::net::twilio
