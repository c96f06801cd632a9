#pragma once
// What came of a visit by video: the callbacks of its rooms, who was in them and when, what was decided. The store
// of rooms_to_clean() and complete_appointment() is beside it; this one knows nothing of messages.

#include "domain/change.hpp"
#include "domain/result.hpp"
#include "net/async/task.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::net {

// A room's status callback (Twilio, "Status callbacks", Rooms).
struct room_event {
    std::string key;                         // room and SequenceNumber: makes a repetition harmless
    std::string form;                        // the request as it came
    domain::appointment_id appointment = 0;  // by the room's name; 0: no name of our form
    std::string room_name;
    std::string room_sid;
    std::string what;  // room-created, participant-connected, …
    std::string participant_sid;
    domain::person_id person = 0;  // by the identity; 0: none of our form
    wall_time at{};                // Twilio's
    std::chrono::seconds stayed{};
};

// A callback that was kept and not acted on.
struct kept_event {
    std::string key;
    std::string form;
};

// One person in one room from coming to going.
struct stay {
    std::string participant_sid;
    std::string room_sid;
    domain::person_id person = 0;
    wall_time joined_at{};
    std::optional<wall_time> left_at;  // nullopt: in the room
};

struct attendance {
    domain::person_id person = 0;
    std::string role;  // patient, psychologist; "" for somebody who is not part of the appointment as it is
    wall_time joined_at{};
    std::optional<wall_time> left_at;  // nullopt: in the room
    std::int64_t stays = 0;
    std::chrono::seconds length{};  // of all stays together
};

enum class absence : std::uint8_t { patient, psychologist, both };
[[nodiscard]] constexpr std::string_view to_string(absence who) noexcept {
    switch (who) {
        case absence::patient:
            return "patient";
        case absence::psychologist:
            return "psychologist";
        case absence::both:
            break;
    }
    return "both";
}

struct no_show_proposal {
    wall_time at{};
    std::int32_t version = 1;  // of the appointment
    std::string absent;        // patient, psychologist, both
    bool written = false;      // the appointment's status has been set
};

struct visit_record {
    std::vector<attendance> people;
    std::vector<std::string> rooms;  // sids, oldest first
    bool met = false;                // patient and psychologist, as the appointment is, at some time together
    std::optional<no_show_proposal> no_show;
};

// What is to become of a room that Twilio lists.
enum class room_standing : std::uint8_t {
    foreign,  // not under a name of ours
    wanted,   // its visit is to come, running, or has ended a short while ago
    over,     // its visit has ended long enough ago
    dropped,  // its visit is cancelled or deleted
};

class visit_log {
public:
    virtual ~visit_log() = default;

    // Kept and acted on in one commit. True: a room of ours.
    [[nodiscard]] virtual task<result<bool>> record_event(room_event what, deadline until) = 0;
    // Kept alone, to be acted on later.
    [[nodiscard]] virtual task<result<>> keep_event(std::string key, std::string form, deadline until) = 0;
    // Callbacks that nobody has acted on, oldest first.
    [[nodiscard]] virtual task<result<std::vector<kept_event>>> unhandled_events(std::size_t limit, deadline until) = 0;
    // What Twilio's list of participants says, where it is more than the callbacks have told.
    [[nodiscard]] virtual task<result<>> record_stays(domain::appointment_id id, std::vector<stay> seen,
                                                      deadline until) = 0;
    // Stays that had not ended by `since`.
    [[nodiscard]] virtual task<result<visit_record>> read(domain::appointment_id id, wall_time since,
                                                          deadline until) = 0;
    // Of an appointment that is open under that version. True: nobody had proposed it. `write` sets its status too.
    [[nodiscard]] virtual task<result<bool>> propose_no_show(domain::appointment_id id, std::int32_t version,
                                                             absence who, bool write, deadline until) = 0;
    // Open visits that the daemon knew, which ended between these and of which nothing was decided: it was down then.
    [[nodiscard]] virtual task<result<std::vector<domain::scheduled_visit>>> undecided(wall_time ended_after,
                                                                                       wall_time ended_before,
                                                                                       std::size_t limit,
                                                                                       deadline until) = 0;
    // One for each name, in order.
    [[nodiscard]] virtual task<result<std::vector<room_standing>>> judge_rooms(std::vector<std::string> names,
                                                                               wall_time ended_before,
                                                                               deadline until) = 0;
    // Has nobody done that within `interval`?
    [[nodiscard]] virtual task<result<bool>> chore_due(std::string name, std::chrono::seconds interval,
                                                       deadline until) = 0;
    [[nodiscard]] virtual task<result<>> chore_done(std::string name, deadline until) = 0;
};

}  // namespace punctual::net
