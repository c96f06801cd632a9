#pragma once
// The parameters of POST Messages.json, checked as Twilio checks them at once (HTTP 400).

#include "sandbox/api_error.hpp"
#include "sandbox/form.hpp"
#include "sandbox/twilio_messages.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace punctual::sandbox {

// Without sid, status and times.
[[nodiscard]] api_result<text_message> read_message_request(const form& fields);

[[nodiscard]] bool is_e164(std::string_view number) noexcept;
// "whatsapp:+61…" and "+61…" without the channel.
[[nodiscard]] std::string_view bare_number(std::string_view address) noexcept;

// How many SMS a text is: 160 or 153 each in GSM-7 (3GPP TS 23.038), 70 or 67 in UCS-2.
[[nodiscard]] std::size_t sms_segments(std::string_view text);

// The {"1":"…"} of ContentVariables; nullopt unless it is a JSON object of strings.
[[nodiscard]] std::optional<form> parse_content_variables(std::string_view json);

}  // namespace punctual::sandbox
