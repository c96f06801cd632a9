#pragma once
// A hierarchical timer wheel driven by the wall clock: millions of timers, each a small integer and a
// moment. It reads no clock, starts no thread, and knows nothing of what its timers mean.
//
// Why. Appointments are booked far ahead, moved and cancelled often, and bunch on whole minutes. A
// heap pays log n and a cache miss per level for each of these; a wheel appends to a list and flips
// a bit.
//
// How. Time is counted in ticks of 1 ms since 1970. A timer's moment is rounded up to a tick, and it
// fires when the clock has reached that tick: never early, at most 1 ms late by the wheel's doing.
// Five levels of 256 slots stand for the five lowest bytes of the tick number (34 years). A timer is
// kept at the level of the highest byte in which its tick differs from the wheel's position, in the
// slot of that byte's value; so it shares every higher byte with the position, and all timers of a
// level come before those of the next. When the position enters a slot of a higher level, the slot's
// timers fire or move down. What the levels cannot hold waits in a small heap until it fires: moments
// at or behind the position (already due, or between a clock stepped back and where the wheel stood)
// and moments further off than the top level (the year 2100, infinity).
//
// A slot is a chain of chunks of 8-byte entries {low half of the tick, id}. The exact tick that a
// timer is armed for stands in an array by id: an entry that does not match it is stale. So
// cancelling, and moving, never search: they write the array, and the stale entry is dropped when the
// position gets there, or in a rebuild when more than half of all entries are stale (10 ms a million,
// amortised over as many calls). 16 bytes a timer in all.
//
// A bit per slot says that it is not empty, and each slot remembers its earliest entry: the next
// deadline is known exactly, without a scan. After a cancellation it may name a moment too early,
// once per cancelled timer; never one too late.
//
// Clock steps. Forward: everything that has become due fires, once. Backward: the position stays,
// nothing fires before its time comes (again), nothing is lost, nothing that has fired fires again.
//
// Re-entrancy. The sink may schedule and cancel any timer, the fired one included; what it schedules
// at or before `now` fires in the same call, within the limit. It must not call advance() nor throw.

#include "domain/paged_vector.hpp"
#include "domain/time.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace punctual::domain {

class timer_wheel {
public:
    // Small integers given by the owner, who reuses them: memory grows with the highest one.
    using timer_id = std::uint32_t;

    // `start`: about now. Any moment works; timers at or before it are a little dearer.
    explicit timer_wheel(wall_time start);

    // Arms the timer for `when`, in place of what it was armed for. O(1), amortised; O(log n) among
    // the timers outside the levels.
    void schedule(timer_id id, wall_time when);
    // False: it was not armed. O(1).
    bool cancel(timer_id id) noexcept;

    // Fires what is due at `now`: calls sink(timer_id) for each timer, disarmed by then. At most
    // `limit` timers fire and at most limit + moves_per_call entries are looked at in a call. Not in
    // order of time when several moments have become due at once. Returns true when there is, or may
    // be, more to do at `now`: call again.
    template <class Sink>
    bool advance(wall_time now, std::size_t limit, Sink&& sink);

    // When to call advance() next; nullopt: no timer. In the past when something is due. No scan.
    [[nodiscard]] std::optional<wall_time> next_deadline() const noexcept;

    // What the timer is armed for, rounded up to the tick; nullopt: not armed.
    [[nodiscard]] std::optional<wall_time> armed_for(timer_id id) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return armed_count_; }
    [[nodiscard]] bool empty() const noexcept { return armed_count_ == 0; }
    [[nodiscard]] std::size_t memory_bytes() const noexcept;

    // Entries beside the fired ones that a call of advance() looks at.
    static constexpr std::size_t moves_per_call = 4096;

private:
    using tick = std::int64_t;
    static constexpr tick not_armed = std::numeric_limits<tick>::min();
    static constexpr unsigned level_bits = 8;
    static constexpr std::size_t levels = 5;
    static constexpr std::size_t slots_per_level = std::size_t{1} << level_bits;
    static constexpr std::uint32_t no_chunk = std::numeric_limits<std::uint32_t>::max();

    struct entry {
        std::uint32_t low = 0;  // lower half of the tick; the slot and the position give the rest
        timer_id id = 0;
    };
    struct chunk {
        std::uint32_t next = no_chunk;
        std::uint32_t count = 0;
        std::array<entry, 31> entries;
    };
    struct slot {
        std::uint32_t head = no_chunk;
        std::uint32_t earliest = 0;  // lower half of the tick, as in entry
    };
    struct level {
        std::array<std::uint64_t, slots_per_level / 64> occupied{};
        std::array<slot, slots_per_level> slots{};
    };
    struct timer {
        tick when = 0;
        timer_id id = 0;
    };

    static tick first_tick_at_or_after(wall_time when) noexcept;
    static tick last_tick_at_or_before(wall_time now) noexcept;
    static wall_time time_of(tick when) noexcept;

    // The first slot that is not empty, at or after the position; nullopt: the level is empty.
    [[nodiscard]] std::optional<std::size_t> first_slot(std::size_t at_level) const noexcept;
    [[nodiscard]] tick slot_start(std::size_t at_level, std::size_t index) const noexcept;
    [[nodiscard]] tick tick_of(std::size_t at_level, std::size_t index, std::uint32_t low) const noexcept;

    void place(timer_id id, tick when);
    void place_outside(timer_id id, tick when);
    [[nodiscard]] std::uint32_t take_chunk();
    // Takes due timers off the wheel, at most `out.size()`, and gives back how many; `work` is what is
    // left of the entries that may be looked at. They are still armed.
    std::size_t collect(tick now, std::size_t& work, std::span<timer> out);
    std::size_t drain_slot(std::size_t at_level, std::size_t index, tick now, std::size_t& work, std::span<timer> out);
    [[nodiscard]] bool anything_at(tick now) const noexcept;
    bool disarm(const timer& fired) noexcept;
    void rebuild();

    tick position_;
    std::array<level, levels> levels_;
    std::size_t in_levels_ = 0;     // entries, stale ones included
    std::vector<timer> outside_;    // heap, earliest first
    paged_vector<tick, 12> armed_;  // by id
    std::size_t armed_count_ = 0;
    paged_vector<chunk, 8> chunks_;
    std::uint32_t free_chunks_ = no_chunk;
};

template <class Sink>
bool timer_wheel::advance(wall_time now, std::size_t limit, Sink&& sink) {
    const auto now_tick = last_tick_at_or_before(now);
    std::array<timer, 64> batch;
    auto work = limit > std::numeric_limits<std::size_t>::max() - moves_per_call ? limit : limit + moves_per_call;
    while (limit > 0 && work > 0) {
        const auto count = collect(now_tick, work, std::span{batch}.first(std::min(limit, batch.size())));
        if (count == 0) {
            break;
        }
        for (const auto& due : std::span{batch}.first(count)) {
            // A sink of this batch may have cancelled or moved it.
            if (disarm(due)) {
                --limit;
                sink(due.id);
            }
        }
    }
    return anything_at(now_tick);
}

}  // namespace punctual::domain
