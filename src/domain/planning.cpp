#include "domain/planning.hpp"

#include "domain/planted_bug.hpp"

#include <algorithm>

namespace punctual::domain {
namespace {

// "Is waiting" is not said of what was so long ago.
constexpr std::chrono::seconds nudge_useful_for = std::chrono::minutes{10};

void add_rows(std::vector<planned_delivery>& rows, const planned_delivery& row, role to,
              const std::vector<channel>& channels) {
    for (const auto by : channels) {
        auto& added = rows.emplace_back(row);
        added.recipient_role = to;
        added.channel = by;
    }
}

void add_rows(std::vector<planned_delivery>& rows, const planned_delivery& row, const audience& to) {
    add_rows(rows, row, role::patient, to.patient);
    if (!planted_bug::is(planted_bug::mistake::psychologist_not_reminded)) {
        add_rows(rows, row, role::psychologist, to.psychologist);
    }
    auto clinic = row;
    clinic.recipient = person_id{0};
    add_rows(rows, clinic, role::clinic, to.clinic);
}

planned_delivery reminder_row(const scheduled_visit& visit, const moment& what) {
    planned_delivery row;
    row.appointment = visit.appointment;
    row.version = visit.version - (planted_bug::is(planted_bug::mistake::planned_under_old_version) ? 1 : 0);
    row.kind = reminder_kind(what.reminder);
    row.due_at = what.at;
    row.useless_after = what.useless_after;
    return row;
}

}  // namespace

wall_time reminder_due_at(const policy& rules, std::size_t reminder, wall_time starts_at) noexcept {
    return plus(starts_at, -rules.reminders[reminder].before);
}

wall_time reminder_useless_after(const policy& rules, std::size_t reminder, wall_time starts_at) noexcept {
    if (reminder + 1 == rules.reminders.size()) {
        return plus(starts_at, rules.last_reminder_grace);
    }
    return reminder_due_at(rules, reminder + 1, starts_at);
}

std::vector<planned_delivery> plan_reminders(const due_moment& due, const policy& rules, wall_time now) {
    std::vector<planned_delivery> rows;
    if (due.what.what != moment_type::reminder || !due.visit.open || due.what.reminder >= rules.reminders.size()) {
        return rows;
    }
    auto row = reminder_row(due.visit, due.what);
    if (due.expired || now >= row.useless_after) {
        row.state = delivery_state::expired;
    }
    add_rows(rows, row, rules.reminders[due.what.reminder].to);
    return rows;
}

std::vector<planned_delivery> plan_reminders(const scheduled_visit& visit, const policy& rules, wall_time now) {
    std::vector<planned_delivery> rows;
    if (!visit.open) {
        return rows;
    }
    for (const auto& what : moments_of(visit, rules)) {
        if (what.what != moment_type::reminder) {
            continue;
        }
        auto row = reminder_row(visit, what);
        if (booked_inside(what, visit.booked_at)) {
            row.state = delivery_state::skipped;
            row.reason = reason::booked_inside_window;
        } else if (now >= what.useless_after) {
            row.state = delivery_state::expired;
        } else if (now < what.at) {
            row.state = delivery_state::retrying;
            row.next_attempt_at = what.at;
        }
        add_rows(rows, row, rules.reminders[what.reminder].to);
    }
    return rows;
}

void add_quiet_rows(std::vector<planned_delivery>& rows, const scheduled_visit& visit, const policy& rules,
                    std::size_t reminder, role to, const quiet_decision& decided) {
    if (decided.what == quiet_decision::verdict::keep || !visit.open) {
        return;
    }
    planned_delivery row;
    row.appointment = visit.appointment;
    row.version = visit.version;
    row.kind = reminder_kind(reminder);
    row.due_at = reminder_due_at(rules, reminder, visit.starts_at);
    row.useless_after = reminder_useless_after(rules, reminder, visit.starts_at);
    if (decided.what == quiet_decision::verdict::skip) {
        row.state = delivery_state::skipped;
        row.reason = reason::quiet_hours;
    } else {
        row.state = delivery_state::retrying;
        row.due_at = row.next_attempt_at = decided.send_at;
    }
    const auto& audience = rules.reminders[reminder].to;
    for (const auto by : to == role::patient ? audience.patient : audience.psychologist) {
        if (by != channel::email) {
            row.channel = by;
            row.recipient_role = to;
            rows.push_back(row);
        }
    }
}

std::vector<planned_delivery> plan_staff_alert(const scheduled_visit& visit, const policy& rules, wall_time now) {
    std::vector<planned_delivery> rows;
    if (!visit.open || now >= visit.starts_at) {
        return rows;
    }
    planned_delivery row;
    row.appointment = visit.appointment;
    row.version = visit.version;
    row.kind = kind::staff_alert;
    row.due_at = plus(visit.starts_at, -rules.staff_alert_before);
    row.useless_after = visit.starts_at;
    add_rows(rows, row, rules.staff_alert);
    return rows;
}

std::vector<planned_delivery> plan_nudge(const scheduled_visit& visit, const policy& rules, role absent,
                                         wall_time now) {
    std::vector<planned_delivery> rows;
    const auto all = moments_of(visit, rules);
    const auto at = std::ranges::find(all, moment_type::nudge, &moment::what);
    if (at == all.end() || now < at->at || now >= at->useless_after) {
        return rows;
    }
    planned_delivery row;
    row.appointment = visit.appointment;
    row.version = visit.version;
    row.kind = kind::nudge;
    row.due_at = now;
    row.useless_after = std::min(plus(now, nudge_useful_for), at->useless_after);
    audience to;
    if (absent == role::patient) {
        to.patient = rules.nudge.patient;
    } else {
        to.psychologist = rules.nudge.psychologist;
        to.clinic = rules.nudge.clinic;
    }
    add_rows(rows, row, to);
    return rows;
}

}  // namespace punctual::domain
