// Twilio's callbacks: signed, written down before they are answered, repeated without harm.

#include "domain/e164.hpp"
#include "http/handlers/answers.hpp"
#include "http/handlers/handlers.hpp"
#include "net/store/store_error.hpp"
#include "net/twilio/room_event.hpp"
#include "net/twilio/signature.hpp"

#include <expected>
#include <string_view>

namespace punctual::http {
namespace {

using net::twilio::find_field;
using net::twilio::form_fields;

struct webhook {
    form_fields form;
    form_fields query;
    std::string as_it_came;  // body and query, still a form
};

std::expected<webhook, response> read_webhook(const handler_context& context, const call& from) {
    const auto type = from.what.header("content-type");
    const bool is_form = type.starts_with("application/x-www-form-urlencoded");
    const auto url = context.settings.backend_url + from.what.target;
    const net::twilio::webhook_request request{
        .url = url, .body = from.what.body, .is_form = is_form, .signature = from.what.header("x-twilio-signature")};
    auto form = net::twilio::parse_form(is_form ? std::string_view{from.what.body} : std::string_view{});
    auto query = net::twilio::parse_form(from.what.query);
    if (!form || !query || !net::twilio::is_signed_by_twilio(context.settings.twilio_auth_token, request)) {
        context.webhooks_refused.add();
        return std::unexpected{
            to_response({.status = 403, .code = "bad_signature", .error = "The request is not signed by Twilio"})};
    }
    auto text = from.what.body;
    if (!from.what.query.empty()) {
        text += (text.empty() ? "" : "&") + from.what.query;
    }
    return webhook{.form = std::move(*form), .query = std::move(*query), .as_it_came = std::move(text)};
}

response no_content() {
    response out;
    out.status = 204;
    out.content_type.clear();
    return out;
}

bool is_unknown(const error& why) {
    return why.code == net::store_errc::outcome_unknown;
}

// E.164 out of "+61412345678" or "whatsapp:+61412345678"; empty for what is none (a short code, a name).
std::string_view number_of(std::string_view address) noexcept {
    constexpr std::string_view channel = "whatsapp:";
    if (address.starts_with(channel)) {
        address.remove_prefix(channel.size());
    }
    return domain::is_e164(address) ? address : std::string_view{};
}

// Twilio's own judgement first (Advanced Opt-Out), then what a button stands for, then the words.
domain::inbound_intent intent_of(const form_fields& form) {
    for (const auto* const field : {"OptOutType", "ButtonPayload", "ButtonText"}) {
        const auto intent = domain::understand_text(find_field(form, field));
        if (intent != domain::inbound_intent::other) {
            return intent;
        }
    }
    return domain::understand_text(find_field(form, "Body"));
}

// TwiML; without a text there is no reply, and an empty one would be an error to Twilio.
response twiml(const std::string& text) {
    response out;
    out.content_type = "text/xml; charset=utf-8";
    out.body = R"(<?xml version="1.0" encoding="UTF-8"?>)";
    if (text.empty()) {
        out.body += "<Response/>";
        return out;
    }
    out.body += "<Response><Message><Body>";
    for (const char c : text) {
        switch (c) {
            case '&':
                out.body += "&amp;";
                break;
            case '<':
                out.body += "&lt;";
                break;
            case '>':
                out.body += "&gt;";
                break;
            default:
                out.body.push_back(c);
        }
    }
    out.body += "</Body></Message></Response>";
    return out;
}

}  // namespace

net::task<response> receive_message_status(const handler_context& context, const call& from) {
    auto hook = read_webhook(context, from);
    if (!hook) {
        co_return std::move(hook.error());
    }
    net::message_status status{.delivery = std::string{find_field(hook->query, "delivery")},
                               .provider_id = std::string{find_field(hook->form, "MessageSid")},
                               .status = std::string{find_field(hook->form, "MessageStatus")},
                               .error_code = std::string{find_field(hook->form, "ErrorCode")}};
    if (status.provider_id.empty() || status.status.empty()) {
        // Kept, and nothing can be made of it.
        status.delivery.clear();
    }
    // Accepted first and refused afterwards, as with a messaging service. Before it is written down: a repetition of
    // the callback is the only second chance.
    if (const auto number = number_of(find_field(hook->form, "To")); status.error_code == "21610" && !number.empty()) {
        const auto kept = co_await context.parts.inbox.opt_out(std::string{number}, from.database_until);
        if (!kept) {
            co_return database_away(context, kept.error());
        }
    }
    net::message_callback came;
    came.key = status.provider_id + ":" + status.status;
    came.form = std::move(hook->as_it_came);
    came.what = std::move(status);
    const auto effect = co_await context.parts.callbacks.write(std::move(came), from.database_until);
    if (!effect) {
        co_return database_away(context, effect.error());
    }
    if (!effect->known) {
        context.webhooks_unknown.add();
    }
    co_return no_content();
}

net::task<response> receive_inbound_message(const handler_context& context, const call& from) {
    auto hook = read_webhook(context, from);
    if (!hook) {
        co_return std::move(hook.error());
    }
    const auto& form = hook->form;
    net::inbound_message came{.key = std::string{find_field(form, "MessageSid")},
                              .form = std::move(hook->as_it_came),
                              .number = std::string{number_of(find_field(form, "From"))},
                              .sender = std::string{find_field(form, "To")},
                              .replied_to = std::string{find_field(form, "OriginalRepliedMessageSid")},
                              .intent = intent_of(form)};
    // Its key makes a repetition harmless, and tells what the first one did.
    auto again = came;
    auto effect = co_await context.parts.inbox.receive(std::move(came), from.database_until);
    if (!effect && is_unknown(effect.error())) {
        effect = co_await context.parts.inbox.receive(std::move(again), from.database_until);
    }
    if (!effect) {
        co_return database_away(context, effect.error());
    }
    context.inbound.add();
    if (effect->forward && context.parts.forward_soon) {
        context.parts.forward_soon();
    }
    // Twilio itself answers STOP and START, and the clinic whatever it is forwarded.
    const auto& reply = context.parts.confirmation_reply;
    co_return twiml(effect->confirmed && reply ? reply(effect->locale) : std::string{});
}

net::task<response> receive_room_status(const handler_context& context, const call& from) {
    auto hook = read_webhook(context, from);
    if (!hook) {
        co_return std::move(hook.error());
    }
    if (net::twilio::is_noise(find_field(hook->form, "StatusCallbackEvent"))) {
        co_return no_content();
    }
    auto event = net::twilio::read_room_event(hook->form, context.parts.clock.wall_now());
    event.key = net::twilio::room_event_key(hook->form);
    event.form = std::move(hook->as_it_came);
    const auto taken = co_await context.parts.room_events.take(std::move(event), from.database_until);
    if (!taken) {
        co_return database_away(context, taken.error());
    }
    co_return no_content();
}

}  // namespace punctual::http
