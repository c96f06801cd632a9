#pragma once
// Answers that several handlers give, and how errors of the layers below become them.

#include "http/handlers/handlers.hpp"

#include <string>

namespace punctual::http {

[[nodiscard]] response ok(std::string json);

[[nodiscard]] response unauthorized();
// Also for an appointment that the caller has nothing to do with: nobody learns that it exists.
[[nodiscard]] response appointment_not_found();
[[nodiscard]] response permission_denied();
[[nodiscard]] response bad_request(std::string_view code, std::string sentence);
// 503; the error is counted, its code logged.
[[nodiscard]] response database_away(const handler_context& context, const error& why);
// 502 or 503 for what open_room() gives.
[[nodiscard]] response room_unavailable(const handler_context& context, const error& why);

// RFC 3339 in UTC, whole seconds.
[[nodiscard]] std::string to_utc_text(wall_time when);

[[nodiscard]] deadline database_deadline(const handler_context& context);

// practice_manager and admin.
[[nodiscard]] bool is_staff(const domain::person& who) noexcept;
[[nodiscard]] bool is_patient_of(const domain::person& who, const net::api_appointment& what) noexcept;
[[nodiscard]] bool is_psychologist_of(const domain::person& who, const net::api_appointment& what) noexcept;

[[nodiscard]] std::string meeting_url(const handler_context& context, std::string_view room_name);

}  // namespace punctual::http
