#include "commands/commands.hpp"
#include "commands/database_check.hpp"
#include "commands/load_settings.hpp"
#include "commands/reach_check.hpp"
#include "net/async/clock.hpp"
#include "net/async/task_group.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "net/smtp/client.hpp"
#include "net/twilio/connections.hpp"
#include "wiring.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace punctual::commands {
namespace {

using namespace std::chrono_literals;

constexpr auto provider_time = 15s;

std::string describe(const std::exception_ptr& why) {
    try {
        std::rethrow_exception(why);
    } catch (const std::exception& thrown) {
        return thrown.what();
    } catch (...) {
        return "broke";
    }
}

// A server's words may have several.
std::string one_line(std::string_view text) {
    std::string line{text};
    std::ranges::replace_if(line, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
    while (line.ends_with(' ')) {
        line.pop_back();
    }
    return line;
}

class checking {
public:
    explicit checking(const config::settings& settings)
        : settings_{settings}, log_{net::make_null_logger()}, clock_{net::make_system_clock(context_)} {}

    int run(const config::loaded& loaded) {
        std::string unused;
        for (const auto& note : loaded.notes) {
            unused.append(unused.empty() ? "not used: " : ", ").append(note.name);
        }
        say("configuration", true, unused);
        for (const auto& one : loaded.doubts) {
            say("configuration", true, "doubtful: " + one);
        }
        net::task_group group{context_.get_executor(), [&](std::string_view, const std::exception_ptr& why) {
                                  if (why) {
                                      say("check", false, describe(why));
                                  }
                              }};
        group.spawn("checks", everything());
        context_.run();
        return failed_ ? 1 : 0;
    }

private:
    void say(std::string_view what, bool good, const std::string& text) {
        std::cout << what << ": " << (good ? "ok" : "FAIL") << (text.empty() ? "" : " ") << one_line(text) << '\n'
                  << std::flush;
        failed_ = failed_ || !good;
    }

    net::task<> everything() {
        const auto found = co_await check_database(context_, *clock_, settings_);
        say("database", found.database.good, found.database.text);
        say("clock", found.clock.good, found.clock.text);
        co_await check_twilio();
        co_await check_email();
        say("links", true, links_in_vain(settings_));
        say("video", true, video_in_vain(settings_));
        check_templates();
        check_session_page();
    }

    net::task<> check_twilio() {
        if (!settings_.twilio.configured()) {
            say("twilio", true, "off: video and texts need TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN or an API key");
            co_return;
        }
        const auto connector = net::make_connector(context_, settings_.twilio.ca_file);
        auto options = wiring::twilio(settings_);
        co_await check_credentials("twilio", *connector, options);
        if (settings_.twilio.can_sign_tokens() && !settings_.twilio.auth_token.empty()) {
            // Calls are made with the key; the token must be right too, since it signs the callbacks.
            options.who.api_key.clear();
            options.who.api_secret.clear();
            co_await check_credentials("twilio auth token", *connector, options);
        }
        if (!settings_.twilio.can_sign_tokens()) {
            say("video tokens", true, "off: they need TWILIO_API_KEY and TWILIO_API_SECRET");
        }
        const auto& account = settings_.twilio;
        const bool service = !account.messaging_service_sid.empty();
        if (!service && account.whatsapp_from.empty()) {
            say("whatsapp", true,
                "off: it needs TWILIO_WHATSAPP_FROM or TWILIO_MESSAGING_SERVICE_SID; texts go by SMS");
        } else if (!account.whatsapp_freeform && account.content_sids.empty()) {
            say("whatsapp", true, "off: no message has an approved template (TWILIO_CONTENT_SID_…); texts go by SMS");
        } else {
            say("whatsapp", true, "");
        }
        const bool sms = service || !account.sms_from.empty();
        say("sms", true, sms ? "" : "off: it needs TWILIO_SMS_FROM or TWILIO_MESSAGING_SERVICE_SID");
        if (settings_.twilio.auth_token.empty()) {
            say("webhooks", true, "off: signatures need TWILIO_AUTH_TOKEN");
        } else if (const auto warning = callbacks_in_vain(settings_); !warning.empty()) {
            say("webhooks", true, warning);
        }
    }

    net::task<> check_credentials(std::string_view what, net::connector& connector,
                                  net::twilio::connection_options options) {
        auto made = net::twilio::make_connections(context_.get_executor(), connector, std::move(options));
        if (!made) {
            say(what, false, made.error().message());
            co_return;
        }
        auto& connections = **made;
        // A name that no appointment has: "not found" means that the credentials are good.
        const auto room = co_await connections.rooms().find("punctual-check", clock_->boot_now() + provider_time);
        const bool video = room || room.error().code == net::twilio::twilio_errc::not_found;
        // Messages are at another host. Of a number that nobody has there are none.
        const auto listed = co_await connections.messenger().list(
            domain::channel::sms, "+15005550000", clock_->wall_now(), clock_->boot_now() + provider_time);
        const bool good = video && listed.has_value();
        say(what, good,
            !video    ? room.error().message()
            : !listed ? "its messages cannot be asked for at " + settings_.twilio.api_base_url
                      : "");
        connections.close();
    }

    net::task<> check_email() {
        if (settings_.email.host.empty()) {
            say("email", true, "off: EMAIL_HOST is not set");
            co_return;
        }
        const auto connector = net::make_connector(context_, settings_.email.ca_file);
        const auto mailer = net::smtp::make_mailer(context_, *connector, *log_, wiring::email(settings_));
        const auto answer = co_await mailer->check(clock_->boot_now() + provider_time);
        const bool good = answer.verdict == net::smtp::mail_verdict::accepted;
        say("email", good, answer.code == 0 ? answer.text : std::to_string(answer.code) + " " + answer.text);
    }

    void check_templates() {
        const auto composer = net::rendering::make_composer(wiring::composer(settings_), *log_);
        if (!composer) {
            say("templates", false, composer.error().message());
            return;
        }
        const auto complaints = net::rendering::check_templates(wiring::composer(settings_));
        std::string all;
        for (const auto& complaint : complaints) {
            all.append(all.empty() ? "" : "; ").append(complaint);
        }
        say("templates", complaints.empty(), all);
    }

    void check_session_page() {
        if (settings_.page.folder.empty()) {
            say("session page", true, "off: session_page.folder is not set");
            return;
        }
        const auto page = http::session_page::load(wiring::session_page(settings_));
        say("session page", page.has_value(),
            page ? std::to_string(page->files()) + " files" : settings_.page.folder + ": " + page.error());
    }

    const config::settings& settings_;
    boost::asio::io_context context_{1};
    std::unique_ptr<net::logger> log_;
    std::unique_ptr<net::clock> clock_;
    bool failed_ = false;
};

}  // namespace

int check(const request& asked) {
    const auto loaded =
        config::load({.file = asked.config, .environment = config::process_environment()}, config::purpose::serve);
    for (const auto& mistake : loaded.mistakes) {
        std::cout << "configuration: FAIL " << mistake << '\n';
    }
    if (!loaded.mistakes.empty()) {
        for (const auto* what : {"database", "clock", "twilio", "email", "templates", "session page"}) {
            std::cout << what << ": FAIL not tried, since the configuration is wrong\n";
        }
        return 1;
    }
    checking work{loaded.settings};
    return work.run(loaded);
}

}  // namespace punctual::commands
