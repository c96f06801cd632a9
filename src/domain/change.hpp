#pragma once
// A look at the change feed: what the database says happened, and how things stand now.

#include "domain/delivery.hpp"

namespace punctual::domain {

// How an appointment stood at some moment.
struct appointment_image {
    visit what;
    person_id patient = 0;
    person_id psychologist = 0;
    appointment_status status = appointment_status::scheduled;

    bool operator==(const appointment_image&) const = default;
};

// One appointment in one look: every unhandled change of it, folded.
struct appointment_change {
    appointment_id appointment = 0;
    std::int32_t version = 1;
    std::optional<appointment_image> told;  // what people were last told; nullopt: nothing yet
    std::optional<appointment_image> now;   // nullopt: the row is gone
    // What its status was before the last of the changes behind it; nullopt: there was no row, or none is behind it.
    std::optional<appointment_status> before = {};
    wall_time changed_at{};                // when this version was written
    std::vector<std::int64_t> change_ids;  // unhandled rows of punctual.change behind it; empty when
                                           // another daemon has handled them all
};

// The narrow row that the schedule is built from.
struct scheduled_visit {
    appointment_id appointment = 0;
    wall_time starts_at{};
    std::chrono::minutes duration{60};
    std::int32_t version = 1;
    bool telehealth = true;
    bool open = true;       // scheduled or confirmed; else it has no messages any more
    wall_time booked_at{};  // when this version was written

    bool operator==(const scheduled_visit&) const = default;
};

}  // namespace punctual::domain
