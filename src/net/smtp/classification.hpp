#pragma once
// What a reply means for the mail: the table of domain rules §3, by command.

#include "net/smtp/mailer.hpp"

#include <cstdint>
#include <string_view>

namespace punctual::net::smtp {

enum class command : std::uint8_t {
    greeting,
    ehlo,
    helo,
    starttls,
    auth,
    mail_from,
    rcpt_to,
    data,
    message,
    rset,
    noop,
    quit
};

// The word for people: "RCPT", "the greeting", "the final dot".
[[nodiscard]] std::string_view name_of(command at) noexcept;

// RFC 5321 §4.3.2; by the first digit, as §4.2.1 tells clients to. AUTH's 334 is not a success yet.
[[nodiscard]] bool succeeds(command at, int code) noexcept;

// For a code that is no success. `code` 0: malformed. A malformed or senseless answer to the final
// dot leaves the outcome unknown; elsewhere it counts as a 4xx.
[[nodiscard]] mail_verdict classify(command at, int code) noexcept;

// Whether a 4xx (or 0) would have met every mail: 421, nonsense, and whatever comes before a recipient is named.
// Greylisting, a full mailbox, too many to one recipient are not.
[[nodiscard]] bool is_of_server(command at, int code) noexcept;

}  // namespace punctual::net::smtp
