#pragma once
// A claimed delivery of a sample appointment and the settings of a sample clinic, for tests of words.

#include "net/log/logger.hpp"
#include "net/rendering/composer_settings.hpp"

#include "domain/delivery.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace punctual::test {

// 1 December 2026, 12:00 in Sydney (AEDT).
inline constexpr wall_time sample_now{std::chrono::seconds{1'796'086'800}};

inline net::rendering::composer_settings sample_settings() {
    net::rendering::composer_settings settings;
    settings.clinic_name = "Harbour Clinic";
    settings.clinic_email = "hello@clinic.example";
    settings.clinic_phone = "(02) 9000 0000";
    settings.clinic_address = "1 Example Street, Sydney";
    settings.from = "no-reply@clinic.example";
    settings.frontend_url = "https://app.clinic.example";
    settings.backend_url = "https://api.clinic.example/";
    settings.reminders = {"reminder_24h", "reminder_1h", "reminder_15m"};
    return settings;
}

inline domain::claimed_delivery sample_delivery(domain::kind kind, std::chrono::seconds ahead,
                                                domain::channel channel = domain::channel::email) {
    domain::claimed_delivery what;
    what.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    what.appointment = 123;
    what.version = 2;
    what.kind = kind;
    what.channel = channel;
    what.what.starts_at = sample_now + ahead;
    what.what.duration = std::chrono::minutes{50};
    what.useless_after = what.what.ends_at();
    what.room_name = "apt-123-1796000000-abc123de";
    what.recipient.id = 7;
    what.recipient.full_name = "Jane Citizen";
    what.recipient.email = "jane@example.com";
    what.recipient.phone = "0412 345 678";
    what.patient_name = "Jane Citizen";
    what.psychologist_name = "Dr Lee Listener";
    return what;
}

inline void make_in_person(domain::claimed_delivery& what, std::string location) {
    what.what.session_type = domain::session_type::in_person;
    what.what.location = std::move(location);
    what.room_name.clear();
}

inline void make_psychologist(domain::claimed_delivery& what) {
    what.recipient_role = domain::role::psychologist;
    what.recipient.role = domain::role::psychologist;
    what.recipient.full_name = what.psychologist_name;
}

// Keeps what was logged, as "event key=value …".
class kept_log final : public net::logger {
public:
    void write(net::log_level, std::string_view event, std::initializer_list<net::log_field> fields) override {
        auto& line = lines.emplace_back(event);
        for (const auto& field : fields) {
            line += " " + std::string{field.key} + "=" + field.value;
        }
    }
    std::vector<std::string> lines;
};

}  // namespace punctual::test
