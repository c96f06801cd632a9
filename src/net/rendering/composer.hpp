#pragma once
// From a claimed delivery to the very bytes of its message: template, words, zone, MIME, iCalendar,
// phone number. It sends nothing and reads no clock. Everything that people typed is data here.

#include "domain/delivery.hpp"
#include "net/smtp/mailer.hpp"
#include "net/twilio/messenger.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::net::rendering {

// A mail as a person reads it.
struct mail_words {
    std::string to;  // bare address
    std::string subject;
    std::string text;  // the plain part
    bool invitation = false;
};

// A text that somebody wrote to the clinic's number, for the clinic to read.
struct inbound_words {
    std::string key;     // Twilio's sid; the mail's Message-ID comes from it
    std::string number;  // E.164; empty: unknown
    std::vector<std::string> people;
    std::string text;
    std::string attachments;  // how many, as Twilio says it
    wall_time received_at{};
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
    [[nodiscard]] virtual std::expected<smtp::mail, domain::reason> compose_forward(const inbound_words&,
                                                                                    wall_time) const {
        return std::unexpected{domain::reason::channel_not_configured};
    }
    // What somebody is answered whose "C" has confirmed a visit, in the language of that locale.
    [[nodiscard]] virtual std::string confirmation_reply(std::string_view) const { return {}; }
    // Why there is no_address, in words that may be stored and shown: "the phone is a landline". Empty
    // when there is nothing to say.
    [[nodiscard]] virtual std::string explain_no_address(const domain::claimed_delivery&) const { return {}; }
};

}  // namespace punctual::net::rendering
