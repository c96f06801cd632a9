#include "http/handlers/answers.hpp"

#include "domain/session_link.hpp"
#include "net/store/store_error.hpp"
#include "net/twilio/rooms.hpp"

#include <array>
#include <cstdio>

namespace punctual::http {

using namespace std::chrono_literals;

response ok(std::string json) {
    response out;
    out.body = std::move(json);
    return out;
}

response unauthorized() {
    // One answer whatever is wrong: absent, expired, forged, unknown person, inactive person.
    auto out = to_response({.status = 401,
                            .code = "unauthorized",
                            .error = "Authentication credentials were not provided or are not valid"});
    out.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"api\"");
    return out;
}

response appointment_not_found() {
    return to_response({.status = 404, .code = "not_found", .error = "Appointment not found"});
}

response permission_denied() {
    return to_response({.status = 403, .code = "permission_denied", .error = "Permission denied"});
}

response bad_request(std::string_view code, std::string sentence) {
    return to_response({.status = 400, .code = code, .error = std::move(sentence)});
}

response database_away(const handler_context& context, const error& why) {
    context.database_errors.add();
    context.parts.log.debug("http_database_error", {{"error", why.code.message()}});
    return to_response({.status = 503,
                        .code = "database_unavailable",
                        .error = "The service is temporarily unavailable, please try again",
                        .retry_after = 2s});
}

response room_unavailable(const handler_context& context, const error& why) {
    if (why.code.category() == net::store_category()) {
        return database_away(context, why);
    }
    context.parts.log.warning("http_room_not_opened", {{"error", why.code.message()}});
    if (why.code == net::twilio::twilio_errc::not_configured) {
        return to_response({.status = 503,
                            .code = "video_not_configured",
                            .error = "Video service is not configured",
                            .retry_after = 60s});
    }
    const bool wrong_answer =
        why.code == net::twilio::twilio_errc::refused || why.code == net::twilio::twilio_errc::bad_answer;
    return to_response({.status = wrong_answer ? 502U : 503U,
                        .code = "video_unavailable",
                        .error = "Video service is temporarily unavailable, please try again",
                        .retry_after = wrong_answer ? 30s : 5s});
}

std::string to_utc_text(wall_time when) {
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(when - day)};
    std::array<char, 48> text{};
    const int size = std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                                   static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                   static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                                   static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
    return {text.data(), static_cast<std::size_t>(size)};
}

deadline database_deadline(const handler_context& context) {
    return context.parts.clock.boot_now() + context.settings.database_time;
}

bool is_staff(const domain::person& who) noexcept {
    return who.role == domain::role::admin || who.role == domain::role::practice_manager;
}
bool is_patient_of(const domain::person& who, const net::api_appointment& what) noexcept {
    return who.id == what.image.patient;
}
bool is_psychologist_of(const domain::person& who, const net::api_appointment& what) noexcept {
    return who.id == what.image.psychologist;
}

std::string meeting_url(const handler_context& context, std::string_view room_name) {
    return domain::session_link(context.settings.frontend_url, room_name);
}

}  // namespace punctual::http
