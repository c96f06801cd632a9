#include "commands/callback_check.hpp"

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

}  // namespace

std::string callbacks_in_vain(const config::settings& settings) {
    const auto& ours = settings.http.backend_url;
    if (!is_twilio(host_of(settings.twilio.api_base_url)) || !net::is_private_host(host_of(ours))) {
        return {};
    }
    return "never called: Twilio cannot reach " + ours +
           ", an address of this machine or network; set BACKEND_URL to the public one";
}

}  // namespace punctual::commands
