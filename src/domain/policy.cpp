#include "domain/policy.hpp"

#include <algorithm>

namespace punctual::domain {

using namespace std::chrono_literals;

policy default_policy() {
    const std::vector<channel> email{channel::email};
    const std::vector<channel> text{channel::whatsapp};
    const std::vector<channel> both{channel::email, channel::whatsapp};

    policy rules;
    rules.reminders = {
        {.name = "reminder_24h", .before = 24h, .to = {both, email, {}}, .quiet_hours = true, .fallback_after = 30min},
        {.name = "reminder_1h", .before = 1h, .to = {both, text, {}}, .quiet_hours = false, .fallback_after = 5min},
        {.name = "reminder_15m", .before = 15min, .to = {both, text, {}}, .quiet_hours = false, .fallback_after = 2min},
    };
    rules.confirmation = {email, email, {}};
    rules.cancellation = {both, email, {}};
    rules.reschedule = {both, email, {}};
    rules.staff_alert = {{}, {}, email};
    rules.nudge = {{}, {}, email};
    return rules;
}

std::string_view kind_name(const policy& rules, kind value) noexcept {
    if (!is_reminder(value)) {
        return fixed_kind_names[static_cast<std::size_t>(value)];
    }
    const auto index = reminder_index(value);
    return index < rules.reminders.size() ? std::string_view{rules.reminders[index].name} : std::string_view{};
}

std::vector<std::string> all_kind_names(const policy& rules) {
    std::vector<std::string> names{fixed_kind_names.begin(), fixed_kind_names.end()};
    for (const auto& rule : rules.reminders) {
        names.push_back(rule.name);
    }
    return names;
}

std::optional<kind> find_kind(const policy& rules, std::string_view name) noexcept {
    for (const auto fixed :
         {kind::confirmation, kind::cancellation, kind::reschedule, kind::staff_alert, kind::nudge}) {
        if (kind_name(rules, fixed) == name) {
            return fixed;
        }
    }
    const auto at = std::ranges::find(rules.reminders, name, &reminder_rule::name);
    if (at == rules.reminders.end()) {
        return std::nullopt;
    }
    return reminder_kind(static_cast<std::size_t>(at - rules.reminders.begin()));
}

const audience& audience_of(const policy& rules, kind value) noexcept {
    switch (value) {
        case kind::confirmation:
            return rules.confirmation;
        case kind::cancellation:
            return rules.cancellation;
        case kind::reschedule:
            return rules.reschedule;
        case kind::staff_alert:
            return rules.staff_alert;
        case kind::nudge:
            return rules.nudge;
        case kind::first_reminder:
            break;
    }
    return rules.reminders.at(reminder_index(value)).to;
}

}  // namespace punctual::domain
