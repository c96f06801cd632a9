#pragma once
// From a claimed delivery to the very bytes of its message: template, words, zone, MIME, iCalendar,
// phone number. It sends nothing and reads no clock. Everything that people typed is data here.

#include "domain/delivery.hpp"
#include "net/smtp/mailer.hpp"
#include "net/twilio/messenger.hpp"

#include <expected>
#include <string>

namespace punctual::net::rendering {

// A mail as a person reads it.
struct mail_words {
    std::string to;  // bare address
    std::string subject;
    std::string text;  // the plain part
    bool invitation = false;
};

class composer {
public:
    virtual ~composer() = default;
    // The reason when nothing can be composed: no_address, channel_not_configured.
    [[nodiscard]] virtual std::expected<smtp::mail, domain::reason> compose_mail(const domain::claimed_delivery& what,
                                                                                 wall_time now) const = 0;
    [[nodiscard]] virtual std::expected<twilio::text_message, domain::reason> compose_text(
        const domain::claimed_delivery& what, wall_time now) const = 0;
    // What compose_mail() would say, without the form; for those who look before anything is sent.
    [[nodiscard]] virtual std::expected<mail_words, domain::reason> compose_words(const domain::claimed_delivery&,
                                                                                  wall_time) const {
        return std::unexpected{domain::reason::channel_not_configured};
    }
    // Why there is no_address, in words that may be stored and shown: "the phone is a landline". Empty
    // when there is nothing to say.
    [[nodiscard]] virtual std::string explain_no_address(const domain::claimed_delivery&) const { return {}; }
};

}  // namespace punctual::net::rendering
