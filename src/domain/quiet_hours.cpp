#include "domain/quiet_hours.hpp"

#include "domain/moments.hpp"

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;

// The instant at which clocks there show `local`. Guessing with the offset at a nearby instant and
// looking once more is right except inside a DST gap or fold, where it is one of the two readings.
wall_time instant_of(wall_time local, const utc_offset_source& offset_at) {
    const auto guess = local - offset_at(local);
    return local - offset_at(guess);
}

}  // namespace

bool keeps_quiet_hours(const policy& rules, std::size_t reminder) noexcept {
    const auto& rule = rules.reminders[reminder];
    return rule.quiet_hours && rule.before >= rules.quiet_hours.enough_notice;
}

bool quiet_hours_apply(const policy& rules, kind what, channel by) noexcept {
    if (by == channel::email || !is_reminder(what) || reminder_index(what) >= rules.reminders.size()) {
        return false;
    }
    return keeps_quiet_hours(rules, reminder_index(what));
}

quiet_decision decide_quiet_hours(const quiet_hours_rule& rule, wall_time due_at, wall_time starts_at, wall_time now,
                                  const utc_offset_source& offset_at) {
    using verdict = quiet_decision::verdict;
    const auto local = due_at + offset_at(due_at);
    const auto midnight = std::chrono::floor<std::chrono::days>(local);
    const auto time_of_day = local - midnight;
    const auto over_midnight = rule.from > rule.until;
    const auto late = time_of_day >= rule.from;
    const auto early = time_of_day < rule.until;
    const auto quiet = over_midnight ? late || early : late && early;
    if (!quiet) {
        return {.what = verdict::keep, .send_at = due_at};
    }

    // Past `from` the evening before is this very day's, and the morning is tomorrow's.
    const auto evening_day = over_midnight && late ? midnight : midnight - 24h;
    const auto morning_day = over_midnight && late ? midnight + 24h : midnight;
    const auto evening = instant_of(wall_time{evening_day} + rule.moved_to, offset_at);
    if (evening > now) {
        return {.what = verdict::move, .send_at = evening};
    }
    const auto morning = instant_of(wall_time{morning_day} + rule.until, offset_at);
    if (plus(morning, rule.enough_notice) <= starts_at) {
        return {.what = verdict::move, .send_at = morning};
    }
    return {.what = verdict::skip, .send_at = due_at};
}

std::chrono::minutes quiet_hours_lead(const quiet_hours_rule& rule) noexcept {
    // From `moved_to` to the end of quiet, and an hour for a night in which clocks go back.
    const auto evening_to_morning = rule.until - rule.moved_to;
    return (evening_to_morning.count() < 0 ? evening_to_morning + 24h : evening_to_morning) + 1h;
}

}  // namespace punctual::domain
