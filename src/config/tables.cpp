#include "config/tables.hpp"

#include "config/page_table.hpp"
#include "config/shown.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace punctual::config {
namespace {

using namespace std::chrono_literals;
using key = std::string;

// A reminder earlier than this would come into memory (policy::horizon) only after its minute.
constexpr std::chrono::seconds farthest_reminder = std::chrono::days{35};
constexpr std::size_t most_reminders = 16;
constexpr std::size_t longest_kind = 40;

bool is_kind_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_kind && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

struct reminder_entry {
    domain::reminder_rule rule{.name = {}, .before = 0s, .to = {}};
    const node* name = nullptr;
    const node* before = nullptr;
};

// Until an SMS goes for a WhatsApp message that nothing is heard of (domain rules §4).
std::chrono::seconds usual_silence(std::chrono::seconds before) {
    return before >= 24h ? 30min : before >= 1h ? 5min : 2min;
}

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
                   in.duration(at, name, rule.fallback_after);
                   silence_given = true;
               }},
              {"patient", [&](const node& at, const key& name) { in.channels(at, name, rule.to.patient); }},
              {"psychologist", [&](const node& at, const key& name) { in.channels(at, name, rule.to.psychologist); }},
              {"clinic", [&](const node& at, const key& name) { in.channels(at, name, rule.to.clinic); }}});
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
        rules.push_back(std::move(entry.rule));
    }
    std::ranges::sort(rules, std::greater<>{}, &domain::reminder_rule::before);
    into.rules.reminders = std::move(rules);
}

void read_messages(table_reader& in, const node& from, settings& into) {
    const auto audience = [&](domain::audience& who) {
        return [&in, &who](const node& at, const key& name) {
            in.table(
                at, name,
                {{"patient", [&](const node& to, const key& full) { in.channels(to, full, who.patient); }},
                 {"psychologist", [&](const node& to, const key& full) { in.channels(to, full, who.psychologist); }},
                 {"clinic", [&](const node& to, const key& full) { in.channels(to, full, who.clinic); }}});
        };
    };
    auto& rules = into.rules;
    in.table(from, "messages",
             {{"confirmation", audience(rules.confirmation)},
              {"cancellation", audience(rules.cancellation)},
              {"reschedule", audience(rules.reschedule)},
              {"staff_alert", audience(rules.staff_alert)},
              {"nudge", audience(rules.nudge)}});
}

void read_timing(table_reader& in, const node& from, settings& into) {
    const auto duration = [&](std::chrono::seconds& value) {
        return [&in, &value](const node& at, const key& name) { in.duration(at, name, value); };
    };
    auto& rules = into.rules;
    in.table(from, "timing",
             {{"staff_alert_before", duration(rules.staff_alert_before)},
              {"nudge_after", duration(rules.nudge_after)},
              {"short_notice", duration(rules.short_notice)},
              {"last_reminder_grace", duration(rules.last_reminder_grace)},
              {"notice_near", duration(rules.notice_near)},
              {"notice_fallback_near", duration(rules.notice_fallback_near)},
              {"notice_fallback_far", duration(rules.notice_fallback_far)},
              {"complete_in_person_after_end", duration(rules.complete_in_person_after_end)}});
}

void read_quiet_hours(table_reader& in, const node& from, settings& into) {
    auto& quiet = into.rules.quiet_hours;
    const auto time = [&](std::chrono::minutes& value) {
        return [&in, &value](const node& at, const key& name) { in.time_of_day(at, name, value); };
    };
    in.table(from, "quiet_hours",
             {{"from", time(quiet.from)},
              {"until", time(quiet.until)},
              {"moved_to", time(quiet.moved_to)},
              {"enough_notice",
               [&](const node& at, const key& name) { in.minutes(at, name, quiet.enough_notice, 0min, 24h); }}});
}

void read_video(table_reader& in, const node& from, settings& into) {
    auto& rules = into.rules;
    auto& room = into.room;
    const auto duration = [&](std::chrono::seconds& value) {
        return [&in, &value](const node& at, const key& name) { in.duration(at, name, value); };
    };
    const auto timeout = [&](std::chrono::minutes& value) {
        return [&in, &value](const node& at, const key& name) { in.minutes(at, name, value, 1min, 60min); };
    };
    in.table(from, "video",
             {{"room_before", duration(rules.room_before)},
              {"join_before", duration(rules.join_before)},
              {"join_after_end", duration(rules.join_after_end)},
              {"clean_up_after_end", duration(rules.clean_up_after_end)},
              {"write_no_show", [&](const node& at, const key& name) { in.flag(at, name, rules.write_no_show); }},
              {"max_participants",
               [&](const node& at, const key& name) {
                   in.whole_number(at, name, 1, 50,
                                   [&](std::int64_t n) { room.max_participants = static_cast<int>(n); });
               }},
              {"unused_room_timeout", timeout(room.unused_room_timeout)},
              {"empty_room_timeout", timeout(room.empty_room_timeout)},
              {"media_region", [&](const node& at, const key& name) {
                   const auto* text = std::get_if<std::string>(&at.value);
                   if (text != nullptr && is_kind_name(*text)) {
                       room.media_region = *text;
                   } else {
                       in.complain(at, name, "a region of Twilio's such as \"au1\"");
                   }
               }}});
}

void read_limits(table_reader& in, const node& from, settings& into) {
    constexpr std::int64_t most_connections = 200;
    constexpr std::int64_t most_per_second = 10'000;
    const auto connections = [&](std::size_t& value) {
        return [&in, &value](const node& at, const key& name) {
            in.whole_number(at, name, 1, most_connections,
                            [&](std::int64_t n) { value = static_cast<std::size_t>(n); });
        };
    };
    const auto per_second = [&](std::size_t& value) {
        return [&in, &value](const node& at, const key& name) {
            in.whole_number(at, name, 0, most_per_second, [&](std::int64_t n) { value = static_cast<std::size_t>(n); });
        };
    };
    const auto timeout = [&](std::chrono::seconds& value, std::chrono::seconds most) {
        return [&in, &value, most](const node& at, const key& name) { in.duration(at, name, value, 1s, most); };
    };
    in.table(
        from, "limits",
        {{"smtp_connections", connections(into.email.connections)},
         {"twilio_connections", connections(into.twilio.connections)},
         {"email_per_second", per_second(into.per_second.email)},
         {"whatsapp_per_second", per_second(into.per_second.whatsapp)},
         {"sms_per_second", per_second(into.per_second.sms)},
         {"connect_timeout", timeout(into.run.connect_timeout, 1min)},
         {"smtp_command_timeout", timeout(into.email.command_timeout, 5min)},
         {"smtp_dot_timeout", timeout(into.email.dot_timeout, 10min)},
         {"twilio_timeout", timeout(into.twilio.request_timeout, 1min)},
         {"lease", [&](const node& at, const key& name) { in.duration(at, name, into.run.lease, 2s, 1h); }},
         {"drain", [&](const node& at, const key& name) { in.duration(at, name, into.run.drain, 0s, 1h); }},
         {"reconcile", [&](const node& at, const key& name) { in.duration(at, name, into.run.reconcile, 1s, 24h); }}});
}

std::string kind_names(const domain::policy& rules) {
    std::string names = "confirmation, cancellation, reschedule, nudge";
    for (const auto& rule : rules.reminders) {
        names.append(", ").append(rule.name);
    }
    return names;
}

void read_content_sids(table_reader& in, const node& from, settings& into) {
    in.each(from, "whatsapp_content_sid", [&](const key& language, const node& kinds, const key& full) {
        if (!is_language_tag(language)) {
            return in.complain_of(kinds, "whatsapp_content_sid", shown(language),
                                  "a language such as \"en\", or \"default\"");
        }
        in.each(kinds, full, [&](const key& kind, const node& at, const key& name) {
            const auto* sid = std::get_if<std::string>(&at.value);
            if (sid == nullptr || !resembles_sid(*sid, "HX")) {
                return in.complain(at, name, "a Content SID: HX and letters or digits");
            }
            // By the alphabet the plan has been read before.
            if (!domain::find_kind(into.rules, kind)) {
                return in.complain_of(at, full, shown(kind), "the name of a message: " + kind_names(into.rules));
            }
            into.twilio.content_sids[language == "default" ? key{} : language][kind] = *sid;
        });
    });
}

struct named_table {
    std::string_view name;
    void (*read)(table_reader& in, const node& from, settings& into);
};

constexpr std::array tables{
    named_table{"reminder", read_reminders},
    named_table{"messages", read_messages},
    named_table{"timing", read_timing},
    named_table{"quiet_hours", read_quiet_hours},
    named_table{"video", read_video},
    named_table{"session_page", read_session_page},
    named_table{"limits", read_limits},
    named_table{"whatsapp_content_sid", read_content_sids},
    named_table{"template_directory",
                [](table_reader& in, const node& from, settings& into) {
                    in.text(from, "template_directory", into.template_directory);
                }},
    named_table{"shadow",
                [](table_reader& in, const node& from, settings& into) { in.flag(from, "shadow", into.rules.shadow); }},
};

}  // namespace

bool read_named_table(table_reader& in, std::string_view name, const node& content, settings& into) {
    const auto at = std::ranges::find(tables, name, &named_table::name);
    if (at != tables.end()) {
        at->read(in, content, into);
    }
    return at != tables.end();
}

}  // namespace punctual::config
