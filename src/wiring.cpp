#include "wiring.hpp"

#include "config/values.hpp"
#include "net/systemd/service_manager.hpp"

#include <utility>

namespace punctual::wiring {

net::log_level log_level(const config::settings& from) noexcept {
    switch (from.log_level) {
        case config::log_level::debug:
            return net::log_level::debug;
        case config::log_level::info:
            return net::log_level::info;
        case config::log_level::warning:
            return net::log_level::warning;
        case config::log_level::error:
            break;
    }
    return net::log_level::error;
}

net::postgres::client_options database(const config::settings& from, std::string application_name) {
    net::postgres::client_options options;
    options.conninfo = from.database_url;
    options.application_name = std::move(application_name);
    return options;
}

net::smtp::client_options email(const config::settings& from) {
    net::smtp::client_options options;
    options.host = from.email.host;
    options.port = from.email.port;
    options.security = from.email.use_ssl   ? net::smtp::security::implicit_tls
                       : from.email.use_tls ? net::smtp::security::starttls
                                            : net::smtp::security::none;
    options.user = from.email.user;
    options.password = from.email.password;
    // RFC 5321 §4.1.1.1 asks for our own name; behind NAT the sender's domain is the best there is.
    if (const auto address = config::bare_address(from.email.from)) {
        options.helo_name = address->substr(address->rfind('@') + 1);
    }
    options.pool.size = from.email.connections;
    options.connect_limit = from.run.connect_timeout;
    options.command_limit = from.email.command_timeout;
    options.dot_limit = from.email.dot_timeout;
    return options;
}

net::twilio::connection_options twilio(const config::settings& from) {
    const auto& account = from.twilio;
    net::twilio::connection_options out;
    out.who = {.sid = account.account_sid,
               .auth_token = account.auth_token,
               .api_key = account.api_key,
               .api_secret = account.api_secret};
    out.from = {.whatsapp_from = account.whatsapp_from,
                .sms_from = account.sms_from,
                .messaging_service_sid = account.messaging_service_sid};
    out.room.max_participants = from.room.max_participants;
    out.room.unused_room_timeout = from.room.unused_room_timeout;
    out.room.empty_room_timeout = from.room.empty_room_timeout;
    out.room.media_region = from.room.media_region;
    out.room.status_callback = from.http.backend_url + "/api/webhooks/twilio/rooms/status/";
    out.api_base_url = account.api_base_url;
    out.video_base_url = account.video_base_url;
    out.connections = account.connections;
    out.connect_timeout = from.run.connect_timeout;
    return out;
}

net::rendering::composer_settings composer(const config::settings& from) {
    net::rendering::composer_settings out;
    out.clinic_name = from.clinic.name;
    out.clinic_email = from.clinic.email;
    out.clinic_phone = from.clinic.phone;
    out.clinic_address = from.clinic.address;
    out.time_zone = from.clinic.time_zone;
    out.phone_region = from.clinic.phone_region;
    out.locale = from.clinic.locale;
    out.from = from.email.from;
    out.frontend_url = from.http.frontend_url;
    out.backend_url = from.http.backend_url;
    const bool service = !from.twilio.messaging_service_sid.empty();
    out.whatsapp = from.twilio.configured() && (service || !from.twilio.whatsapp_from.empty());
    out.sms = from.twilio.configured() && (service || !from.twilio.sms_from.empty());
    out.whatsapp_from = from.twilio.whatsapp_from;
    out.whatsapp_freeform = from.twilio.whatsapp_freeform;
    for (const auto& [language, kinds] : from.twilio.content_sids) {
        for (const auto& [kind, sid] : kinds) {
            out.content[kind][language] = {.sid = sid, .variables = {}};
        }
    }
    for (const auto& reminder : from.rules.reminders) {
        out.reminders.push_back(reminder.name);
    }
    out.join_before = std::chrono::duration_cast<std::chrono::minutes>(from.rules.join_before);
    out.template_folder = from.template_directory;
    return out;
}

http::api_settings api(const config::settings& from) {
    http::api_settings out;
    out.secret_key = from.http.secret_key;
    out.frontend_url = from.http.frontend_url;
    out.backend_url = from.http.backend_url;
    out.twilio_account_sid = from.twilio.account_sid;
    out.twilio_auth_token = from.twilio.auth_token;
    out.twilio_api_key = from.twilio.api_key;
    out.twilio_api_secret = from.twilio.api_secret;
    out.opaque_identity = from.video_identity == config::video_identity::opaque;
    return out;
}

http::session_page_settings session_page(const config::settings& from) {
    http::session_page_settings out;
    out.folder = from.page.folder;
    out.clinic_name = from.clinic.name;
    out.clinic_phone = from.clinic.phone;
    out.clinic_email = from.clinic.email;
    out.frontend_url = from.http.frontend_url;
    out.backend_url = from.http.backend_url;
    out.sign_in_url = from.page.sign_in_url.empty() ? from.http.frontend_url + "/login" : from.page.sign_in_url;
    out.token_key = from.page.token_key;
    out.signalling_url = from.page.signalling_url;
    out.connect_hosts = from.page.connect_hosts;
    return out;
}

http::server_options server(const config::settings& from) {
    http::server_options out;
    out.address = from.http.listen_address;
    out.port = from.http.port;
    out.inherited_socket = net::systemd::inherited_socket().value_or(-1);
    return out;
}

}  // namespace punctual::wiring
