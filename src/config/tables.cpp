#include "config/tables.hpp"

#include "config/page_table.hpp"
#include "config/reminder_table.hpp"
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
using std::chrono::days;
using key = std::string;

// Visits that ended while no daemon ran are looked for 14 days back.
constexpr std::chrono::seconds longest_after_end = days{7};

void read_messages(table_reader& in, const node& from, settings& into) {
    const auto audience = [&](domain::audience& who) {
        return [&in, &who](const node& at, const key& name) {
            in.table(
                at, name,
                {{"patient", [&](const node& to, const key& full) { in.channels(to, full, who.patient); }},
                 {"psychologist", [&](const node& to, const key& full) { in.channels(to, full, who.psychologist); }},
                 {"clinic", [&](const node& to, const key& full) { in.mail_alone(to, full, who.clinic); }}});
        };
    };
    const auto staff = [&](const node& at, const key& name) {
        auto& who = into.rules.staff_alert;
        in.table(
            at, name,
            {{"patient", [&](const node& to,
                             const key& full) { in.nobody(to, full, "it tells that the patient was not reached"); }},
             {"psychologist", [&](const node& to, const key& full) { in.mail_alone(to, full, who.psychologist); }},
             {"clinic", [&](const node& to, const key& full) { in.mail_alone(to, full, who.clinic); }}});
    };
    auto& rules = into.rules;
    in.table(from, "messages",
             {{"confirmation", audience(rules.confirmation)},
              {"cancellation", audience(rules.cancellation)},
              {"reschedule", audience(rules.reschedule)},
              {"staff_alert", staff},
              {"nudge", audience(rules.nudge)}});
}

void read_timing(table_reader& in, const node& from, settings& into) {
    const auto duration = [&](std::chrono::seconds& value, std::chrono::seconds least, std::chrono::seconds most) {
        return
            [&in, &value, least, most](const node& at, const key& name) { in.duration(at, name, value, least, most); };
    };
    auto& rules = into.rules;
    in.table(from, "timing",
             {{"staff_alert_before", duration(rules.staff_alert_before, 1s, days{7})},
              {"nudge_after", duration(rules.nudge_after, 0s, 24h)},
              {"short_notice", duration(rules.short_notice, 0s, 24h)},
              {"last_reminder_grace", duration(rules.last_reminder_grace, 0s, 24h)},
              {"notice_near", duration(rules.notice_near, 0s, days{35})},
              {"notice_fallback_near", duration(rules.notice_fallback_near, 1s, 24h)},
              {"notice_fallback_far", duration(rules.notice_fallback_far, 1s, 24h)},
              {"complete_in_person_after_end", duration(rules.complete_in_person_after_end, 0s, longest_after_end)}});
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
    const auto duration = [&](std::chrono::seconds& value, std::chrono::seconds most) {
        return [&in, &value, most](const node& at, const key& name) { in.duration(at, name, value, 0s, most); };
    };
    const auto timeout = [&](std::chrono::minutes& value) {
        return [&in, &value](const node& at, const key& name) { in.minutes(at, name, value, 1min, 60min); };
    };
    in.table(from, "video",
             {{"room_before", duration(rules.room_before, 1h)},
              {"join_before", duration(rules.join_before, 24h)},
              {"join_after_end", duration(rules.join_after_end, 24h)},
              {"clean_up_after_end", duration(rules.clean_up_after_end, longest_after_end)},
              {"write_no_show", [&](const node& at, const key& name) { in.flag(at, name, rules.write_no_show); }},
              {"max_participants",
               [&](const node& at, const key& name) {
                   in.whole_number(at, name, 2, 50,
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
         {"drain", [&](const node& at, const key& name) { in.duration(at, name, into.run.drain, 1s, 1h); }},
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
