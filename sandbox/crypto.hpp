#pragma once
// The few primitives the stand-in needs: HMAC, base64, and Twilio's webhook signature made of them.

#include "sandbox/form.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace punctual::sandbox {

[[nodiscard]] std::string base64(std::string_view bytes);
// RFC 4648 §4 with padding optional, or with `url_safe` §5; nullopt for anything else.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text, bool url_safe = false);

[[nodiscard]] std::string hmac_sha1(std::string_view key, std::string_view text);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);

// X-Twilio-Signature: the URL as it is called, then name + value of each POST parameter sorted by name
// in byte order; of a repeated name the values sorted and without repetition.
[[nodiscard]] std::string twilio_signature(std::string_view auth_token, std::string_view url, const form& fields);

}  // namespace punctual::sandbox
