#include "commands/reach_check.hpp"

#include "net/async/private_host.hpp"

#include <string_view>

namespace punctual::commands {
namespace {

// Of an http(s) URL that the configuration has taken.
std::string_view host_of(std::string_view url) {
    if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
        url.remove_prefix(scheme + 3);
    }
    url = url.substr(0, url.find('/'));
    return url.starts_with('[') ? url.substr(0, url.find(']') + 1) : url.substr(0, url.find(':'));
}

bool is_twilio(std::string_view host) {
    return host == "twilio.com" || host.ends_with(".twilio.com");
}

// To a server or a provider that is not this machine's or this network's own.
bool writes_to_the_world(const config::settings& settings) {
    const bool mails = !settings.email.host.empty() && !net::is_private_host(settings.email.host);
    return mails || (settings.twilio.configured() && is_twilio(host_of(settings.twilio.api_base_url)));
}

}  // namespace

std::string links_in_vain(const config::settings& settings) {
    const auto& theirs = settings.http.frontend_url;
    if (!writes_to_the_world(settings) || !net::is_private_host(host_of(theirs))) {
        return {};
    }
    return "dead for patients: they cannot reach " + theirs +
           ", an address of this machine or network; set FRONTEND_URL to the public one";
}

std::string video_in_vain(const config::settings& settings) {
    if (settings.twilio.can_sign_tokens() || (settings.email.host.empty() && !settings.twilio.configured())) {
        return {};
    }
    return "messages of telehealth visits have a link to a room that nobody can enter: set TWILIO_ACCOUNT_SID, "
           "TWILIO_API_KEY and TWILIO_API_SECRET";
}

std::string callbacks_in_vain(const config::settings& settings) {
    const auto& ours = settings.http.backend_url;
    if (!is_twilio(host_of(settings.twilio.api_base_url)) || !net::is_private_host(host_of(ours))) {
        return {};
    }
    return "never called: Twilio cannot reach " + ours +
           ", an address of this machine or network; set BACKEND_URL to the public one";
}

}  // namespace punctual::commands
