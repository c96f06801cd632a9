#pragma once
// Every appointment within the horizon, in memory, and the one moment of each that comes next. No
// name, no address; 24 bytes a record, about 48 with its timer and its place in the index. It sends
// nothing: fire() says what is due, and the claim reads the appointment's row again.
//
// Records lie in pages and never move, so that a record's number is its timer's id; holes are reused.
// An open-addressing table (linear probing, deletion by shifting back) finds them by appointment id.
//
// A record remembers which of its moments have been fired, not when: a clock stepped back fires none
// of them twice. A closed appointment (cancelled, completed) stays until its clean-up, so that a stale
// read does not bring it back.

#include "domain/moments.hpp"
#include "domain/paged_vector.hpp"
#include "domain/timer_wheel.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace punctual::domain {

struct due_moment {
    scheduled_visit visit;  // booked_at is not kept: wall_time{}
    moment what;
    // A missed reminder whose usefulness has passed: to be written down, not sent.
    bool expired = false;
};

enum class upserted : std::uint8_t {
    inserted,
    updated,
    unchanged,  // the same version with the same content: what was fired stays fired
    stale,      // older than what is held: ignored
    finished,   // nothing left to do for it: not held (any more)
};

class schedule {
public:
    schedule(const policy& rules, wall_time now);

    // Room for that many appointments, so that loading them never rehashes.
    void reserve(std::size_t appointments);

    // Takes the version over and arms its next moment. Reminders whose moment passed before booked_at
    // are left out (booked inside the window); those that passed since are due at once, and so is
    // what catches_up() and is still of use. `now` matters for that last case alone.
    upserted upsert(const scheduled_visit& visit, wall_time now);
    // The row is gone. False: it was not held.
    bool remove(appointment_id id);

    // Everything: what is taken over again then has all its moments since the booking again.
    void clear();

    // Without booked_at; a closed one is found too, until its clean-up.
    [[nodiscard]] std::optional<scheduled_visit> find(appointment_id id) const;

    // When to call fire() next; nullopt: nothing is armed. In the past when something is due.
    [[nodiscard]] std::optional<wall_time> next_deadline() const noexcept { return wheel_.next_deadline(); }

    // Appends what is due at `now`, of at most `limit` appointments; arms their next moments. Of the
    // reminders that an appointment missed only the newest useful one is due, the older ones are
    // appended as expired. Other moments that have become useless are dropped. True: call again.
    bool fire(wall_time now, std::size_t limit, std::vector<due_moment>& due);

    // A full resync: begin_sweep(), upsert everything that is there, finish_sweep() removes what was
    // not seen and gives back how many those were. Feed changes in between count as seen.
    void begin_sweep() noexcept { sweep_mark_ = !sweep_mark_; }
    std::size_t finish_sweep();

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
    using number = std::uint32_t;  // of a record; its timer's id
    static constexpr number none = 0xffffffff;

    struct record {
        appointment_id id = 0;       // vacant: the number of the next vacant record
        std::int64_t starts_at = 0;  // microseconds since 1970
        std::int32_t version = 0;
        std::uint32_t minutes : 20 = 0;  // held at two years: longer is a mistake
        std::uint32_t next : 8 = 0;      // index of the next moment
        std::uint32_t telehealth : 1 = 0;
        std::uint32_t open : 1 = 0;
        std::uint32_t catch_up : 1 = 0;  // something that passed before the booking is still to be done
        std::uint32_t mark : 1 = 0;      // of the last sweep that saw it
    };
    static_assert(sizeof(record) == 24);
    static constexpr std::int32_t vacant = -1;  // as version

    [[nodiscard]] static scheduled_visit visit_of(const record& held) noexcept;
    [[nodiscard]] std::size_t home_of(appointment_id id) const noexcept;
    // The table's cell of the appointment, or the empty cell where it would stand.
    [[nodiscard]] std::size_t cell_of(appointment_id id) const noexcept;
    void grow_table(std::size_t cells);
    [[nodiscard]] number add(appointment_id id);
    void erase(number which);
    void arm(number which, wall_time now);
    void fire_one(number which, wall_time now, std::vector<due_moment>& due);

    policy rules_;
    moment_plan plan_;
    timer_wheel wheel_;
    paged_vector<record, 12> records_;
    number first_vacant_ = none;
    std::size_t size_ = 0;
    std::vector<number> table_;  // a power of two cells; none: empty
    std::uint32_t sweep_mark_ : 1 = 0;
};

}  // namespace punctual::domain
