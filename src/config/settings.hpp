#pragma once
// The whole configuration as values (contract §2). Filled by loader.hpp; everything else takes what it
// needs from here and never reads a file or the environment.

#include "domain/policy.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::config {

enum class video_identity : std::uint8_t { id_email, opaque };
enum class log_level : std::uint8_t { debug, info, warning, error };

struct http_settings {
    std::string listen_address = "127.0.0.1";
    std::uint16_t port = 8000;
    std::string secret_key;
    std::string frontend_url = "http://localhost:3000";  // without a trailing slash
    std::string backend_url = "http://localhost:8000";

    bool operator==(const http_settings&) const = default;
};

struct twilio_settings {
    std::string account_sid;
    std::string auth_token;
    std::string api_key;
    std::string api_secret;
    std::string whatsapp_from;
    std::string sms_from;
    std::string messaging_service_sid;
    // Approved WhatsApp templates: language ("" for every one) -> kind -> HX…
    std::map<std::string, std::map<std::string, std::string>> content_sids;
    bool whatsapp_freeform = false;
    std::string api_base_url = "https://api.twilio.com";
    std::string video_base_url = "https://video.twilio.com";
    std::string ca_file;
    std::size_t connections = 20;
    std::chrono::seconds request_timeout{15};

    // REST calls are possible.
    [[nodiscard]] bool configured() const noexcept {
        return !account_sid.empty() && (!auth_token.empty() || (!api_key.empty() && !api_secret.empty()));
    }
    // Access tokens are signed with an API key's secret alone.
    [[nodiscard]] bool can_sign_tokens() const noexcept {
        return !account_sid.empty() && !api_key.empty() && !api_secret.empty();
    }
    bool operator==(const twilio_settings&) const = default;
};

struct email_settings {
    std::string host;  // empty: e-mail is off
    std::uint16_t port = 587;
    bool use_tls = true;   // STARTTLS
    bool use_ssl = false;  // TLS from the first byte
    std::string user;
    std::string password;
    std::string from;  // DEFAULT_FROM_EMAIL
    std::string ca_file;
    std::size_t connections = 10;
    std::chrono::seconds command_timeout{30};
    std::chrono::seconds dot_timeout{120};

    bool operator==(const email_settings&) const = default;
};

struct clinic_settings {
    std::string name = "The clinic";
    std::string email;
    std::string phone;
    std::string address;
    std::string time_zone = "Australia/Sydney";
    std::string phone_region = "AU";
    std::string locale = "en-AU";

    bool operator==(const clinic_settings&) const = default;
};

struct room_settings {
    int max_participants = 2;
    std::chrono::minutes unused_room_timeout{60};
    std::chrono::minutes empty_room_timeout{15};
    std::string media_region = "au1";

    bool operator==(const room_settings&) const = default;
};

// The page of the video session.
struct page_settings {
    std::string folder;                      // empty: it is not served
    std::string token_key = "access_token";  // the front end's, in localStorage or sessionStorage
    std::string sign_in_url;                 // empty: FRONTEND_URL/login
    std::vector<std::string> connect_hosts{"wss://*.vss.twilio.com"};
    std::string signalling_url;  // empty: Twilio's

    bool operator==(const page_settings&) const = default;
};

struct run_settings {
    std::chrono::seconds lease{30};
    std::chrono::seconds drain{20};           // at SIGTERM, for what is under way
    std::chrono::seconds reconcile{60};       // between two comparisons of the schedule with the tables
    std::chrono::seconds connect_timeout{5};  // to a provider: name, connection, and at Twilio TLS

    bool operator==(const run_settings&) const = default;
};

// Messages a second to a provider, by channel; 0: no limit of ours.
struct rate_settings {
    std::size_t email = 0;
    std::size_t whatsapp = 0;
    std::size_t sms = 0;

    bool operator==(const rate_settings&) const = default;
};

struct settings {
    std::string database_url = "postgresql:///punctual";
    http_settings http;
    twilio_settings twilio;
    email_settings email;
    clinic_settings clinic;
    room_settings room;
    page_settings page;
    run_settings run;
    rate_settings per_second;
    config::video_identity video_identity = video_identity::id_email;
    config::log_level log_level = log_level::info;
    std::string template_directory;  // empty: the built-in templates
    domain::policy rules = domain::default_policy();

    bool operator==(const settings&) const = default;
};

}  // namespace punctual::config
