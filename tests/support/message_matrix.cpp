#include "support/message_matrix.hpp"

#include "support/sample_delivery.hpp"

#include <fmt/core.h>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using domain::kind;
using domain::role;

struct message_case {
    const char* name;
    domain::kind kind;
    std::chrono::seconds ahead;
};

constexpr std::array message_cases{
    message_case{"confirmation", kind::confirmation, 72h},
    message_case{"confirmation_soon", kind::confirmation, 10min},
    message_case{"reminder_24h", domain::reminder_kind(0), 24h},
    message_case{"reminder_1h", domain::reminder_kind(1), 1h},
    message_case{"reminder_15m", domain::reminder_kind(2), 15min},
    message_case{"cancellation", kind::cancellation, 72h},
    message_case{"reschedule_moved", kind::reschedule, 96h},
    message_case{"reschedule_changed", kind::reschedule, 72h},
    message_case{"staff_alert", kind::staff_alert, 30min},
};

domain::claimed_delivery make(const message_case& of, role to, bool telehealth, const std::string& language) {
    auto what = sample_delivery(of.kind, of.ahead);
    what.recipient.locale = language;
    if (to == role::psychologist) {
        make_psychologist(what);
        what.recipient.email = "lee@clinic.example";
    } else if (to == role::clinic) {
        what.recipient = {};
        what.recipient.locale = language;
        what.recipient_role = role::clinic;
    }
    if (!telehealth) {
        make_in_person(what, "Level 2, 1 Example Street, Sydney NSW 2000");
    }
    const std::string_view name = of.name;
    if (of.kind == kind::reschedule) {
        what.version = 5;
        what.thread = numbered_id(0);
        what.before = what.what;
        if (name.ends_with("_moved")) {
            what.before->starts_at -= 48h;
        } else {
            // Another length and another place at the same time.
            what.before->duration = 30min;
            what.before->session_type = telehealth ? domain::session_type::in_person : domain::session_type::telehealth;
            what.before->location = telehealth ? "Room 4, 20 Former Lane, Sydney NSW 2000" : "";
        }
    }
    return what;
}

}  // namespace

std::string numbered_id(std::size_t number) {
    return fmt::format("0f8fad5b-d9cb-469f-a165-{:012x}", number);
}

std::vector<matrix_message> message_matrix() {
    std::vector<matrix_message> all;
    for (const auto& language : message_languages) {
        for (const auto& of : message_cases) {
            for (const auto to : {role::patient, role::psychologist, role::clinic}) {
                if ((of.kind == kind::staff_alert) != (to == role::clinic)) {
                    continue;
                }
                for (const bool telehealth : {true, false}) {
                    auto& added = all.emplace_back();
                    added.name = fmt::format("{}-{}-{}-{}", language, of.name, domain::to_string(to),
                                             telehealth ? "telehealth" : "in_person");
                    added.language = language;
                    added.what = make(of, to, telehealth, language);
                    added.what.id = numbered_id(all.size());
                }
            }
        }
    }
    return all;
}

}  // namespace punctual::test
