#include "net/twilio/text_request.hpp"

#include "domain/percent_encoding.hpp"
#include "net/twilio/answers.hpp"
#include "net/twilio/form.hpp"

#include <algorithm>

namespace punctual::net::twilio {
namespace {

constexpr std::string_view whatsapp_prefix = "whatsapp:";
// Twilio's own bounds of ValidityPeriod.
constexpr std::chrono::seconds shortest_validity{1};
constexpr std::chrono::seconds longest_validity{36'000};

// Adds From or MessagingServiceSid; false when there is none.
bool add_sender(form& to, const senders& from, domain::channel channel) {
    const bool whatsapp = channel == domain::channel::whatsapp;
    const auto& own = whatsapp ? from.whatsapp_from : from.sms_from;
    if (!own.empty() && (whatsapp || from.messaging_service_sid.empty())) {
        to.add("From", address(channel, own));
        return true;
    }
    if (!from.messaging_service_sid.empty()) {
        to.add("MessagingServiceSid", from.messaging_service_sid);
        return true;
    }
    return false;
}

}  // namespace

std::string address(domain::channel channel, std::string_view number) {
    if (number.starts_with(whatsapp_prefix)) {
        number.remove_prefix(whatsapp_prefix.size());
    }
    std::string written{channel == domain::channel::whatsapp ? whatsapp_prefix : std::string_view{}};
    written += number;
    return written;
}

bool is_from(const senders& ours, domain::channel channel, const listed_message& listed) {
    const bool whatsapp = channel == domain::channel::whatsapp;
    const auto& own = whatsapp ? ours.whatsapp_from : ours.sms_from;
    if (!own.empty() && (whatsapp || ours.messaging_service_sid.empty())) {
        return listed.from.empty() || listed.from == address(channel, own);
    }
    return listed.service.empty() || listed.service == ours.messaging_service_sid;
}

std::string messages_path(std::string_view account_sid) {
    return "/2010-04-01/Accounts/" + domain::percent_encode(account_sid) + "/Messages.json";
}

std::string message_path(std::string_view account_sid, std::string_view message_sid) {
    return "/2010-04-01/Accounts/" + domain::percent_encode(account_sid) + "/Messages/" + std::string{message_sid} +
           ".json";
}

std::optional<std::string> message_form(const senders& from, const text_message& what) {
    form body;
    body.add("To", address(what.channel, what.to));
    if (!add_sender(body, from, what.channel)) {
        return std::nullopt;
    }
    if (what.content_sid.empty()) {
        body.add("Body", what.body);
    } else {
        // Beside a template a Body would be sent instead of it (63016).
        body.add("ContentSid", what.content_sid);
        if (!what.content_variables.empty()) {
            body.add("ContentVariables", write_variables(what.content_variables));
        }
    }
    if (what.channel == domain::channel::sms && what.validity != std::chrono::seconds{0}) {
        body.add("ValidityPeriod",
                 std::to_string(std::clamp(what.validity, shortest_validity, longest_validity).count()));
    }
    if (!what.status_callback.empty()) {
        body.add("StatusCallback", what.status_callback);
    }
    return body.str();
}

}  // namespace punctual::net::twilio
