#pragma once
// Sending one mail, as the jobs see it. The SMTP client implements it (smtp/client.hpp); the
// simulation has one of its own.

#include "domain/lease.hpp"
#include "domain/time.hpp"
#include "net/async/task.hpp"

#include <cstdint>
#include <string>

namespace punctual::net::smtp {

struct mail {
    std::string from;     // bare address for MAIL FROM
    std::string to;       // bare address for RCPT TO; one recipient a message
    std::string message;  // RFC 5322, CRLF lines, not yet dot-stuffed
};

enum class mail_verdict : std::uint8_t {
    accepted,          // 250 after the dot: it is theirs now, whatever happens next
    retry_connection,  // refused, reset, timed out before the dot was written
    retry_greylisted,  // 4xx at any command, 421
    bad_address,       // 5xx at RCPT
    bad_message,       // 5xx at DATA or after the dot, or larger than SIZE allows
    configuration,     // 5xx at greeting, EHLO, STARTTLS, AUTH, MAIL; certificate refused
    outcome_unknown,   // lost between the dot and its answer
    lease_lost,        // nothing of the message was written: its lease had run out, or was revoked
    no_turn,           // nothing was tried: no connection of ours became free in time
};

struct mail_outcome {
    mail_verdict verdict = mail_verdict::retry_connection;
    int code = 0;          // the SMTP reply behind it, 0 when there was none
    std::string text;      // the server's words, addresses replaced, at most 500 bytes
    std::string queue_id;  // what the server called it, when its 250 said so
    // retry_greylisted that is about the server and not about this mail: 421, or refused before RCPT, or unreadable.
    bool of_server = false;
};

class mailer {
public:
    virtual ~mailer() = default;
    // `lease`: looked at before each step; without it no byte of the message's DATA is written.
    // `until`: the total deadline, waiting for a connection included.
    [[nodiscard]] virtual task<mail_outcome> send(mail what, domain::lease lease, deadline until) = 0;
    // How many sends it can carry at once; the jobs keep to it.
    [[nodiscard]] virtual std::size_t capacity() const noexcept = 0;
};

}  // namespace punctual::net::smtp
