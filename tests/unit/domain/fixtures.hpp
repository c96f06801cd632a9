#pragma once
// An appointment next to which the tests of the domain are told: 2 pm in Sydney on 24 November 2026.

#include "domain/change.hpp"
#include "domain/policy.hpp"

namespace punctual::domain {

inline constexpr wall_time two_pm{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::hours{3}};
inline constexpr person_id pat = 11;
inline constexpr person_id paula = 12;
inline constexpr person_id psy = 21;
inline constexpr person_id piotr = 22;

inline scheduled_visit visit_at(wall_time starts_at, appointment_id id = 1) {
    return {.appointment = id,
            .starts_at = starts_at,
            .duration = std::chrono::minutes{60},
            .version = 1,
            .telehealth = true,
            .open = true,
            .booked_at = starts_at - std::chrono::days{7}};
}

inline appointment_image image_at(wall_time starts_at) {
    return {.what = {.starts_at = starts_at,
                     .duration = std::chrono::minutes{60},
                     .session_type = session_type::telehealth,
                     .location = {}},
            .patient = pat,
            .psychologist = psy,
            .status = appointment_status::scheduled};
}

}  // namespace punctual::domain
