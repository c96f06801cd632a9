#pragma once
// Addresses on the way in, a server's words on the way out.

#include "net/smtp/mailer.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace punctual::net::smtp {

// Fit for MAIL FROM:<…> and RCPT TO:<…>: local@domain, at most 254 bytes (RFC 3696 erratum 1690),
// valid UTF-8, no space, control, angle bracket or line end. It refuses more than RFC 5321 does:
// quoted local parts with spaces in them are more often an attack than a mailbox.
[[nodiscard]] bool is_address(std::string_view address) noexcept;

[[nodiscard]] bool is_ascii(std::string_view text) noexcept;

// A mail that no server need be asked about: the outcome that says so, or nullopt.
[[nodiscard]] std::optional<mail_outcome> refuse_unsendable(const mail& what);

// A server's words fit for a log and a database: one line, printable ASCII, at most 500 bytes, and
// every address in it, the recipient's local part alone too, replaced by "[address]".
[[nodiscard]] std::string scrub(std::string_view words, const mail* about = nullptr);

// "queued as X" (Postfix), "id=X" (Exim); empty when the 250 names none.
[[nodiscard]] std::string queue_id_in(std::string_view words);

}  // namespace punctual::net::smtp
