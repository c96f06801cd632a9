#pragma once
// The people of the visits by video: they click at the link, come in, some late, some never, go, come again after the
// room has died, stay on after the end. And what must hold of those visits whatever happens (docs/simulation.md).

#include "jobs/room_service.hpp"
#include "support/simulation/video_rooms.hpp"

#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace punctual::test {

class video_visitors {
public:
    using answered = std::function<void(const result<jobs::room_info>&)>;
    struct links {
        // A request for the visit's room, to some daemon that is there; false: none is.
        std::function<bool(domain::appointment_id, answered)> click;
    };

    video_visitors(std::uint64_t seed, video_rooms& rooms, far_end& far, const net::clock& true_time,
                   memory_database& rows, const domain::policy& rules, links to);

    // After a committed change of it by somebody else.
    void edited(domain::appointment_id id);
    // Does what is due, and looks whether all is as it must be. How many came or went.
    std::size_t turn();
    // By the right clock: when there is something to do or to look at; max: nothing.
    [[nodiscard]] wall_time next_due() const;
    void check_end();
    [[nodiscard]] std::size_t met() const noexcept { return met_; }

private:
    struct intention {
        domain::appointment_id appointment = 0;
        std::int32_t version = 0;
        domain::person_id who = 0;
        bool comes = true;
    };
    // Somebody who has clicked and is not in yet.
    struct visitor {
        intention what;
        wall_time since{};
        wall_time next_try{};
        int tries = 0;
        bool asking = false;
        std::int64_t number = 0;
    };
    struct watched {
        std::int32_t version = 0;
        domain::appointment_image image;
        std::optional<wall_time> closed_at;  // cancelled or deleted
        wall_time edited_at{};
        bool proposal_seen = false;
        bool decided = false;
    };

    [[nodiscard]] wall_time next_look(const video_rooms::room& room) const;
    void plan_to_come(domain::appointment_id id, const watched& visit, domain::person_id who);
    void intend(wall_time at, intention what) { intentions_.emplace(at, what); }
    void carry_out(const intention& what);
    [[nodiscard]] bool may_come(const intention& what) const;
    void try_to_come(visitor& who);
    void have_answer(std::int64_t number, const result<jobs::room_info>& answer);
    void failed(visitor& who);

    void check(domain::appointment_id id, watched& visit);
    void check_decision(domain::appointment_id id, watched& visit);
    void check_proposal(domain::appointment_id id, watched& visit);
    void check_nudge(domain::appointment_id id, const watched& visit);
    void check_nudged();
    void check_dropped(const video_rooms::room& room);
    void check_attendance();
    [[nodiscard]] bool came(domain::appointment_id id, const watched& visit, domain::person_id who,
                            wall_time until) const;
    // All has been well for so long.
    [[nodiscard]] bool calm_for(std::chrono::nanoseconds length) const;
    [[nodiscard]] wall_time decision_due(const watched& visit) const;
    [[nodiscard]] wall_time now() const { return true_time_.wall_now(); }

    dice random_;
    video_rooms& rooms_;
    far_end& far_;
    const net::clock& true_time_;
    memory_database& rows_;
    const domain::policy& rules_;
    links to_;
    // In half of the seeds; they take twice the time.
    bool people_come_;
    std::multimap<wall_time, intention> intentions_;
    std::map<std::int64_t, visitor> visitors_;
    std::map<domain::appointment_id, watched> watched_;
    std::map<std::pair<domain::appointment_id, domain::person_id>, std::string> inside_;  // the participant's sid
    std::size_t looked_at_ = 0;                                                           // rows of the deliveries
    std::int64_t last_number_ = 0;
    std::size_t met_ = 0;
};

}  // namespace punctual::test
