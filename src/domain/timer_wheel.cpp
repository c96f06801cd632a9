#include "domain/timer_wheel.hpp"

#include "domain/planted_bug.hpp"

#include <bit>
#include <functional>
#include <ratio>

namespace punctual::domain {
namespace {

using tick_duration = std::chrono::duration<std::int64_t, std::milli>;

// Rebuilding below this is not worth the bother.
constexpr std::size_t few_entries = 4096;

}  // namespace

timer_wheel::timer_wheel(wall_time start) : position_{last_tick_at_or_before(start)} {}

timer_wheel::tick timer_wheel::first_tick_at_or_after(wall_time when) noexcept {
    return std::chrono::ceil<tick_duration>(when.time_since_epoch()).count();
}

timer_wheel::tick timer_wheel::last_tick_at_or_before(wall_time now) noexcept {
    return std::chrono::floor<tick_duration>(now.time_since_epoch()).count();
}

wall_time timer_wheel::time_of(tick when) noexcept {
    // The last tick of the time line is rounded up past its end.
    constexpr auto ticks_in_range = std::chrono::floor<tick_duration>(wall_time::max().time_since_epoch()).count();
    return when > ticks_in_range ? wall_time::max() : wall_time{tick_duration{when}};
}

void timer_wheel::schedule(timer_id id, wall_time when) {
    const auto at = first_tick_at_or_after(when);
    while (armed_.size() <= id) {
        armed_.push_back(not_armed);
    }
    auto& armed = armed_[id];
    if (armed == at) {
        return;
    }
    if (armed == not_armed) {
        ++armed_count_;
    }
    armed = at;
    place(id, at);
    if (in_levels_ + outside_.size() > 2 * armed_count_ + few_entries) {
        rebuild();
    }
}

bool timer_wheel::cancel(timer_id id) noexcept {
    if (id >= armed_.size() || armed_[id] == not_armed) {
        return false;
    }
    armed_[id] = not_armed;
    --armed_count_;
    return true;
}

std::optional<wall_time> timer_wheel::armed_for(timer_id id) const noexcept {
    if (id >= armed_.size() || armed_[id] == not_armed) {
        return std::nullopt;
    }
    return time_of(armed_[id]);
}

std::optional<wall_time> timer_wheel::next_deadline() const noexcept {
    if (armed_count_ == 0) {
        return std::nullopt;
    }
    auto earliest = std::numeric_limits<tick>::max();
    if (!outside_.empty()) {
        earliest = outside_.front().when;
    }
    // Every level, not the lowest alone: a slot that is half drained lies at the position itself.
    for (std::size_t at_level = 0; at_level < levels; ++at_level) {
        if (const auto index = first_slot(at_level)) {
            earliest = std::min(earliest, tick_of(at_level, *index, levels_[at_level].slots[*index].earliest));
        }
    }
    return time_of(earliest);
}

std::size_t timer_wheel::memory_bytes() const noexcept {
    return sizeof(*this) + armed_.memory_bytes() + chunks_.memory_bytes() + outside_.capacity() * sizeof(timer);
}

std::optional<std::size_t> timer_wheel::first_slot(std::size_t at_level) const noexcept {
    const auto& occupied = levels_[at_level].occupied;
    const auto from = (static_cast<std::uint64_t>(position_) >> (level_bits * at_level)) & (slots_per_level - 1);
    auto word = from / 64;
    auto bits = occupied[word] & (~std::uint64_t{0} << (from % 64));
    while (bits == 0) {
        if (++word == occupied.size()) {
            return std::nullopt;
        }
        bits = occupied[word];
    }
    return word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
}

timer_wheel::tick timer_wheel::slot_start(std::size_t at_level, std::size_t index) const noexcept {
    const auto shift = level_bits * at_level;
    const auto above = static_cast<std::uint64_t>(position_) >> (shift + level_bits) << (shift + level_bits);
    return static_cast<tick>(above | (static_cast<std::uint64_t>(index) << shift));
}

timer_wheel::tick timer_wheel::tick_of(std::size_t at_level, std::size_t index, std::uint32_t low) const noexcept {
    constexpr std::uint64_t low_half = 0xffffffff;
    const auto start = static_cast<std::uint64_t>(slot_start(at_level, index));
    return static_cast<tick>((start & ~low_half) | low);
}

void timer_wheel::place(timer_id id, tick when) {
    if (when <= position_) {
        place_outside(id, when);
        return;
    }
    const auto difference = static_cast<std::uint64_t>(when) ^ static_cast<std::uint64_t>(position_);
    const auto at_level = (static_cast<std::size_t>(std::bit_width(difference)) - 1) / level_bits;
    if (at_level >= levels) {
        place_outside(id, when);
        return;
    }
    const auto index = (static_cast<std::uint64_t>(when) >> (level_bits * at_level)) & (slots_per_level - 1);
    const auto low = static_cast<std::uint32_t>(static_cast<std::uint64_t>(when));
    auto& to = levels_[at_level].slots[index];
    if (to.head == no_chunk) {
        to.earliest = low;
        levels_[at_level].occupied[index / 64] |= std::uint64_t{1} << (index % 64);
    } else {
        to.earliest = std::min(to.earliest, low);
    }
    if (to.head == no_chunk || chunks_[to.head].count == chunks_[to.head].entries.size()) {
        const auto fresh = take_chunk();
        chunks_[fresh].next = to.head;
        to.head = fresh;
    }
    auto& head = chunks_[to.head];
    head.entries[head.count++] = {.low = low, .id = id};
    ++in_levels_;
}

void timer_wheel::place_outside(timer_id id, tick when) {
    outside_.push_back({.when = when, .id = id});
    std::ranges::push_heap(outside_, std::ranges::greater{}, &timer::when);
}

std::uint32_t timer_wheel::take_chunk() {
    if (free_chunks_ == no_chunk) {
        chunks_.push_back({});
        return static_cast<std::uint32_t>(chunks_.size() - 1);
    }
    const auto taken = free_chunks_;
    free_chunks_ = chunks_[taken].next;
    chunks_[taken].count = 0;
    return taken;
}

std::size_t timer_wheel::collect(tick now, std::size_t& work, std::span<timer> out) {
    std::size_t count = 0;
    while (count < out.size() && work > 0) {
        if (!outside_.empty() && outside_.front().when <= now) {
            std::ranges::pop_heap(outside_, std::ranges::greater{}, &timer::when);
            const auto top = outside_.back();
            outside_.pop_back();
            --work;
            if (armed_[top.id] == top.when) {
                out[count++] = top;
            }
            continue;
        }
        auto drained = false;
        for (std::size_t at_level = 0; at_level < levels && !drained; ++at_level) {
            const auto index = first_slot(at_level);
            if (index && slot_start(at_level, *index) <= now) {
                // Levels below hold nothing that starts by `now`, so nothing is passed over.
                position_ = std::max(position_, slot_start(at_level, *index));
                count += drain_slot(at_level, *index, now, work, out.subspan(count));
                drained = true;
            }
        }
        if (!drained) {
            // Behind a clock that was stepped back the position waits, unless nothing depends on it.
            if (now > position_ || in_levels_ == 0) {
                position_ = now;
            }
            break;
        }
    }
    return count;
}

std::size_t timer_wheel::drain_slot(std::size_t at_level, std::size_t index, tick now, std::size_t& work,
                                    std::span<timer> out) {
    auto& from = levels_[at_level].slots[index];
    auto& head = chunks_[from.head];
    const auto taken = std::min({static_cast<std::size_t>(head.count), work, out.size()});
    // A copy: moving timers down may take chunks.
    std::array<entry, 31> entries;
    std::copy_n(head.entries.begin() + static_cast<std::ptrdiff_t>(head.count - taken), taken, entries.begin());
    head.count -= static_cast<std::uint32_t>(taken);
    if (head.count == 0) {
        const auto emptied = from.head;
        from.head = head.next;
        head.next = free_chunks_;
        free_chunks_ = emptied;
        if (from.head == no_chunk) {
            levels_[at_level].occupied[index / 64] &= ~(std::uint64_t{1} << (index % 64));
        }
    }
    in_levels_ -= taken;
    work -= taken;

    std::size_t count = 0;
    for (const auto& [low, id] : std::span{entries}.first(taken)) {
        const auto when = tick_of(at_level, index, low);
        if (armed_[id] != when) {
            continue;
        }
        if (when <= now) {
            out[count++] = {.when = when, .id = id};
        } else if (!planted_bug::is(planted_bug::mistake::wheel_loses_moved_timers)) {
            place(id, when);
        }
    }
    return count;
}

bool timer_wheel::anything_at(tick now) const noexcept {
    if (!outside_.empty() && outside_.front().when <= now) {
        return true;
    }
    for (std::size_t at_level = 0; at_level < levels; ++at_level) {
        if (const auto index = first_slot(at_level); index && slot_start(at_level, *index) <= now) {
            return true;
        }
    }
    return false;
}

bool timer_wheel::disarm(const timer& fired) noexcept {
    if (armed_[fired.id] != fired.when) {
        return false;
    }
    armed_[fired.id] = not_armed;
    --armed_count_;
    return true;
}

void timer_wheel::rebuild() {
    for (auto& each : levels_) {
        each = level{};
    }
    in_levels_ = 0;
    outside_.clear();
    free_chunks_ = no_chunk;
    for (std::size_t index = chunks_.size(); index-- > 0;) {
        chunks_[index].next = free_chunks_;
        free_chunks_ = static_cast<std::uint32_t>(index);
    }
    for (std::size_t id = 0; id < armed_.size(); ++id) {
        if (armed_[id] != not_armed) {
            place(static_cast<timer_id>(id), armed_[id]);
        }
    }
}

}  // namespace punctual::domain
