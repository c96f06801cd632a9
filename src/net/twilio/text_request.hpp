#pragma once
// The forms and paths of the Messages resource (API 2010-04-01). Pure.

#include "domain/result.hpp"
#include "net/twilio/messenger.hpp"

#include <string>
#include <string_view>

namespace punctual::net::twilio {

// E.164 numbers; "whatsapp:" before them is understood and added where it belongs.
struct senders {
    std::string whatsapp_from;
    std::string sms_from;               // or an alphanumeric sender
    std::string messaging_service_sid;  // MG…
};

// "whatsapp:+61…" or "+61…".
[[nodiscard]] std::string address(domain::channel channel, std::string_view number);

[[nodiscard]] std::string messages_path(std::string_view account_sid);
// Of one message. `message_sid`: in its shape (is_message_sid).
[[nodiscard]] std::string message_path(std::string_view account_sid, std::string_view message_sid);

// Whether a message that Twilio lists went from the sender that the channel has; what it does not say speaks for it.
[[nodiscard]] bool is_from(const senders& ours, domain::channel channel, const listed_message& listed);

// The body of POST Messages. WhatsApp goes from its own sender before the messaging service, SMS from the
// service before its own number. nullopt when the channel has neither.
[[nodiscard]] std::optional<std::string> message_form(const senders& from, const text_message& what);

}  // namespace punctual::net::twilio
