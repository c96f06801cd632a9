// The two video endpoints: open the room of an appointment, and let its two people in.

#include "domain/join_window.hpp"
#include "http/handlers/answers.hpp"
#include "http/handlers/handlers.hpp"
#include "http/json_writer.hpp"
#include "net/twilio/access_token.hpp"
#include "net/twilio/rooms.hpp"

#include <algorithm>
#include <optional>

namespace punctual::http {
namespace {

constexpr std::size_t longest_identity = 128;  // Twilio error 53200

// What stands against a room whoever asks.
std::optional<response> refusal(const net::api_appointment& appointment) {
    if (appointment.image.what.session_type != domain::session_type::telehealth) {
        return bad_request("not_telehealth", "Video room can only be created for telehealth appointments");
    }
    switch (appointment.image.status) {
        case domain::appointment_status::scheduled:
        case domain::appointment_status::confirmed:
            return std::nullopt;
        case domain::appointment_status::completed:
        case domain::appointment_status::cancelled:
        case domain::appointment_status::no_show:
            break;
    }
    const std::string status{domain::to_string(appointment.image.status)};
    return to_response({.status = 409,
                        .code = "appointment_closed",
                        .error = "Appointment is " + status,
                        .extra = ",\"appointment_status\":\"" + status + "\""});
}

// A doubled identity throws the first participant out of the room (53205): the id keeps it unique.
std::string identity_of(const handler_context& context, const call& from, const net::api_appointment& appointment) {
    const bool patient = is_patient_of(from.caller, appointment);
    const auto id = std::to_string(from.caller.id);
    const auto& email = patient ? appointment.patient_email : appointment.psychologist_email;
    if (!context.settings.opaque_identity && !email.empty() && id.size() + 1 + email.size() <= longest_identity) {
        return id + "-" + email;
    }
    return id + (patient ? "-patient" : "-psychologist");
}

response outside(const domain::join_window& window, domain::join_verdict verdict) {
    const bool early = verdict == domain::join_verdict::too_early;
    const auto opens = to_utc_text(window.opens_at);
    return to_response({.status = 403,
                        .code = early ? "too_early" : "too_late",
                        .error = early ? "The video session is not open yet" : "The video session is over",
                        .extra = ",\"opens_at\":\"" + opens + "\""});
}

}  // namespace

net::task<response> create_video_room(const handler_context& context, const call& from) {
    const auto found = co_await context.parts.store.find_appointment(from.id, from.database_until);
    if (!found) {
        co_return database_away(context, found.error());
    }
    const auto& appointment = *found;
    if (!appointment || !(is_patient_of(from.caller, *appointment) || is_psychologist_of(from.caller, *appointment) ||
                          is_staff(from.caller))) {
        co_return appointment_not_found();
    }
    if (auto refused = refusal(*appointment)) {
        co_return std::move(*refused);
    }
    // Never too early, it may be asked for at any time before; but nobody could enter it any more.
    const auto window = domain::join_window_of(appointment->image.what, context.parts.rules);
    if (window.at(context.parts.clock.wall_now()) == domain::join_verdict::too_late) {
        co_return outside(window, domain::join_verdict::too_late);
    }
    const auto until = context.parts.clock.boot_now() + context.settings.room_time;
    const auto room = co_await context.parts.rooms.open_room(from.id, until);
    if (!room) {
        co_return room_unavailable(context, room.error());
    }
    // A room made again because Twilio had ended the last one is still the appointment's old one.
    const bool first = room->created && appointment->room_sid.empty();
    std::string json;
    json_writer{json}
        .begin_object()
        .field("message", first ? "Video room created successfully" : "Video room already exists")
        .field("room_name", room->name)
        .field("room_sid", room->sid)
        .field("status", room->status)
        .field("meeting_url", meeting_url(context, room->name))
        .field("appointment_id", from.id)
        .end_object();
    co_return ok(std::move(json));
}

net::task<response> create_video_token(const handler_context& context, const call& from) {
    const auto found = co_await context.parts.store.find_appointment(from.id, from.database_until);
    if (!found) {
        co_return database_away(context, found.error());
    }
    const auto& appointment = *found;
    const bool takes_part =
        appointment && (is_patient_of(from.caller, *appointment) || is_psychologist_of(from.caller, *appointment));
    if (!takes_part) {
        // Staff may know that it is there, and may not sit in.
        co_return appointment&& is_staff(from.caller) ? permission_denied() : appointment_not_found();
    }
    if (auto refused = refusal(*appointment)) {
        co_return std::move(*refused);
    }
    const auto window = domain::join_window_of(appointment->image.what, context.parts.rules);
    if (const auto verdict = window.at(context.parts.clock.wall_now()); verdict != domain::join_verdict::open) {
        co_return outside(window, verdict);
    }
    const auto& settings = context.settings;
    if (settings.twilio_account_sid.empty() || settings.twilio_api_key.empty() || settings.twilio_api_secret.empty()) {
        co_return room_unavailable(context, error{net::twilio::twilio_errc::not_configured});
    }
    const auto until = context.parts.clock.boot_now() + settings.room_time;
    const auto room = co_await context.parts.rooms.open_room(from.id, until);
    if (!room) {
        co_return room_unavailable(context, room.error());
    }
    // Making the room may have taken until after the end.
    const auto now = context.parts.clock.wall_now();
    const auto lifetime = std::min<std::chrono::seconds>(window.token_lifetime(now), net::twilio::longest_token);
    if (lifetime.count() <= 0) {
        co_return outside(window, domain::join_verdict::too_late);
    }
    const auto expires_at = std::min<wall_time>(window.closes_at, now + net::twilio::longest_token);
    const net::twilio::video_grant grant{.account_sid = settings.twilio_account_sid,
                                         .api_key = settings.twilio_api_key,
                                         .api_secret = settings.twilio_api_secret,
                                         .identity = identity_of(context, from, *appointment),
                                         .room = room->name};
    std::string json;
    json.reserve(1024);
    json_writer{json}
        .begin_object()
        .field("access_token", net::twilio::make_video_token(grant, now, expires_at))
        .field("room_name", room->name)
        .field("user_identity", grant.identity)
        .field("expires_in", std::int64_t{lifetime.count()})
        .field("appointment_id", from.id)
        .field("expires_at", to_utc_text(expires_at))
        .field("opens_at", to_utc_text(window.opens_at))
        .field("meeting_url", meeting_url(context, room->name))
        .end_object();
    co_return ok(std::move(json));
}

}  // namespace punctual::http
