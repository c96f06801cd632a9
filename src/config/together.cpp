#include "config/together.hpp"

#include "config/shown.hpp"
#include "config/text_file.hpp"
#include "config/values.hpp"
#include "net/async/loopback.hpp"
#include "net/async/tls_session.hpp"
#include "net/rendering/template_set.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <optional>

namespace punctual::config {
namespace {

class checking {
public:
    checking(const settings& all, bool serves, const std::function<bool(std::string_view)>& was_refused)
        : all_{all}, serves_{serves}, was_refused_{was_refused} {}

    std::vector<std::string> run() {
        if (serves_ && all_.http.secret_key.empty() && !was_refused_("SECRET_KEY")) {
            complain(
                "SECRET_KEY: found nothing, expected the key of the front end's bearer tokens, at least 16 "
                "characters");
        }
        check_authorities("EMAIL_CA_FILE", all_.email.ca_file);
        check_authorities("TWILIO_CA_FILE", all_.twilio.ca_file);
        check_email();
        check_twilio();
        if (!all_.page.folder.empty() && all_.page.connect_hosts.empty() && all_.page.signalling_url.empty()) {
            complain(
                "session_page.connect_hosts: found nothing, expected Twilio's hosts, since session_page.folder is set");
        }
        check_templates();
        return std::move(mistakes_);
    }

private:
    void complain(std::string text) { mistakes_.push_back(std::move(text)); }

    void check_authorities(const std::string& name, const std::string& path) {
        if (path.empty()) {
            return;
        }
        const auto refuse = [&](const std::string& why) {
            complain(name + ": found " + shown(path) + ", " + why + ", expected a readable file of PEM certificates");
        };
        const auto text = read_text_file(path);
        if (!text) {
            return refuse("which cannot be read (" + text.error() + ")");
        }
        if (!text->contains("-----BEGIN")) {
            return refuse("which holds none");
        }
        try {
            const net::tls_context tried{path};
        } catch (const std::exception&) {
            refuse("which holds a broken one");
        }
    }

    void check_email() {
        const auto& email = all_.email;
        if (email.host.empty()) {
            return;
        }
        if (email.from.empty() && !was_refused_("DEFAULT_FROM_EMAIL")) {
            complain("DEFAULT_FROM_EMAIL: found nothing, expected the sender's address, since EMAIL_HOST is set");
        }
        if (email.use_tls && email.use_ssl) {
            complain(
                "EMAIL_USE_TLS, EMAIL_USE_SSL: found both true, expected one: STARTTLS or TLS from the first byte");
        }
        if (!email.use_tls && !email.use_ssl && !email.user.empty() && !net::is_loopback_host(email.host)) {
            complain(
                "EMAIL_HOST_USER: found a user without TLS, expected EMAIL_USE_TLS or EMAIL_USE_SSL, since a password "
                "would cross the network in clear");
        }
        check_pair("EMAIL_HOST_USER", email.user, "EMAIL_HOST_PASSWORD", email.password);
    }

    void check_twilio() {
        const auto& twilio = all_.twilio;
        check_pair("TWILIO_API_KEY", twilio.api_key, "TWILIO_API_SECRET", twilio.api_secret);
        if (twilio.account_sid.empty() && (!twilio.auth_token.empty() || !twilio.api_key.empty()) &&
            !was_refused_("TWILIO_ACCOUNT_SID")) {
            complain("TWILIO_ACCOUNT_SID: found nothing, expected the account of TWILIO_AUTH_TOKEN or TWILIO_API_KEY");
        }
        // Forgotten, it would switch every text and room off without a word.
        if (!twilio.account_sid.empty() && twilio.auth_token.empty() && twilio.api_key.empty() &&
            !was_refused_("TWILIO_AUTH_TOKEN") && !was_refused_("TWILIO_API_KEY")) {
            complain(
                "TWILIO_AUTH_TOKEN, TWILIO_API_KEY: found neither, expected one of them, since TWILIO_ACCOUNT_SID is "
                "set");
        }
    }

    void check_pair(const std::string& one, const std::string& its, const std::string& other,
                    const std::string& others) {
        if (its.empty() != others.empty() && !was_refused_(one) && !was_refused_(other)) {
            complain(one + ", " + other + ": found " + (its.empty() ? other : one) +
                     " alone, expected both or neither");
        }
    }

    void check_templates() {
        std::vector<std::string> reminders;
        reminders.reserve(all_.rules.reminders.size());
        for (const auto& rule : all_.rules.reminders) {
            reminders.push_back(rule.name);
        }
        auto templates = net::rendering::template_set::load(all_.template_directory, reminders);
        if (!templates) {
            complain("template_directory: found " + shown(all_.template_directory) + ", " +
                     templates.error().message() + ", expected a readable folder of templates");
            // The language is looked for among those of the program.
            templates = net::rendering::template_set::load({}, reminders);
        }
        if (!templates) {
            return;
        }
        if (!templates->language_for(all_.clinic.locale)) {
            std::string languages;
            for (const auto& language : templates->languages()) {
                languages.append(languages.empty() ? "" : ", ").append(language);
            }
            complain("CLINIC_LOCALE: found " + shown(all_.clinic.locale) +
                     ", expected a language that there are templates in: " + languages);
        }
    }

    const settings& all_;
    const bool serves_;
    const std::function<bool(std::string_view)>& was_refused_;
    std::vector<std::string> mistakes_;
};

}  // namespace

std::vector<std::string> check_together(const settings& all, bool serves,
                                        const std::function<bool(std::string_view name)>& was_refused) {
    return checking{all, serves, was_refused}.run();
}

}  // namespace punctual::config
