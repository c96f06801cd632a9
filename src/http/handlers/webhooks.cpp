// Twilio's callbacks: signed, written down before they are answered, repeated without harm.

#include "http/handlers/answers.hpp"
#include "http/handlers/handlers.hpp"
#include "net/postgres/database.hpp"
#include "net/twilio/room_event.hpp"
#include "net/twilio/signature.hpp"

#include <algorithm>
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
    return why.code == net::postgres::postgres_errc::outcome_unknown;
}

// Twilio calls once: what a lost answer leaves open is done again, which its key makes harmless, while the time for
// the answer lasts.
net::task<result<>> keep(const handler_context& context, std::string source, std::string key, std::string form,
                         deadline until) {
    auto kept = co_await context.parts.store.record_webhook(source, key, form, until);
    if (!kept && is_unknown(kept.error())) {
        kept = co_await context.parts.store.record_webhook(std::move(source), std::move(key), std::move(form), until);
    }
    co_return kept;
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
    std::string key{find_field(hook->form, "MessageSid")};
    const auto kept =
        co_await keep(context, "message_inbound", std::move(key), std::move(hook->as_it_came), from.database_until);
    if (!kept) {
        co_return database_away(context, kept.error());
    }
    response out;
    out.content_type = "text/xml; charset=utf-8";
    // No reply: an empty text would be an error to Twilio.
    out.body = R"(<?xml version="1.0" encoding="UTF-8"?><Response/>)";
    co_return out;
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
