#pragma once
// What the composer must know of the clinic and of the providers. Plain values: it knows nothing of
// where they are configured.

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace punctual::net::rendering {

// An approved WhatsApp template. `variables` are the names of the words (message_words.hpp) that
// Twilio knows as 1, 2, 3 …; it refuses a message that has more or fewer than the template.
struct content_template {
    std::string sid;                     // HX…
    std::vector<std::string> variables;  // empty: the kind's default, see default_variables()

    bool operator==(const content_template&) const = default;
};

struct composer_settings {
    std::string clinic_name;
    std::string clinic_email;  // where staff alerts go, and answers to mails
    std::string clinic_phone;
    std::string clinic_address;
    std::string time_zone = "Australia/Sydney";
    std::string phone_region = "AU";
    std::string locale = "en-AU";

    std::string from;  // DEFAULT_FROM_EMAIL: an address, or "Name <address>"; empty: no mail
    std::string frontend_url = "http://localhost:3000";
    std::string backend_url = "http://localhost:8000";

    // Whether there is a sender for it.
    bool whatsapp = true;
    bool sms = true;
    // The sender that people write to, "whatsapp:" or not; empty: one of a messaging service.
    std::string whatsapp_from;
    // Free text instead of templates: Twilio's WhatsApp sandbox, tests.
    bool whatsapp_freeform = false;
    // Kind's name (reminder_24h, cancellation) → language ("" for any) → template.
    std::map<std::string, std::map<std::string, content_template>> content;

    std::vector<std::string> reminders;  // names of the plan, in its order
    std::chrono::minutes join_before{30};
    // Starts this soon: a confirmation or reminder says "starts at".
    std::chrono::minutes soon{16};
    std::filesystem::path template_folder;  // the clinic's own, over the program's; empty: none
};

}  // namespace punctual::net::rendering
