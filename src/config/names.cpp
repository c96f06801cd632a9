#include "config/names.hpp"

#include "config/values.hpp"
#include "domain/e164.hpp"
#include "net/https/base_url.hpp"
#include "net/postgres/targets.hpp"
#include "net/rendering/email_address.hpp"
#include "net/rendering/local_time.hpp"
#include "net/rendering/phone_number.hpp"

#include <algorithm>
#include <array>

namespace punctual::config {
namespace {

// Nothing that a clinic has is longer, and a message has to carry some of them.
constexpr std::size_t longest_text = 1000;
constexpr std::size_t longest_name = 200;

template <class Value>
bool set(Value& into, std::optional<Value> value) {
    if (!value) {
        return false;
    }
    into = std::move(*value);
    return true;
}

bool set_text(std::string& into, std::string_view text, std::size_t most = longest_text) {
    if (!is_plain_text(text, most)) {
        return false;
    }
    into = text;
    return true;
}

// Empty takes the setting back.
bool set_if(bool good, std::string& into, std::string_view text) {
    if (good || text.empty()) {
        into = text;
    }
    return good || text.empty();
}

bool set_sid(std::string& into, std::string_view text, std::string_view prefix) {
    return set_if(resembles_sid(text, prefix), into, text);
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(' ') == std::string_view::npos;
}

bool is_conninfo(std::string_view text) {
    // An empty one is libpq's default, which nobody means by it.
    if (is_blank(text) || !is_plain_text(text)) {
        return false;
    }
    const auto targets = net::postgres::parse_targets(std::string{text}, "punctuald");
    // libpq looks at ports when it connects, and the daemon would then try for ever.
    const auto good = [](const auto& word) { return word.first != "port" || parse_port(word.second).value_or(0) != 0; };
    return targets &&
           std::ranges::all_of(targets->hosts, [&](const auto& host) { return std::ranges::all_of(host.with, good); });
}

bool set_twilio_url(std::string& into, std::string_view text) {
    // Boost.URL 1.81 reads http://127.0.0.1.example.com as the host 127.0.0.1: credentials would leave in
    // clear. The client's own reading decides.
    if (!net::https::parse_base_url(text)) {
        return false;
    }
    into = text;
    while (into.ends_with('/')) {
        into.pop_back();
    }
    return true;
}

bool set_log_level(log_level& into, std::string_view text) {
    constexpr std::array<std::string_view, 4> words{"debug", "info", "warning", "error"};
    const auto at = std::ranges::find(words, text);
    if (at == words.end()) {
        return false;
    }
    into = static_cast<log_level>(at - words.begin());
    return true;
}

bool set_video_identity(video_identity& into, std::string_view text) {
    if (text != "id-email" && text != "opaque") {
        return false;
    }
    into = text == "opaque" ? video_identity::opaque : video_identity::id_email;
    return true;
}

// HS256 keys shorter than this can be guessed; RFC 7518 §3.2 asks for 32, Django makes 50.
constexpr std::size_t shortest_secret = 16;

constexpr std::string_view some_text = "text without control characters, at most 1000 bytes";
constexpr std::string_view some_name = "text without control characters, 1 to 200 bytes";
constexpr std::string_view some_sender = "a number such as +61480000000, a short code or a sender of up to 11 letters";
constexpr std::string_view some_url = "an absolute http or https URL without query";
constexpr std::string_view twilio_url = "an absolute https URL (http for loopback only)";
constexpr std::string_view yes_or_no = "true or false";
constexpr std::string_view some_port = "a port, 0 to 65535";

// NOLINTBEGIN(bugprone-suspicious-missing-comma)
const std::array settings_by_name{
    named_setting{"DATABASE_URL", "a libpq URI or keywords, as many ports as hosts", true,
                  [](settings& s, std::string_view t) { return is_conninfo(t) && set_text(s.database_url, t); }},
    named_setting{
        "LISTEN_ADDRESS", "an IP address", false,
        [](settings& s, std::string_view t) { return is_ip_address(t) && set_text(s.http.listen_address, t); }},
    named_setting{"PORT", some_port, false,
                  [](settings& s, std::string_view t) { return set(s.http.port, parse_port(t)); }},
    named_setting{"SECRET_KEY", "at least 16 characters, none of them a control character", true,
                  [](settings& s, std::string_view t) {
                      return t.size() >= shortest_secret && !is_blank(t) &&
                             set_text(s.http.secret_key, t, longest_text * 4);
                  }},
    named_setting{"TWILIO_ACCOUNT_SID", "AC and letters or digits", false,
                  [](settings& s, std::string_view t) { return set_sid(s.twilio.account_sid, t, "AC"); }},
    named_setting{"TWILIO_AUTH_TOKEN", some_text, true,
                  [](settings& s, std::string_view t) { return set_text(s.twilio.auth_token, t); }},
    named_setting{"TWILIO_API_KEY", "SK and letters or digits", false,
                  [](settings& s, std::string_view t) { return set_sid(s.twilio.api_key, t, "SK"); }},
    named_setting{"TWILIO_API_SECRET", some_text, true,
                  [](settings& s, std::string_view t) { return set_text(s.twilio.api_secret, t); }},
    named_setting{"TWILIO_WHATSAPP_FROM", "a number such as whatsapp:+14155238886", false,
                  [](settings& s, std::string_view t) {
                      constexpr std::string_view prefix = "whatsapp:";
                      const auto number = t.starts_with(prefix) ? t.substr(prefix.size()) : t;
                      return set_if(domain::is_e164(number), s.twilio.whatsapp_from, t);
                  }},
    named_setting{"TWILIO_SMS_FROM", some_sender, false,
                  [](settings& s, std::string_view t) { return set_if(is_sms_sender(t), s.twilio.sms_from, t); }},
    named_setting{"TWILIO_PHONE_NUMBER", some_sender, false,
                  [](settings& s, std::string_view t) { return set_if(is_sms_sender(t), s.twilio.sms_from, t); }},
    named_setting{"TWILIO_MESSAGING_SERVICE_SID", "MG and letters or digits", false,
                  [](settings& s, std::string_view t) { return set_sid(s.twilio.messaging_service_sid, t, "MG"); }},
    named_setting{"TWILIO_WHATSAPP_FREEFORM", yes_or_no, false,
                  [](settings& s, std::string_view t) { return set(s.twilio.whatsapp_freeform, parse_bool(t)); }},
    named_setting{"TWILIO_API_BASE_URL", twilio_url, false,
                  [](settings& s, std::string_view t) { return set_twilio_url(s.twilio.api_base_url, t); }},
    named_setting{"TWILIO_VIDEO_BASE_URL", twilio_url, false,
                  [](settings& s, std::string_view t) { return set_twilio_url(s.twilio.video_base_url, t); }},
    named_setting{"TWILIO_CA_FILE", "a path", false,
                  [](settings& s, std::string_view t) { return set_text(s.twilio.ca_file, t); }},
    named_setting{"EMAIL_HOST", "a host name or an address, without port", false,
                  [](settings& s, std::string_view t) { return set_if(is_host(t), s.email.host, t); }},
    named_setting{"EMAIL_PORT", "a port, 1 to 65535", false,
                  [](settings& s, std::string_view t) {
                      return parse_port(t).value_or(0) != 0 && set(s.email.port, parse_port(t));
                  }},
    named_setting{"EMAIL_USE_TLS", yes_or_no, false,
                  [](settings& s, std::string_view t) { return set(s.email.use_tls, parse_bool(t)); }},
    named_setting{"EMAIL_USE_SSL", yes_or_no, false,
                  [](settings& s, std::string_view t) { return set(s.email.use_ssl, parse_bool(t)); }},
    named_setting{"EMAIL_HOST_USER", some_text, false,
                  [](settings& s, std::string_view t) { return set_text(s.email.user, t); }},
    named_setting{"EMAIL_HOST_PASSWORD", some_text, true,
                  [](settings& s, std::string_view t) { return set_text(s.email.password, t); }},
    named_setting{"DEFAULT_FROM_EMAIL", "an address that can be mailed, bare or as Name <address>", false,
                  [](settings& s, std::string_view t) {
                      return set_if(is_plain_text(t) && net::rendering::parse_mailbox(t).has_value(), s.email.from, t);
                  }},
    named_setting{"EMAIL_CA_FILE", "a path", false,
                  [](settings& s, std::string_view t) { return set_text(s.email.ca_file, t); }},
    named_setting{"FRONTEND_URL", some_url, false,
                  [](settings& s, std::string_view t) { return set(s.http.frontend_url, parse_base_url(t)); }},
    named_setting{"BACKEND_URL", some_url, false,
                  [](settings& s, std::string_view t) { return set(s.http.backend_url, parse_base_url(t)); }},
    named_setting{
        "CLINIC_NAME", some_name, false,
        [](settings& s, std::string_view t) { return !is_blank(t) && set_text(s.clinic.name, t, longest_name); }},
    named_setting{"CLINIC_EMAIL", "a bare address that can be mailed", false,
                  [](settings& s, std::string_view t) {
                      return set_if(is_plain_text(t) && net::rendering::mailable(t).has_value(), s.clinic.email, t);
                  }},
    named_setting{"CLINIC_PHONE", some_text, false,
                  [](settings& s, std::string_view t) { return set_text(s.clinic.phone, t); }},
    named_setting{"CLINIC_ADDRESS", some_text, false,
                  [](settings& s, std::string_view t) { return set_text(s.clinic.address, t); }},
    named_setting{"CLINIC_TIME_ZONE", "a time zone such as Australia/Sydney", false,
                  [](settings& s, std::string_view t) {
                      return is_plain_text(t) && net::rendering::utc_offset(t, wall_time{}).has_value() &&
                             set_text(s.clinic.time_zone, t) && set_text(s.rules.time_zone, t);
                  }},
    named_setting{"CLINIC_PHONE_REGION", "a country in two capital letters such as AU", false,
                  [](settings& s, std::string_view t) {
                      return net::rendering::is_phone_region(t) && set_text(s.clinic.phone_region, t);
                  }},
    named_setting{"CLINIC_LOCALE", "a language tag such as en-AU", false,
                  [](settings& s, std::string_view t) { return is_language_tag(t) && set_text(s.clinic.locale, t); }},
    named_setting{"VIDEO_IDENTITY", "id-email or opaque", false,
                  [](settings& s, std::string_view t) { return set_video_identity(s.video_identity, t); }},
    named_setting{"LOG_LEVEL", "debug, info, warning or error", false,
                  [](settings& s, std::string_view t) { return set_log_level(s.log_level, t); }},
};
// NOLINTEND(bugprone-suspicious-missing-comma)

constexpr std::array<std::string_view, 8> old_names{"REDIS_URL",         "EMAIL_BACKEND",
                                                    "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND",
                                                    "CELERY_TIMEZONE",   "CELERY_TASK_ALWAYS_EAGER",
                                                    "CACHE_URL",         "DJANGO_SETTINGS_MODULE"};

}  // namespace

std::span<const named_setting> named_settings() noexcept {
    return settings_by_name;
}

const named_setting* find_named_setting(std::string_view name) noexcept {
    const auto at = std::ranges::find(settings_by_name, name, &named_setting::name);
    return at == settings_by_name.end() ? nullptr : &*at;
}

bool is_name_of_the_old_stack(std::string_view name) noexcept {
    return std::ranges::find(old_names, name) != old_names.end();
}

}  // namespace punctual::config
