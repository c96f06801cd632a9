#include "support/simulation/invariants.hpp"

#include "domain/planning.hpp"
#include "jobs/night.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using domain::delivery_state;
using domain::reason;

// A look at leases every five seconds, a reconnection, a statement.
constexpr auto take_over_time = 20s;
// The longest back-off, a probe, and a take-over.
constexpr auto time_to_try = 8min;

bool is_open(const domain::appointment_image& image) {
    return image.status == domain::appointment_status::scheduled ||
           image.status == domain::appointment_status::confirmed;
}

}  // namespace

void invariants::note_calm(bool calm, boot_time now) {
    if (calm && !calm_since_) {
        calm_since_ = now;
    } else if (!calm && calm_since_) {
        calms_.emplace_back(*calm_since_, now);
        calm_since_.reset();
    }
    far_.calm_since = calm_since_;
}

void invariants::check_now(boot_time now, std::optional<wall_time> overdue) {
    if (!calm_since_ || now - *calm_since_ < take_over_time) {
        return;
    }
    for (const auto* at : rows_.waiting()) {
        const auto& row = *at;
        const auto& id = row.id;
        if (row.state == delivery_state::claimed && row.lease_until + take_over_time < true_time_.wall_now()) {
            far_.violation("a claim that outlives its lease: " + id);
        }
        const bool waits = row.state == delivery_state::retrying && now - *calm_since_ >= time_to_try;
        if (waits && !far_.wall_was_wrong(row.next_attempt_at, true_time_.wall_now()) &&
            row.next_attempt_at + time_to_try < true_time_.wall_now()) {
            far_.violation("a row whose time has come, and nobody looks: " + id);
        }
    }
    for (const auto& [id, since] : far_.under_way) {
        if (since > *calm_since_ + take_over_time && rows_.deliveries.at(id).lease_until < true_time_.wall_now()) {
            far_.violation("what is being sent has lost its claim: " + id);
        }
    }
    for (const auto& change : rows_.unsettled()) {
        if (!change.handled && change.at + take_over_time < true_time_.wall_now()) {
            far_.violation("a change that nobody looks at: " + std::to_string(change.appointment));
        }
    }
    if (overdue && *overdue + take_over_time < true_time_.wall_now()) {
        far_.violation("a moment that was not fired");
    }
}

void invariants::check_end(boot_time now) {
    note_calm(false, now);
    const auto wall = true_time_.wall_now();
    check_duplicates();
    check_rows(wall);
    check_reminders(wall);
    check_fallbacks(wall);
    check_told(wall);
}

std::size_t invariants::ambiguous() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        rows_.deliveries, [&](const auto& one) { return one.second.taken_over > 0 || far_.unknown(one.first) > 0; }));
}

void invariants::check_duplicates() {
    // Twilio's list is read from a minute before the due time. A text that went before it, since the host's clock
    // was ahead, is not found once that clock is right and the due time has come (docs/simulation.md).
    std::set<domain::delivery_id> early;
    for (const auto& one : far_.arrivals()) {
        if (one.at + 1min < rows_.deliveries.at(one.id).plan.due_at) {
            early.insert(one.id);
        }
    }
    struct sum {
        int arrived = 0;
        int unknown = 0;
        int deaths = 0;
        bool marked = false;
        domain::delivery_id id;
    };
    std::map<memory_database::delivery_key, sum> sums;
    for (const auto& [id, count] : far_.arrived()) {
        const auto& row = rows_.deliveries.at(id);
        auto& one = sums[{row.plan.appointment, row.plan.kind, row.plan.channel, row.recipient, row.plan.version}];
        one.arrived += count;
        one.unknown += row.taken_over + far_.unknown(id);
        one.deaths += row.taken_over;
        one.marked = one.marked || row.reason == reason::outcome_unknown;
        one.id = id;
    }
    for (const auto& [key, one] : sums) {
        if (one.arrived == 1) {
            continue;
        }
        // Twilio is asked before a text is sent again.
        if (std::get<domain::channel>(key) != domain::channel::email && !early.contains(one.id)) {
            far_.violation("a text that arrived twice: " + one.id);
        }
        // "Send once more", and no more than that; but once for each death of whoever was sending it.
        if (one.arrived > 1 + std::max(1, one.deaths)) {
            far_.violation("a message that arrived three times: " + one.id);
        }
        if (one.arrived > 1 + one.unknown) {
            far_.violation("a mail that arrived more often than its outcome was unknown: " + one.id);
        }
        if (!one.marked) {
            far_.violation("a second mail that is not marked: " + one.id);
        }
    }
}

void invariants::check_rows(wall_time now) {
    const auto arrived = far_.arrived();
    for (const auto& [id, row] : rows_.deliveries) {
        if (row.state == delivery_state::claimed) {
            far_.violation("a claim without an end: " + id);
        }
        if (row.state == delivery_state::retrying && row.next_attempt_at + 1min < now) {
            far_.violation("a row that waits for a time that has passed: " + id);
        }
        if (row.state == delivery_state::accepted && !arrived.contains(id)) {
            far_.violation("accepted, and nothing has arrived: " + id);
        }
        if (row.state == delivery_state::skipped && arrived.contains(id)) {
            far_.violation("skipped, and it has arrived: " + id);
        }
        if (row.reason == reason::whatsapp_delivered && far_.fate_of(row.in_place_of) != "delivered") {
            far_.violation("no SMS, and the WhatsApp message was not delivered: " + id);
        }
        const bool known_to_fail = row.state == delivery_state::failed || row.state == delivery_state::expired;
        if (known_to_fail && arrived.contains(id) && row.reason != reason::outcome_unknown &&
            far_.fate_of(id) != "undelivered") {
            far_.violation("given up without a mark, and it has arrived: " + id);
        }
    }
}

bool invariants::calm_within(wall_time from, wall_time until) const {
    const auto boot = [&](wall_time when) { return origin_ + (when - true_origin_); };
    return std::ranges::any_of(calms_, [&](const auto& calm) {
        return std::min(calm.second, boot(until)) - std::max(calm.first, boot(from)) >= time_to_try;
    });
}

// As calm_within, and not in quiet hours.
bool invariants::calm_by_day(const std::string& zone, wall_time from, wall_time until) const {
    constexpr auto step = std::chrono::minutes{15};
    for (auto at = from; at < until; at += step) {
        const auto decided = jobs::decide_quiet_hours(rules_, zone, at, until + std::chrono::hours{24}, at);
        if (decided.what == domain::quiet_decision::verdict::keep && calm_within(at, std::min(at + step, until))) {
            return true;
        }
    }
    return false;
}

void invariants::check_reminders(wall_time now) {
    for (const auto& [id, image] : rows_.appointments) {
        if (!is_open(image)) {
            continue;
        }
        const auto version = rows_.version_of(id);
        for (std::size_t index = 0; index < rules_.reminders.size(); ++index) {
            const auto due = domain::reminder_due_at(rules_, index, image.what.starts_at);
            const auto useless = domain::reminder_useless_after(rules_, index, image.what.starts_at);
            // A clock that is wrong by hours fires early, and finds useless what is not.
            if (due <= rows_.version_at(id) || far_.wall_was_wrong(due, useless) ||
                !calm_within(due, std::min(useless, now))) {
                continue;
            }
            for (const auto& [channels, who] :
                 {std::pair{rules_.reminders[index].to.patient, image.patient},
                  std::pair{rules_.reminders[index].to.psychologist, image.psychologist}}) {
                for (const auto by : channels) {
                    const auto key = rows_.keys.find({id, domain::reminder_kind(index), by, who, version});
                    if (key == rows_.keys.end()) {
                        far_.violation("a reminder that never came: " + std::to_string(id));
                        continue;
                    }
                    const auto& row = rows_.deliveries.at(key->second);
                    if (domain::quiet_hours_apply(rules_, domain::reminder_kind(index), by) &&
                        !calm_by_day(rows_.people.at(who).time_zone, due, std::min(useless, now))) {
                        continue;
                    }
                    const bool untried = row.state == delivery_state::expired && row.attempts == 0;
                    if (untried || row.state == delivery_state::superseded) {
                        far_.violation("a reminder that was not tried: " + key->second + " is " +
                                       std::string{domain::to_string(row.state)} + ", and was due at " +
                                       std::to_string(row.plan.due_at.time_since_epoch().count()));
                    }
                }
            }
        }
    }
}

// Every WhatsApp message that was accepted in time, and that is not known to have been delivered.
void invariants::check_fallbacks(wall_time now) {
    for (const auto& [id, row] : rows_.deliveries) {
        if (row.plan.channel != domain::channel::whatsapp || !row.accepted_at ||
            row.state == delivery_state::delivered) {
            continue;
        }
        const bool reminder = domain::is_reminder(row.plan.kind);
        const auto longest = reminder ? rules_.reminders[domain::reminder_index(row.plan.kind)].fallback_after
                                      : rules_.notice_fallback_far;
        const auto due = *row.accepted_at + longest;
        const auto until = std::min(row.plan.useless_after, now);
        if (due >= until || far_.wall_was_wrong(*row.accepted_at, until) || !calm_within(due, until)) {
            continue;
        }
        if (!rows_.keys.contains(
                {row.plan.appointment, row.plan.kind, domain::channel::sms, row.recipient, row.plan.version})) {
            far_.violation("a silent WhatsApp message without its SMS: " + id);
        }
    }
}

void invariants::check_told(wall_time now) {
    for (const auto& change : rows_.changes) {
        if (!change.handled) {
            far_.violation("a change that nobody has settled: " + std::to_string(change.appointment));
        }
    }
    for (const auto& [id, image] : rows_.appointments) {
        if (!is_open(image) || image.what.ends_at() <= now) {
            continue;
        }
        const auto state = rows_.states.find(id);
        const auto* told = state == rows_.states.end() || !state->second.told ? nullptr : &*state->second.told;
        if (told == nullptr || told->what != image.what || told->patient != image.patient ||
            told->psychologist != image.psychologist || !is_open(*told)) {
            far_.violation("people know the visit otherwise than it is: " + std::to_string(id));
        }
    }
}

}  // namespace punctual::test
