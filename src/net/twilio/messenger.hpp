#pragma once
// WhatsApp and SMS through Twilio, as the jobs see them (make_messenger.hpp). Source: Twilio, "Messages
// resource" and "Programmable Messaging error codes".

#include "domain/lease.hpp"
#include "domain/time.hpp"
#include "domain/vocabulary.hpp"
#include "net/async/task.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace punctual::net::twilio {

struct text_message {
    domain::channel channel = domain::channel::whatsapp;   // whatsapp or sms
    std::string to;                                        // E.164
    std::string body;                                      // empty with content_sid
    std::string content_sid;                               // approved template, WhatsApp
    std::map<std::string, std::string> content_variables;  // "1" -> text
    std::chrono::seconds validity{};                       // SMS: ValidityPeriod, 0 leaves it out
    std::string status_callback;                           // absolute URL
};

enum class text_verdict : std::uint8_t {
    accepted,       // 2xx with a sid
    retry,          // nothing of it was written, or 429
    ask_first,      // 5xx, lost or unreadable answer: it may have been sent (reconcile)
    bad_number,     // 21211, 21614, 21635: no text channel for it
    opted_out,      // 21610
    bad_message,    // any other 4xx: the next channel
    configuration,  // 401, 403, 404 on our own account; certificate refused
    lease_lost,     // nothing was written: its lease had run out, or was revoked
    no_turn,        // nothing was tried: no connection of ours became free in time
    held,           // nothing was tried: the account was asked to slow down, for `retry_after`
};

struct text_outcome {
    text_verdict verdict = text_verdict::retry;
    std::string sid;                     // ^(SM|MM)[0-9a-f]{32}$
    std::string status;                  // queued, accepted, …
    int error_code = 0;                  // Twilio's, or the HTTP status where there was none
    std::string error_text;              // numbers replaced, at most 500 bytes
    std::chrono::seconds retry_after{};  // capped at 5 minutes; 0: none was given
};

// A message that Twilio lists.
struct listed_message {
    std::string sid;
    std::string status;
    int error_code = 0;
    wall_time created_at{};
    std::string body;     // with a template: as Twilio has rendered it, or empty
    std::string from;     // as Twilio writes it, "whatsapp:" included
    std::string service;  // the messaging service's sid; empty without one
};

inline constexpr int opted_out_code = 21610;

// Invalid, opted out, a landline: no text reaches the number by either channel.
[[nodiscard]] constexpr bool is_of_the_number(int error_code) noexcept {
    return error_code == 21211 || error_code == opted_out_code || error_code == 21614 || error_code == 21635;
}

class messenger {
public:
    virtual ~messenger() = default;
    [[nodiscard]] virtual task<text_outcome> send(text_message what, domain::lease lease, deadline until) = 0;
    // Messages of our sender to that number on that channel since `since`; nullopt when Twilio gave no usable
    // answer to the end of them.
    [[nodiscard]] virtual task<std::optional<std::vector<listed_message>>> list(domain::channel channel, std::string to,
                                                                                wall_time since, deadline until) = 0;
    // The message with that sid as it stands; nullopt when Twilio gave no usable answer, a 404 included.
    [[nodiscard]] virtual task<std::optional<listed_message>> find(std::string sid, deadline until) = 0;
    [[nodiscard]] virtual std::size_t capacity() const noexcept = 0;
    // What is left of the time for which the account was asked to slow down; 0: none.
    [[nodiscard]] virtual std::chrono::seconds held() const noexcept { return {}; }
};

}  // namespace punctual::net::twilio
