#include "config/reminder_table.hpp"

#include "config/shown.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace punctual::config {
namespace {

using namespace std::chrono_literals;
using key = std::string;

// A reminder earlier than this would come into memory (policy::horizon) only after its minute.
constexpr std::chrono::seconds farthest_reminder = std::chrono::days{35};
constexpr std::chrono::seconds farthest_fallback = 24h;
constexpr std::size_t most_reminders = 16;
constexpr std::size_t longest_kind = 40;

struct reminder_entry {
    domain::reminder_rule rule{.name = {}, .before = 0s, .to = {}};
    const node* name = nullptr;
    const node* before = nullptr;
};

reminder_entry read_reminder(table_reader& in, const node& from) {
    reminder_entry out;
    auto& rule = out.rule;
    bool silence_given = false;
    in.table(from, "reminder",
             {{"name",
               [&](const node& at, const key& name) {
                   in.text(at, name, rule.name);
                   out.name = &at;
               }},
              {"before",
               [&](const node& at, const key& name) {
                   in.duration(at, name, rule.before, 1s, farthest_reminder);
                   out.before = &at;
               }},
              {"quiet_hours", [&](const node& at, const key& name) { in.flag(at, name, rule.quiet_hours); }},
              {"fallback_after",
               [&](const node& at, const key& name) {
                   in.duration(at, name, rule.fallback_after, 1s, farthest_fallback);
                   silence_given = true;
               }},
              {"patient", [&](const node& at, const key& name) { in.channels(at, name, rule.to.patient); }},
              {"psychologist", [&](const node& at, const key& name) { in.channels(at, name, rule.to.psychologist); }},
              {"clinic", [&](const node& at, const key& name) { in.mail_alone(at, name, rule.to.clinic); }}});
    if (!silence_given) {
        rule.fallback_after = usual_silence(rule.before);
    }
    return out;
}

void check_name(table_reader& in, const node& entry, const reminder_entry& one,
                const std::vector<domain::reminder_rule>& before_it) {
    if (one.name == nullptr) {
        in.complain_of(entry, "reminder.name", "nothing", "a name: small letters, digits and _, at most 40");
    } else if (!std::holds_alternative<std::string>(one.name->value)) {
        return;  // has been told
    } else if (!is_kind_name(one.rule.name)) {
        in.complain(*one.name, "reminder.name", "a name: small letters, digits and _, at most 40");
    } else if (domain::find_kind(domain::policy{}, one.rule.name)) {
        in.complain(*one.name, "reminder.name", "a name that no other message has");
    } else if (std::ranges::find(before_it, one.rule.name, &domain::reminder_rule::name) != before_it.end()) {
        in.complain(*one.name, "reminder.name", "a name of its own: another reminder has this one");
    }
}

bool reaches_somebody(const domain::audience& who) {
    return !who.patient.empty() || !who.psychologist.empty() || !who.clinic.empty();
}

// A table whose recipients were all refused has been told of.
bool names_recipients(const node& from) {
    const auto* content = std::get_if<node::table>(&from.value);
    return content != nullptr && std::ranges::any_of(*content, [](const member& one) {
               const auto* channels = std::get_if<node::array>(&one.content.value);
               return (one.key == "patient" || one.key == "psychologist" || one.key == "clinic") &&
                      (channels == nullptr || !channels->empty());
           });
}

}  // namespace

bool is_kind_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_kind && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

std::chrono::seconds usual_silence(std::chrono::seconds before) noexcept {
    return before >= 24h ? 30min : before >= 1h ? 5min : 2min;
}

void read_reminders(table_reader& in, const node& from, settings& into) {
    const auto* array = std::get_if<node::array>(&from.value);
    if (array == nullptr) {
        return in.complain(from, "reminder", "an array of tables: [[reminder]]");
    }
    if (array->size() > most_reminders) {
        return in.complain(from, "reminder", "at most 16 reminders");
    }
    std::vector<domain::reminder_rule> rules;
    for (const auto& one : *array) {
        if (!std::holds_alternative<node::table>(one.value)) {
            in.complain(one, "reminder", "a table: [[reminder]]");
            continue;
        }
        auto entry = read_reminder(in, one);
        check_name(in, one, entry, rules);
        if (entry.before == nullptr) {
            in.complain_of(one, "reminder.before", "nothing", "a duration such as \"24h\"");
        } else if (entry.rule.before > 0s &&
                   std::ranges::find(rules, entry.rule.before, &domain::reminder_rule::before) != rules.end()) {
            // The earlier of two is useless from the minute of the later: with one minute, from the start.
            in.complain(*entry.before, "reminder.before", "a time of its own: another reminder has this one");
        }
        if (!reaches_somebody(entry.rule.to) && !names_recipients(one)) {
            in.complain_of(one, "reminder", "nobody who gets " + shown(entry.rule.name),
                           "channels for one of patient, psychologist, clinic");
        }
        rules.push_back(std::move(entry.rule));
    }
    std::ranges::sort(rules, std::greater<>{}, &domain::reminder_rule::before);
    into.rules.reminders = std::move(rules);
}

}  // namespace punctual::config
