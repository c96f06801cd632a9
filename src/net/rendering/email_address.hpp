#pragma once
// Whether an address can be mailed at all, before a server is asked. It accepts what is in use
// (dot-atom local parts, UTF-8 in them for SMTPUTF8 servers, internationalised domains) and refuses
// the rest: comments, quoted local parts, address literals, lists.

#include "domain/mime.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace punctual::net::rendering {

// The address as MAIL and RCPT take it: trimmed, its domain in ASCII (RFC 5890); nullopt when it
// cannot be mailed. Limits of RFC 5321 §4.5.3.
[[nodiscard]] std::optional<std::string> mailable(std::string_view written);

// "Clinic <hello@clinic.example>" or the bare address, as DEFAULT_FROM_EMAIL has it.
[[nodiscard]] std::optional<domain::mailbox> parse_mailbox(std::string_view written);

// What stands after the @; "" without one.
[[nodiscard]] std::string_view domain_of(std::string_view address) noexcept;

}  // namespace punctual::net::rendering
