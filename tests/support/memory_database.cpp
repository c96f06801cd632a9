#include "support/memory_store.hpp"

#include <algorithm>
#include <utility>

namespace punctual::test {

domain::person_id memory_database::add_person(domain::person who) {
    who.id = ++last_id;
    const auto id = who.id;
    people.emplace(id, std::move(who));
    return id;
}

domain::appointment_id memory_database::book(domain::appointment_image image, wall_time now) {
    const auto id = ++last_id;
    appointments.emplace(id, std::move(image));
    booked_at[id] = now;
    append(id, std::nullopt, false, true, now);
    return id;
}

void memory_database::change_to(domain::appointment_id id, domain::appointment_image image, wall_time now) {
    auto& row = appointments.at(id);
    if (row == image) {
        return;
    }
    // As punctual.raises_version has it.
    const auto off = [](const domain::appointment_image& one) {
        return one.status == domain::appointment_status::cancelled;
    };
    const bool raises = row.what != image.what || row.patient != image.patient ||
                        row.psychologist != image.psychologist || off(row) != off(image);
    auto old = std::exchange(row, std::move(image));
    append(id, std::move(old), raises, false, now);
}

void memory_database::remove(domain::appointment_id id, wall_time now) {
    auto old = appointments.at(id);
    appointments.erase(id);
    append(id, std::move(old), true, false, now);
}

void memory_database::person_changed(domain::person_id id, wall_time now) {
    change made;
    made.id = static_cast<std::int64_t>(changes.size()) + 1;
    made.at = now;
    made.handled = true;
    made.person = id;
    changes.push_back(std::move(made));
    if (bell) {
        bell();
    }
}

std::int32_t memory_database::version_of(domain::appointment_id id) const {
    std::int32_t version = 0;
    for (const auto& one : unsettled()) {
        if (one.appointment == id && !one.handled) {
            version = std::max(version, one.version);
        }
    }
    const auto state = states.find(id);
    return std::max({version, state == states.end() ? 0 : state->second.version, 1});
}

wall_time memory_database::version_at(domain::appointment_id id) const {
    const auto state = states.find(id);
    const auto settled = state == states.end() ? 0 : state->second.version;
    std::int32_t newest = 0;
    bool booked = false;
    wall_time at{};
    for (const auto& one : unsettled()) {
        if (one.appointment != id || one.handled) {
            continue;
        }
        booked = booked || one.booked;
        if (one.version > newest) {
            newest = one.version;
            at = one.at;
        }
    }
    if (booked || newest > std::max(settled, 1)) {
        return at;
    }
    if (settled > 0) {
        return state->second.version_at;
    }
    const auto made = booked_at.find(id);
    return made != booked_at.end() ? made->second : at;
}

std::vector<const memory_database::delivery*> memory_database::deliveries_of(domain::appointment_id id) const {
    std::vector<const delivery*> found;
    for (const auto& [key, row] : deliveries) {
        if (row.plan.appointment == id) {
            found.push_back(&row);
        }
    }
    return found;
}

const std::vector<memory_database::delivery*>& memory_database::waiting() {
    const auto over = [](const delivery& row) {
        const bool falls_back = row.state == domain::delivery_state::accepted && row.fallback_at;
        return row.state != domain::delivery_state::claimed && row.state != domain::delivery_state::retrying &&
               !falls_back;
    };
    if (waiting_of_ != deliveries.size()) {
        waiting_.clear();
        for (auto& [id, row] : deliveries) {
            waiting_.push_back(&row);
        }
        waiting_of_ = deliveries.size();
    }
    std::erase_if(waiting_, [&](const auto* row) { return over(*row); });
    return waiting_;
}

void memory_database::lose_commits_since(const memory_database& was) {
    appointments = was.appointments;
    booked_at = was.booked_at;
    states = was.states;
    changes = was.changes;
    deliveries = was.deliveries;
    keys = was.keys;
    waiting_.clear();
    waiting_of_ = 0;
    settled_ = 0;
}

std::span<const memory_database::change> memory_database::unsettled() const {
    while (settled_ < changes.size() && changes[settled_].handled) {
        ++settled_;
    }
    return std::span{changes}.subspan(settled_);
}

void memory_database::append(domain::appointment_id id, std::optional<domain::appointment_image> old, bool raises,
                             bool booked, wall_time now) {
    change made;
    made.id = static_cast<std::int64_t>(changes.size()) + 1;
    made.appointment = id;
    made.version = version_of(id) + (raises ? 1 : 0);
    made.old = std::move(old);
    made.at = now;
    made.booked = booked;
    changes.push_back(std::move(made));
    if (bell) {
        bell();
    }
}

}  // namespace punctual::test
