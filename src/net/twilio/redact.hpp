#pragma once
// A provider's words, made fit for the delivery table and the log.

#include <string>
#include <string_view>

namespace punctual::net::twilio {

// Telephone numbers become "[number]", mail addresses "[address]", control characters and broken UTF-8
// spaces; at most 500 bytes, cut between characters.
[[nodiscard]] std::string redact(std::string_view text);

}  // namespace punctual::net::twilio
