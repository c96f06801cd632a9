#pragma once
// When something has to be done for an appointment: a pure function of the appointment and the
// policy. Offsets are elapsed time from the start or the end, so a DST night shifts nothing (domain
// rules §2.8). What is then done is not decided here.

#include "domain/change.hpp"
#include "domain/policy.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace punctual::domain {

enum class moment_type : std::uint8_t {
    reminder,     // a rule of the plan
    quiet_texts,  // would its texts come at night? Early enough to send them the evening before
    staff_alert,  // was anybody reached?
    make_room,    // telehealth: the room is made just in time
    nudge,        // telehealth: does one of the two wait for the other?
    end_check,    // who came? complete it, or propose a no_show
    clean_up,     // end whatever room is left; the last moment of every appointment
};

struct moment {
    moment_type what = moment_type::reminder;
    std::uint8_t reminder = 0;  // index in policy.reminders; 0 unless it is about one
    wall_time at{};
    wall_time useless_after{};  // from then on it is not done any more; wall_time::max(): always

    bool operator==(const moment&) const = default;
};

// `when` plus `offset`, held at the ends of the time line: an appointment at infinity stays there.
[[nodiscard]] wall_time plus(wall_time when, std::chrono::microseconds offset) noexcept;

// The moments of every appointment as offsets, made once from the policy.
class moment_plan {
public:
    // Throws std::invalid_argument for more reminders than a kind can number (boot misconfiguration).
    explicit moment_plan(const policy& rules);

    // How many moments such a visit has, and the one at `index`, in the order of time; reminders
    // before the others of the same instant.
    [[nodiscard]] std::size_t count(bool telehealth, bool open) const noexcept;
    [[nodiscard]] moment at(const scheduled_visit& visit, std::size_t index) const noexcept;

private:
    struct offset {
        moment_type what;
        std::uint8_t reminder;
        bool from_end;  // else from the start
        std::chrono::seconds when;
        bool useless_from_end;
        std::chrono::seconds useless;  // seconds::max(): never
    };
    [[nodiscard]] const std::vector<offset>& offsets(bool telehealth, bool open) const noexcept;

    std::vector<offset> telehealth_;
    std::vector<offset> in_person_;
    std::vector<offset> closed_;
};

// All of them in the order of time, past ones too. A visit that is not open (cancelled, completed,
// no_show) has its clean-up alone.
[[nodiscard]] std::vector<moment> moments_of(const scheduled_visit& visit, const policy& rules);

// Done at once when its moment passed before the booking and it is still of use: a room, a look at the night, one for
// somebody who waits.
[[nodiscard]] bool catches_up(const moment& what) noexcept;

// Reminder or staff alert whose moment passed before this version was written: recorded as
// booked_inside_window, never done late (domain rules §2.4).
[[nodiscard]] bool booked_inside(const moment& what, wall_time booked_at) noexcept;

}  // namespace punctual::domain
