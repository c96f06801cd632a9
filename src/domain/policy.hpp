#pragma once
// The clinic's rules as values: what is sent when and to whom (domain rules §1, §2, §4, §5).
// Filled from the configuration; the defaults are the clinic's.

#include "domain/vocabulary.hpp"

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace punctual::domain {

// Who gets a kind of message, by which channels. `whatsapp` stands for "text": it falls back to SMS.
struct audience {
    std::vector<channel> patient;
    std::vector<channel> psychologist;
    std::vector<channel> clinic;

    bool operator==(const audience&) const = default;
};

struct reminder_rule {
    std::string name;             // kind in the delivery table: reminder_24h
    std::chrono::seconds before;  // elapsed time before the start
    audience to;
    bool quiet_hours = false;               // its texts keep quiet hours
    std::chrono::seconds fallback_after{};  // no final WhatsApp status by then: one SMS

    bool operator==(const reminder_rule&) const = default;
};

struct quiet_hours_rule {
    std::chrono::minutes from{21 * 60};  // local time of day
    std::chrono::minutes until{8 * 60};
    std::chrono::minutes moved_to{20 * 60};   // the evening before
    std::chrono::minutes enough_notice{120};  // else the morning's end of quiet, if that leaves this

    bool operator==(const quiet_hours_rule&) const = default;
};

struct policy {
    // Ordered by `before`, longest first.
    std::vector<reminder_rule> reminders;
    audience confirmation;
    audience cancellation;
    audience reschedule;
    audience staff_alert;
    std::chrono::seconds staff_alert_before{std::chrono::minutes{30}};

    // Booked less than this ahead: the confirmation goes by text too.
    std::chrono::seconds short_notice{std::chrono::minutes{15}};
    // The last reminder is useful until start plus this.
    std::chrono::seconds last_reminder_grace{std::chrono::minutes{5}};
    quiet_hours_rule quiet_hours;
    // The clinic's, for people without one of their own.
    std::string time_zone = "Australia/Sydney";
    // Cancellation, reschedule: WhatsApp silence until SMS, when the start is near or far.
    std::chrono::seconds notice_fallback_near{std::chrono::minutes{5}};
    std::chrono::seconds notice_fallback_far{std::chrono::minutes{30}};
    std::chrono::seconds notice_near{std::chrono::hours{24}};

    // Video.
    std::chrono::seconds room_before{std::chrono::minutes{15}};
    std::chrono::seconds join_before{std::chrono::minutes{30}};
    std::chrono::seconds join_after_end{std::chrono::minutes{30}};
    std::chrono::seconds complete_in_person_after_end{std::chrono::hours{2}};
    std::chrono::seconds clean_up_after_end{std::chrono::hours{2}};
    bool write_no_show = false;

    // Beside another system that still sends: everything is planned and recorded, and nothing is sent.
    bool shadow = false;

    // Everything nearer than this is held in memory.
    std::chrono::seconds horizon{std::chrono::days{36}};

    bool operator==(const policy&) const = default;
};

// The clinic's default plan and matrix (domain rules §1).
[[nodiscard]] policy default_policy();

// The name in the delivery table, and back; an unknown name (a plan of yesterday) gives nullopt.
[[nodiscard]] std::string_view kind_name(const policy& rules, kind value) noexcept;
// Of all that there may be under these rules.
[[nodiscard]] std::vector<std::string> all_kind_names(const policy& rules);
[[nodiscard]] std::optional<kind> find_kind(const policy& rules, std::string_view name) noexcept;
[[nodiscard]] const audience& audience_of(const policy& rules, kind value) noexcept;

}  // namespace punctual::domain
