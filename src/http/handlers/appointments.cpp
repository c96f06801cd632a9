// What is coming up, and what became of an appointment's messages.

#include "domain/join_window.hpp"
#include "http/handlers/answers.hpp"
#include "http/handlers/handlers.hpp"
#include "http/json_writer.hpp"
#include "http/router.hpp"
#include "net/twilio/signature.hpp"

#include <optional>

namespace punctual::http {
namespace {

constexpr std::int64_t default_page = 20;
constexpr std::int64_t longest_page = 100;

// Where a page begins: after this appointment. To clients it is one opaque word.
struct cursor {
    wall_time start{};  // 1970: before every appointment, and a time that the database knows
    domain::appointment_id id = 0;
};

std::optional<cursor> parse_cursor(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto start = parse_id(text.substr(0, dash));
    const auto id = parse_id(text.substr(dash + 1));
    if (!start || !id) {
        return std::nullopt;
    }
    return cursor{.start = wall_time{std::chrono::microseconds{*start}}, .id = *id};
}

struct page {
    std::int64_t limit = default_page;
    cursor after;
};

std::optional<page> parse_page(std::string_view query) {
    const auto fields = net::twilio::parse_form(query);
    if (!fields) {
        return std::nullopt;
    }
    page out;
    if (const auto limit = net::twilio::find_field(*fields, "limit"); !limit.empty()) {
        const auto number = parse_id(limit);
        if (!number || *number < 1 || *number > longest_page) {
            return std::nullopt;
        }
        out.limit = *number;
    }
    if (const auto text = net::twilio::find_field(*fields, "cursor"); !text.empty()) {
        const auto after = parse_cursor(text);
        if (!after) {
            return std::nullopt;
        }
        out.after = *after;
    }
    return out;
}

void write(json_writer& json, const handler_context& context, const net::api_appointment& one) {
    const auto& what = one.image.what;
    json.begin_object()
        .field("id", one.id)
        .field("starts_at", to_utc_text(what.starts_at))
        .field("duration_minutes", std::int64_t{what.duration.count()})
        .field("session_type", domain::to_string(what.session_type))
        .field("status", domain::to_string(one.image.status))
        .field("patient_id", one.image.patient)
        .field("psychologist_id", one.image.psychologist);
    if (what.session_type == domain::session_type::telehealth) {
        const auto window = domain::join_window_of(what, context.parts.rules);
        json.null_field("location").field("opens_at", to_utc_text(window.opens_at));
        json.text_or_null("meeting_url", one.room_name.empty() ? "" : meeting_url(context, one.room_name));
    } else {
        json.text_or_null("location", what.location).null_field("opens_at").null_field("meeting_url");
    }
    json.end_object();
}

void write_time(json_writer& json, std::string_view name, const std::optional<wall_time>& when) {
    if (when) {
        json.field(name, to_utc_text(*when));
    } else {
        json.null_field(name);
    }
}

void write(json_writer& json, const net::api_delivery& one) {
    json.begin_object()
        .field("id", one.id)
        .field("kind", one.kind)
        .field("channel", one.channel)
        .field("recipient_id", one.recipient)
        .field("recipient_role", one.recipient_role)
        .field("version", std::int64_t{one.version})
        .field("state", one.state)
        .text_or_null("reason", one.reason)
        .field("attempts", std::int64_t{one.attempts});
    write_time(json, "due_at", one.due_at);
    write_time(json, "useless_after", one.useless_after);
    write_time(json, "next_attempt_at", one.next_attempt_at);
    write_time(json, "claimed_at", one.claimed_at);
    write_time(json, "accepted_at", one.accepted_at);
    write_time(json, "delivered_at", one.delivered_at);
    write_time(json, "updated_at", one.updated_at);
    json.text_or_null("provider_id", one.provider_id)
        .text_or_null("provider_status", one.provider_status)
        .text_or_null("error_code", one.error_code)
        .text_or_null("error_text", one.error_text)
        .end_object();
}

}  // namespace

net::task<response> list_upcoming(const handler_context& context, const call& from) {
    const auto wanted = parse_page(from.what.query);
    if (!wanted) {
        co_return bad_request("bad_query", "limit must be 1 to 100, cursor one that was given");
    }
    std::optional<domain::person_id> who;
    if (!is_staff(from.caller)) {
        who = from.caller.id;
    }
    const auto now = context.parts.clock.wall_now();
    // One more than the page tells whether there is another.
    const auto limit = static_cast<std::size_t>(wanted->limit);
    auto found = co_await context.parts.store.upcoming(who, now, wanted->after.start, wanted->after.id, limit + 1,
                                                       from.database_until);
    if (!found) {
        co_return database_away(context, found.error());
    }
    const bool more = found->size() > limit;
    if (more) {
        found->resize(limit);
    }
    std::string text;
    json_writer json{text};
    json.begin_object().begin_array("results");
    for (const auto& one : *found) {
        write(json, context, one);
    }
    json.end_array();
    if (more) {
        const auto& last = found->back();
        const auto start = last.image.what.starts_at.time_since_epoch().count();
        json.field("next_cursor", std::to_string(start) + "-" + std::to_string(last.id));
    } else {
        json.null_field("next_cursor");
    }
    json.end_object();
    co_return ok(std::move(text));
}

net::task<response> list_deliveries(const handler_context& context, const call& from) {
    const auto until = from.database_until;
    const auto found = co_await context.parts.store.find_appointment(from.id, until);
    if (!found) {
        co_return database_away(context, found.error());
    }
    const auto& appointment = *found;
    const bool staff = is_staff(from.caller);
    if (appointment && !staff && is_patient_of(from.caller, *appointment)) {
        co_return permission_denied();
    }
    // Staff may ask for an appointment whose row is gone: its deliveries are still there.
    if (!staff && (!appointment || !is_psychologist_of(from.caller, *appointment))) {
        co_return appointment_not_found();
    }
    const auto rows = co_await context.parts.store.deliveries(from.id, until);
    if (!rows) {
        co_return database_away(context, rows.error());
    }
    if (!appointment && rows->empty()) {
        co_return appointment_not_found();
    }
    std::string text;
    json_writer json{text};
    json.begin_object().field("appointment_id", from.id).begin_array("results");
    for (const auto& one : *rows) {
        write(json, one);
    }
    json.end_array().end_object();
    co_return ok(std::move(text));
}

net::task<response> resend_delivery(const handler_context& context, const call& from) {
    if (!is_staff(from.caller)) {
        const auto found = co_await context.parts.store.find_appointment(from.id, from.database_until);
        if (!found) {
            co_return database_away(context, found.error());
        }
        const auto& appointment = *found;
        const bool concerned =
            appointment && (is_patient_of(from.caller, *appointment) || is_psychologist_of(from.caller, *appointment));
        co_return concerned ? permission_denied() : appointment_not_found();
    }
    auto done =
        co_await context.parts.inbox.resend(from.id, std::string{from.name}, from.caller.id, from.database_until);
    if (!done) {
        co_return database_away(context, done.error());
    }
    using net::resend_verdict;
    const auto conflict = [](std::string_view code, std::string sentence) {
        return to_response({.status = 409, .code = code, .error = std::move(sentence)});
    };
    switch (done->verdict) {
        case resend_verdict::retrying:
            break;
        case resend_verdict::not_found:
            co_return to_response({.status = 404, .code = "not_found", .error = "Delivery not found"});
        case resend_verdict::under_way:
            co_return conflict("under_way", "The message is being sent, or waits for another try");
        case resend_verdict::superseded:
            co_return conflict("superseded", "The appointment was moved or cancelled since");
        case resend_verdict::too_late:
            co_return conflict("too_late", "The message is of no use any more");
        case resend_verdict::not_this_plan:
            co_return conflict("not_this_plan", "The reminder plan has no such message any more");
    }
    if (context.parts.send_soon) {
        context.parts.send_soon(done->channel);
    }
    std::string text;
    json_writer json{text};
    json.begin_object()
        .field("message", "The message is sent again")
        .field("appointment_id", from.id)
        .field("delivery_id", from.name)
        .field("state", "retrying")
        .end_object();
    auto out = ok(std::move(text));
    out.status = 202;
    co_return out;
}

}  // namespace punctual::http
