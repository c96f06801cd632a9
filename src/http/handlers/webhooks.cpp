// Twilio's callbacks: signed, written down before they are answered, repeated without harm.

#include "http/handlers/answers.hpp"
#include "http/handlers/handlers.hpp"
#include "net/postgres/database.hpp"
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

// 8-4-4-4-12 hexadecimal digits (RFC 9562 §4); the database would refuse anything else.
bool is_uuid(std::string_view text) noexcept {
    if (text.size() != 36) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !std::string_view{"0123456789abcdefABCDEF"}.contains(text[i])) {
            return false;
        }
    }
    return true;
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

net::task<result<bool>> note_status(const handler_context& context, net::message_status status, deadline until) {
    auto first = status;
    auto known = co_await context.parts.store.record_message_status(std::move(first), until);
    if (!known && is_unknown(known.error())) {
        known = co_await context.parts.store.record_message_status(std::move(status), until);
    }
    co_return known;
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
    const auto until = from.database_until;
    auto key = status.provider_id + ":" + status.status;
    const auto kept = co_await keep(context, "message_status", std::move(key), std::move(hook->as_it_came), until);
    if (!kept) {
        co_return database_away(context, kept.error());
    }
    if (!is_uuid(status.delivery) || status.provider_id.empty() || status.status.empty()) {
        context.webhooks_unknown.add();
        co_return no_content();
    }
    const auto known = co_await note_status(context, std::move(status), until);
    if (!known) {
        co_return database_away(context, known.error());
    }
    if (!*known) {
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
    std::string sid{find_field(hook->form, "RoomSid")};
    const auto event = find_field(hook->form, "StatusCallbackEvent");
    const auto number = find_field(hook->form, "SequenceNumber");
    // Events of one room are numbered; those before the first participant are not.
    auto key = sid + ":" + std::string{number.empty() ? event : number};
    const auto until = from.database_until;
    const auto kept = co_await keep(context, "room_status", std::move(key), std::move(hook->as_it_came), until);
    if (!kept) {
        co_return database_away(context, kept.error());
    }
    if (event == "room-ended" && !sid.empty()) {
        std::string name{find_field(hook->form, "RoomName")};
        const auto ended = co_await context.parts.rooms.room_ended(std::move(name), std::move(sid), until);
        if (!ended) {
            co_return database_away(context, ended.error());
        }
    }
    co_return no_content();
}

}  // namespace punctual::http
