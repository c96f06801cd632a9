#include "domain/planning.hpp"

#include "domain/planted_bug.hpp"

#include <algorithm>

namespace punctual::domain {
namespace {

bool expected(const appointment_image& image) noexcept {
    return image.status == appointment_status::scheduled || image.status == appointment_status::confirmed;
}

// The clinic has said that it was held, or that somebody did not come.
bool is_over(appointment_status status) noexcept {
    return status == appointment_status::completed || status == appointment_status::no_show;
}

wall_time end_of(const appointment_image& image) noexcept {
    return plus(image.what.starts_at, image.what.duration);
}

// scheduled and confirmed tell people the same.
bool same_for_people(const appointment_image& left, const appointment_image& right) noexcept {
    using planted_bug::mistake;
    return (left.what == right.what || planted_bug::is(mistake::move_not_told)) &&
           (left.patient == right.patient || planted_bug::is(mistake::patient_change_not_told)) &&
           left.psychologist == right.psychologist;
}

person_id person_in(const appointment_image& image, role which) noexcept {
    return which == role::patient ? image.patient : image.psychologist;
}

const std::vector<channel>& channels_of(const audience& to, role which) noexcept {
    switch (which) {
        case role::patient:
            return to.patient;
        case role::psychologist:
            return to.psychologist;
        default:
            return to.clinic;
    }
}

// Everybody but the clinic is found by role, in the appointment's row as it then stands.
std::optional<person_id> by_role(role which) noexcept {
    return which == role::clinic ? std::optional{person_id{0}} : std::nullopt;
}

// Writes the rows of one change.
class notice_writer {
public:
    notice_writer(const appointment_change& change, const policy& rules, wall_time now)
        : change_{change}, rules_{rules}, now_{now} {}

    // Gives back whether the notice still goes out.
    bool write(kind what, role to, std::optional<person_id> who, wall_time useless_after) {
        if (change_.changed_at >= useless_after) {
            return false;
        }
        auto row = make_row(what, to, who);
        row.due_at = change_.changed_at;
        row.useless_after = useless_after;
        row.state = now_ >= useless_after ? delivery_state::expired : delivery_state::claimed;
        for (const auto by : channels(what, to)) {
            row.channel = by;
            plan_.deliveries.push_back(row);
        }
        return row.state == delivery_state::claimed;
    }

    void write_reminders_booked_inside() {
        const auto& visit = change_.now->what;
        for (std::size_t index = 0; index < rules_.reminders.size(); ++index) {
            const auto due_at = reminder_due_at(rules_, index, visit.starts_at);
            if (due_at >= change_.changed_at) {
                continue;
            }
            for (const auto to : {role::patient, role::psychologist, role::clinic}) {
                auto row = make_row(reminder_kind(index), to, by_role(to));
                row.due_at = due_at;
                row.useless_after = reminder_useless_after(rules_, index, visit.starts_at);
                row.state = delivery_state::skipped;
                row.reason = reason::booked_inside_window;
                for (const auto by : channels_of(rules_.reminders[index].to, to)) {
                    row.channel = by;
                    plan_.deliveries.push_back(row);
                }
            }
        }
    }

    [[nodiscard]] notice_plan finish(bool told) {
        if (told) {
            plan_.told = change_.now;
        }
        return std::move(plan_);
    }

    // The row is gone: people know it as cancelled.
    [[nodiscard]] notice_plan finish_cancelled(bool told) {
        if (told) {
            plan_.told = change_.now ? change_.now : change_.told;
            plan_.told->status = appointment_status::cancelled;
        }
        return std::move(plan_);
    }

private:
    [[nodiscard]] planned_delivery make_row(kind what, role to, std::optional<person_id> who) const {
        planned_delivery row;
        row.appointment = change_.appointment;
        row.version = change_.version;
        row.kind = what;
        row.recipient_role = to;
        row.recipient = who;
        return row;
    }

    [[nodiscard]] std::vector<channel> channels(kind what, role to) const {
        auto chosen = channels_of(audience_of(rules_, what), to);
        // So near to the start that its reminders are past: e-mail alone might be read too late.
        const auto short_notice = what == kind::confirmation && to == role::patient && change_.now &&
                                  change_.now->what.starts_at < plus(change_.changed_at, rules_.short_notice);
        if (short_notice && !chosen.empty() && std::ranges::find(chosen, channel::whatsapp) == chosen.end()) {
            chosen.push_back(channel::whatsapp);
        }
        return chosen;
    }

    const appointment_change& change_;
    const policy& rules_;
    wall_time now_;
    notice_plan plan_;
};

notice_plan plan_booking(notice_writer& notices, const appointment_image& booked) {
    const auto useless_after = end_of(booked);
    const auto told = notices.write(kind::confirmation, role::patient, std::nullopt, useless_after);
    notices.write(kind::confirmation, role::psychologist, std::nullopt, useless_after);
    notices.write(kind::confirmation, role::clinic, by_role(role::clinic), useless_after);
    if (told) {
        notices.write_reminders_booked_inside();
    }
    return notices.finish(told);
}

notice_plan plan_cancellation(notice_writer& notices, const appointment_image& former) {
    // By name of the person who was told: the row is gone, or another stands in it by now.
    const auto useless_after = end_of(former);
    const auto told = notices.write(kind::cancellation, role::patient, former.patient, useless_after);
    notices.write(kind::cancellation, role::psychologist, former.psychologist, useless_after);
    notices.write(kind::cancellation, role::clinic, by_role(role::clinic), useless_after);
    return notices.finish_cancelled(told);
}

// What was over already is tidied up: nobody is to hear that it is off. A word for it that comes before the start is
// meant for those who would still come.
bool is_put_away(const appointment_change& change) noexcept {
    const auto over = change.before && is_over(*change.before);
    return over && (!change.now || change.changed_at >= change.now->what.starts_at);
}

notice_plan plan_alteration(notice_writer& notices, const appointment_image& former, const appointment_image& altered) {
    const auto useless_after = end_of(altered);
    auto told = false;
    for (const auto which : {role::patient, role::psychologist}) {
        if (person_in(former, which) == person_in(altered, which)) {
            told = notices.write(kind::reschedule, which, std::nullopt, useless_after) || told;
        } else {
            told = notices.write(kind::confirmation, which, std::nullopt, useless_after) || told;
            notices.write(kind::cancellation, which, person_in(former, which), end_of(former));
        }
    }
    notices.write(kind::reschedule, role::clinic, by_role(role::clinic), useless_after);
    if (told) {
        notices.write_reminders_booked_inside();
    }
    return notices.finish(told);
}

}  // namespace

notice_plan plan_notices(const appointment_change& change, const policy& rules, wall_time now) {
    notice_writer notices{change, rules, now};
    const auto expected_before = change.told && expected(*change.told);
    const auto expected_now = change.now && expected(*change.now);
    if (!expected_before) {
        if (expected_now) {
            return plan_booking(notices, *change.now);
        }
        // Booked as cancelled or completed: if it is opened later, that is its booking.
        return notices.finish(change.now && !change.told);
    }
    if (!change.now || change.now->status == appointment_status::cancelled) {
        return is_put_away(change) ? notices.finish_cancelled(true) : plan_cancellation(notices, *change.told);
    }
    if (!expected_now || same_for_people(*change.told, *change.now)) {
        return notices.finish(false);
    }
    return plan_alteration(notices, *change.told, *change.now);
}

}  // namespace punctual::domain
