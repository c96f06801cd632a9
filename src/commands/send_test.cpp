#include "commands/commands.hpp"
#include "commands/errand.hpp"
#include "commands/load_settings.hpp"
#include "domain/mime.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "net/rendering/email_address.hpp"
#include "net/rendering/phone_number.hpp"
#include "net/smtp/client.hpp"
#include "net/twilio/connections.hpp"
#include "wiring.hpp"

#include <cstdio>
#include <iostream>
#include <random>
#include <utility>

namespace punctual::commands {
namespace {

using namespace std::chrono_literals;
using domain::channel;

constexpr auto provider_time = 30s;

int fail(const std::string& sentence) {
    std::cerr << "punctuald: " << sentence << '\n';
    return 1;
}

// No delivery: it has an id of its own all the same, for its Message-ID.
std::string made_up_id() {
    std::random_device source;
    std::string text = "test";
    for (int i = 0; i < 4; ++i) {
        text += "-" + std::to_string(source());
    }
    return text;
}

std::string test_words(const config::settings& settings) {
    return "Test message from " + settings.clinic.name + ": messages by this channel arrive.";
}

net::task<int> send_mail(boost::asio::io_context& context, net::clock& clock, const config::settings& settings,
                         domain::mailbox from, std::string to) {
    const auto log = net::make_null_logger();
    const auto connector = net::make_connector(context, settings.email.ca_file);
    const auto mailer = net::smtp::make_mailer(context, *connector, *log, wiring::email(settings));
    domain::mail_draft draft;
    draft.id = made_up_id();
    draft.id_domain = net::rendering::domain_of(from.address);
    draft.from = from;
    draft.to.address = to;
    draft.subject = "Test message from " + settings.clinic.name;
    draft.date = clock.wall_now();
    draft.text = test_words(settings);
    draft.html = "<!doctype html><html lang=\"en\"><body><p>Test message: e-mails arrive.</p></body></html>";
    net::smtp::mail message{from.address, std::move(to), domain::write_mail(draft)};
    const auto until = clock.boot_now() + provider_time;
    const auto answer = co_await mailer->send(std::move(message), until, until);
    mailer->stop();
    const auto words = (answer.code == 0 ? "" : std::to_string(answer.code) + " ") + answer.text;
    if (answer.verdict != net::smtp::mail_verdict::accepted) {
        co_return fail("not accepted: " + words);
    }
    std::cout << "accepted: " << words << '\n';
    co_return 0;
}

// The first approved template, with something in each of its places.
void use_template(const config::settings& settings, net::twilio::text_message& message) {
    for (const auto& [kind, languages] : wiring::composer(settings).content) {
        for (const auto& [language, content] : languages) {
            message.content_sid = content.sid;
            const auto& names = content.variables.empty() ? net::rendering::default_variables(kind) : content.variables;
            for (std::size_t i = 0; i < names.size(); ++i) {
                message.content_variables[std::to_string(i + 1)] = "test";
            }
            return;
        }
    }
}

net::task<int> send_text(boost::asio::io_context& context, net::clock& clock, const config::settings& settings,
                         net::twilio::text_message message) {
    const auto connector = net::make_connector(context, settings.twilio.ca_file);
    auto made = net::twilio::make_connections(context.get_executor(), *connector, wiring::twilio(settings));
    if (!made) {
        co_return fail(made.error().message());
    }
    auto& connections = **made;
    const auto until = clock.boot_now() + provider_time;
    const auto answer = co_await connections.messenger().send(std::move(message), until, until);
    connections.close();
    if (answer.verdict != net::twilio::text_verdict::accepted) {
        const auto code = answer.error_code == 0 ? std::string{} : std::to_string(answer.error_code) + " ";
        co_return fail("not accepted: " + code + answer.error_text);
    }
    std::cout << "accepted: " << answer.status << ", " << answer.sid << '\n';
    co_return 0;
}

int test_email(const config::settings& settings, const std::string& to) {
    if (settings.email.host.empty()) {
        return fail("e-mail is off: EMAIL_HOST is not set");
    }
    auto from = net::rendering::parse_mailbox(settings.email.from);
    if (!from) {
        return fail("DEFAULT_FROM_EMAIL is missing or is no address");
    }
    auto address = net::rendering::mailable(to);
    if (!address) {
        return fail("--to: expected an e-mail address, found \"" + to + "\"");
    }
    return run_errand([&](boost::asio::io_context& context, net::clock& clock) {
        return send_mail(context, clock, settings, std::move(*from), std::move(*address));
    });
}

int test_text(const config::settings& settings, channel by, const std::string& to) {
    const auto& twilio = settings.twilio;
    if (!twilio.configured()) {
        return fail("texts are off: they need TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN or an API key");
    }
    if (by == channel::whatsapp && twilio.whatsapp_from.empty() && twilio.messaging_service_sid.empty()) {
        return fail("WhatsApp is off: TWILIO_WHATSAPP_FROM is not set");
    }
    if (by == channel::sms && twilio.sms_from.empty() && twilio.messaging_service_sid.empty()) {
        return fail("SMS is off: TWILIO_SMS_FROM or TWILIO_MESSAGING_SERVICE_SID is not set");
    }
    auto number = net::rendering::parse_phone(to, settings.clinic.phone_region);
    if (!number) {
        return fail("--to: expected a mobile phone number, found \"" + to + "\"");
    }
    net::twilio::text_message message;
    message.channel = by;
    message.to = std::move(*number);
    if (by == channel::whatsapp && !twilio.whatsapp_freeform) {
        use_template(settings, message);
        if (message.content_sid.empty()) {
            return fail("WhatsApp has no approved template: TWILIO_CONTENT_SID_{KIND} is not set");
        }
    } else {
        message.body = test_words(settings);
    }
    return run_errand([&](boost::asio::io_context& context, net::clock& clock) {
        return send_text(context, clock, settings, std::move(message));
    });
}

}  // namespace

int send_test(const request& asked) {
    const auto loaded = load_settings(asked, config::purpose::messages);
    if (!loaded) {
        return 1;
    }
    return asked.channel == channel::email ? test_email(loaded->settings, asked.to)
                                           : test_text(loaded->settings, asked.channel, asked.to);
}

}  // namespace punctual::commands
