#include "domain/schedule.hpp"

#include "domain/planted_bug.hpp"

#include <algorithm>
#include <bit>

namespace punctual::domain {
namespace {

constexpr std::size_t fewest_cells = 64;
constexpr std::int64_t longest_visit = (1 << 20) - 1;  // minutes

// Linear probing stays short below this.
constexpr std::size_t cells_for(std::size_t appointments) {
    return appointments + appointments / 2;
}

std::chrono::seconds too_early() noexcept {
    return std::chrono::seconds{planted_bug::is(planted_bug::mistake::fires_early) ? 3 : 0};
}

}  // namespace

schedule::schedule(const policy& rules, wall_time now) : rules_{rules}, plan_{rules}, wheel_{now} {
    grow_table(fewest_cells);
}

void schedule::reserve(std::size_t appointments) {
    const auto cells = std::bit_ceil(cells_for(appointments));
    if (cells > table_.size()) {
        grow_table(cells);
    }
}

upserted schedule::upsert(const scheduled_visit& visit, wall_time now) {
    const auto minutes = std::clamp<std::int64_t>(visit.duration.count(), 0, longest_visit);
    const auto starts_at = visit.starts_at.time_since_epoch().count();
    auto which = table_[cell_of(visit.appointment)];
    const auto held = which != none;
    if (held) {
        auto& old = records_[which];
        old.mark = sweep_mark_;
        if (visit.version < old.version) {
            return upserted::stale;
        }
        if (planted_bug::is(planted_bug::mistake::new_version_ignored)) {
            return upserted::unchanged;
        }
        if (visit.version == old.version && starts_at == old.starts_at && minutes == old.minutes &&
            visit.telehealth == (old.telehealth != 0) && visit.open == (old.open != 0)) {
            return upserted::unchanged;
        }
    }

    // Moments in the order of time: those before the booking are the first ones.
    std::size_t next = 0;
    auto catch_up = false;
    const auto count = plan_.count(visit.telehealth, visit.open);
    for (; next < count; ++next) {
        const auto passed = plan_.at(visit, next);
        if (passed.at >= visit.booked_at) {
            break;
        }
        catch_up = catch_up || (catches_up(passed) && now < passed.useless_after);
    }
    if (next == count) {
        if (held) {
            erase(which);
        }
        return upserted::finished;
    }

    if (!held) {
        which = add(visit.appointment);
    }
    auto& fresh = records_[which];
    fresh.starts_at = starts_at;
    fresh.version = visit.version;
    fresh.minutes = static_cast<std::uint32_t>(minutes) & 0xfffffU;
    fresh.next = static_cast<std::uint32_t>(next) & 0xffU;
    fresh.telehealth = visit.telehealth ? 1 : 0;
    fresh.open = visit.open ? 1 : 0;
    fresh.catch_up = catch_up ? 1 : 0;
    fresh.mark = sweep_mark_;
    arm(which, now);
    return held ? upserted::updated : upserted::inserted;
}

bool schedule::remove(appointment_id id) {
    const auto which = table_[cell_of(id)];
    if (which == none) {
        return false;
    }
    erase(which);
    return true;
}

void schedule::clear() {
    for (number which = 0; which < records_.size(); ++which) {
        if (records_[which].version != vacant) {
            erase(which);
        }
    }
}

std::optional<scheduled_visit> schedule::find(appointment_id id) const {
    const auto which = table_[cell_of(id)];
    if (which == none) {
        return std::nullopt;
    }
    return visit_of(records_[which]);
}

bool schedule::fire(wall_time now, std::size_t limit, std::vector<due_moment>& due) {
    return wheel_.advance(now, limit, [&](timer_wheel::timer_id which) { fire_one(which, now, due); });
}

std::size_t schedule::finish_sweep() {
    std::size_t removed = 0;
    for (number which = 0; which < records_.size(); ++which) {
        if (records_[which].version != vacant && records_[which].mark != sweep_mark_) {
            erase(which);
            ++removed;
        }
    }
    return removed;
}

std::size_t schedule::memory_bytes() const noexcept {
    return sizeof(*this) - sizeof(wheel_) + wheel_.memory_bytes() + records_.memory_bytes() +
           table_.capacity() * sizeof(number);
}

scheduled_visit schedule::visit_of(const record& held) noexcept {
    return {.appointment = held.id,
            .starts_at = wall_time{std::chrono::microseconds{held.starts_at}},
            .duration = std::chrono::minutes{held.minutes},
            .version = held.version,
            .telehealth = held.telehealth != 0,
            .open = held.open != 0,
            .booked_at = {}};
}

std::size_t schedule::home_of(appointment_id id) const noexcept {
    // Fibonacci hashing: ids in a row are spread, and so are ids in steps of a power of two.
    auto bits = static_cast<std::uint64_t>(id);
    bits ^= bits >> 32;
    bits *= 0x9e3779b97f4a7c15;
    return bits >> (64 - static_cast<unsigned>(std::countr_zero(table_.size())));
}

std::size_t schedule::cell_of(appointment_id id) const noexcept {
    auto cell = home_of(id);
    while (table_[cell] != none && records_[table_[cell]].id != id) {
        cell = (cell + 1) & (table_.size() - 1);
    }
    return cell;
}

void schedule::grow_table(std::size_t cells) {
    table_.assign(cells, none);
    table_.shrink_to_fit();
    for (number which = 0; which < records_.size(); ++which) {
        if (records_[which].version != vacant) {
            table_[cell_of(records_[which].id)] = which;
        }
    }
}

schedule::number schedule::add(appointment_id id) {
    if (cells_for(size_ + 1) > table_.size()) {
        grow_table(table_.size() * 2);
    }
    auto which = first_vacant_;
    if (which != none) {
        first_vacant_ = static_cast<number>(records_[which].id);
        records_[which] = record{};
    } else {
        which = static_cast<number>(records_.size());
        records_.push_back({});
    }
    records_[which].id = id;
    table_[cell_of(id)] = which;
    ++size_;
    return which;
}

void schedule::erase(number which) {
    wheel_.cancel(which);
    const auto mask = table_.size() - 1;
    auto hole = cell_of(records_[which].id);
    table_[hole] = none;
    // Whatever a probe reached by passing the hole moves into it.
    for (auto cell = (hole + 1) & mask; table_[cell] != none; cell = (cell + 1) & mask) {
        const auto home = home_of(records_[table_[cell]].id);
        if (((cell - home) & mask) >= ((cell - hole) & mask)) {
            table_[hole] = table_[cell];
            table_[cell] = none;
            hole = cell;
        }
    }
    records_[which] = record{};
    records_[which].id = first_vacant_;
    records_[which].version = vacant;
    first_vacant_ = which;
    --size_;
}

void schedule::arm(number which, wall_time now) {
    const auto& held = records_[which];
    const auto at = plan_.at(visit_of(held), held.next).at;
    wheel_.schedule(which, held.catch_up != 0 ? std::min(now, at) : at - too_early());
}

void schedule::fire_one(number which, wall_time now, std::vector<due_moment>& due) {
    auto& held = records_[which];
    const auto visit = visit_of(held);
    const auto count = plan_.count(visit.telehealth, visit.open);
    if (held.catch_up != 0) {
        // Nothing has been fired of it yet: what lies before `next` passed before the booking.
        held.catch_up = 0;
        for (std::size_t passed = 0; passed < held.next; ++passed) {
            const auto what = plan_.at(visit, passed);
            if (catches_up(what) && now < what.useless_after) {
                due.push_back({.visit = visit, .what = what});
            }
        }
    }
    std::size_t next = held.next;
    for (; next < count; ++next) {
        const auto what = plan_.at(visit, next);
        if (what.at > now + too_early()) {
            break;
        }
        const auto useless = now >= what.useless_after;
        if (what.what == moment_type::reminder || !useless) {
            due.push_back({.visit = visit, .what = what, .expired = useless});
        }
    }
    if (next == count) {
        erase(which);
        return;
    }
    held.next = static_cast<std::uint32_t>(next) & 0xffU;
    if (!planted_bug::is(planted_bug::mistake::next_moment_not_armed)) {
        arm(which, now);
    }
}

}  // namespace punctual::domain
