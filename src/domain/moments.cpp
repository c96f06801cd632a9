#include "domain/moments.hpp"

#include "domain/quiet_hours.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <tuple>

namespace punctual::domain {
namespace {

constexpr auto never = std::chrono::seconds::max();

// A kind is a byte and a record's cursor is another.
constexpr std::size_t most_reminders = 200;

bool sends_texts(const audience& to) noexcept {
    const auto has_text = [](const std::vector<channel>& channels) {
        return std::ranges::any_of(channels, [](channel by) { return by != channel::email; });
    };
    return has_text(to.patient) || has_text(to.psychologist);
}

wall_time point(const scheduled_visit& visit, bool from_end, std::chrono::seconds offset) noexcept {
    if (offset == never) {
        return wall_time::max();
    }
    const auto anchor = from_end ? plus(visit.starts_at, visit.duration) : visit.starts_at;
    return plus(anchor, offset);
}

}  // namespace

wall_time plus(wall_time when, std::chrono::microseconds offset) noexcept {
    if (offset.count() >= 0) {
        return when > wall_time::max() - offset ? wall_time::max() : when + offset;
    }
    return when < wall_time::min() - offset ? wall_time::min() : when + offset;
}

moment_plan::moment_plan(const policy& rules) {
    if (rules.reminders.size() > most_reminders) {
        throw std::invalid_argument{"more than 200 reminders in the plan"};
    }
    std::vector<offset> common;
    for (std::size_t index = 0; index < rules.reminders.size(); ++index) {
        const auto last = index + 1 == rules.reminders.size();
        common.push_back({.what = moment_type::reminder,
                          .reminder = static_cast<std::uint8_t>(index),
                          .from_end = false,
                          .when = -rules.reminders[index].before,
                          .useless_from_end = false,
                          .useless = last ? rules.last_reminder_grace : -rules.reminders[index + 1].before});
    }
    for (std::size_t index = 0; index < rules.reminders.size(); ++index) {
        const auto& reminder = rules.reminders[index];
        if (keeps_quiet_hours(rules, index) && sends_texts(reminder.to)) {
            common.push_back({.what = moment_type::quiet_texts,
                              .reminder = static_cast<std::uint8_t>(index),
                              .from_end = false,
                              .when = -reminder.before - quiet_hours_lead(rules.quiet_hours),
                              .useless_from_end = false,
                              .useless = -reminder.before});
        }
    }
    common.push_back({moment_type::staff_alert, 0, false, -rules.staff_alert_before, false, std::chrono::seconds{0}});
    const offset clean_up{moment_type::clean_up, 0, true, rules.clean_up_after_end, true, never};

    telehealth_ = common;
    // A visit that has ended needs none of our making: whoever comes back within the join window makes it by the click.
    telehealth_.push_back({moment_type::make_room, 0, false, -rules.room_before, true, std::chrono::seconds{0}});
    const auto& nudged = rules.nudge;
    if (!nudged.patient.empty() || !nudged.psychologist.empty() || !nudged.clinic.empty()) {
        // From then on, until the end: whoever comes late may find nobody there too.
        telehealth_.push_back({moment_type::nudge, 0, false, rules.nudge_after, true, std::chrono::seconds{0}});
    }
    telehealth_.push_back({moment_type::end_check, 0, true, rules.join_after_end, true, never});
    in_person_ = std::move(common);
    in_person_.push_back({moment_type::end_check, 0, true, rules.complete_in_person_after_end, true, never});
    for (auto* each : {&telehealth_, &in_person_}) {
        std::ranges::sort(*each, {},
                          [](const offset& one) { return std::tuple{one.from_end, one.when, one.what, one.reminder}; });
    }
    // The record goes with the clean-up, so it comes last, whatever the configuration says.
    const auto last_check = std::max(rules.clean_up_after_end, rules.join_after_end);
    const auto last_check_in_person = std::max(rules.clean_up_after_end, rules.complete_in_person_after_end);
    closed_ = {clean_up};
    telehealth_.push_back({moment_type::clean_up, 0, true, last_check, true, never});
    in_person_.push_back({moment_type::clean_up, 0, true, last_check_in_person, true, never});
}

const std::vector<moment_plan::offset>& moment_plan::offsets(bool telehealth, bool open) const noexcept {
    if (!open) {
        return closed_;
    }
    return telehealth ? telehealth_ : in_person_;
}

std::size_t moment_plan::count(bool telehealth, bool open) const noexcept {
    return offsets(telehealth, open).size();
}

moment moment_plan::at(const scheduled_visit& visit, std::size_t index) const noexcept {
    const auto& found = offsets(visit.telehealth, visit.open)[index];
    moment made{.what = found.what,
                .reminder = found.reminder,
                .at = point(visit, found.from_end, found.when),
                .useless_after = point(visit, found.useless_from_end, found.useless)};
    if (made.what == moment_type::nudge) {
        // A visit may be over before it: then it is of no use, and what counts from the end stays behind it.
        const auto end = plus(visit.starts_at, visit.duration);
        made.at = std::min(made.at, end);
    }
    return made;
}

std::vector<moment> moments_of(const scheduled_visit& visit, const policy& rules) {
    const moment_plan plan{rules};
    const auto count = plan.count(visit.telehealth, visit.open);
    std::vector<moment> all;
    all.reserve(count);
    for (std::size_t index = 0; index < count; ++index) {
        all.push_back(plan.at(visit, index));
    }
    return all;
}

bool catches_up(const moment& what) noexcept {
    return what.what == moment_type::make_room || what.what == moment_type::quiet_texts ||
           what.what == moment_type::nudge;
}

bool booked_inside(const moment& what, wall_time booked_at) noexcept {
    return (what.what == moment_type::reminder || what.what == moment_type::staff_alert) && what.at < booked_at;
}

}  // namespace punctual::domain
