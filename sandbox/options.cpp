#include "sandbox/options.hpp"

#include "sandbox/form.hpp"
#include "sandbox/text.hpp"

#include <boost/asio/ip/address.hpp>

#include <CLI/CLI.hpp>

#include <random>
#include <string>

namespace punctual::sandbox {
namespace {

// Fixed, so that a configuration can name them; they open nothing but this stand-in.
constexpr auto usual_account = "AC0123456789abcdef0123456789abcdef";
constexpr auto usual_key = "SK0123456789abcdef0123456789abcdef";

std::string check_address(const std::string& text) {
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(text, ec);
    return !ec && address.is_loopback() ? ""
                                        : "must be a loopback address such as 127.0.0.1 or ::1, not '" + text + "'";
}

std::string check_duration(const std::string& text) {
    return parse_duration(text) ? "" : "must be a time such as 250ms, 1s or 1m, not '" + text + "'";
}

std::string check_url(const std::string& text) {
    return is_callback_url(text) ? "" : "must be an http or https URL, not '" + text + "'";
}

CLI::Validator check_sid(const std::string& prefix) {
    return {[prefix](std::string& text) {
                return is_sid(text, prefix) ? "" : "must be " + prefix + " and 32 lower-case hex digits";
            },
            ""};
}

}  // namespace

std::expected<sandbox_options, early_end> parse_command_line(int argc, const char* const* argv) {
    sandbox_options options;
    auto& account = options.world.credentials;
    account = {usual_account, "sandbox-auth-token", usual_key, "sandbox-api-secret"};
    options.world.seed = std::random_device{}();
    std::string room_minute = "1m";
    std::string step = "200ms";

    CLI::App app{"A local stand-in for Twilio and a mail server, for development and tests."};
    app.set_version_flag("--version", "punctual-sandbox " PUNCTUAL_VERSION);
    app.option_defaults()->always_capture_default();
    app.add_option("--address", options.address, "loopback address to listen on")->check(check_address);
    app.add_option("--http-port", options.http_port, "Twilio's API, control API and page; 0: any free port");
    app.add_option("--smtp-port", options.smtp_port, "SMTP with STARTTLS; 0: any free port");
    app.add_option("--https-port", options.https_port, "the same as --http-port under TLS; off unless given");
    app.add_option("--smtps-port", options.smtps_port, "SMTP under implicit TLS; off unless given");
    app.add_option("--account-sid", account.sid, "Twilio account")->check(check_sid("AC"));
    app.add_option("--auth-token", account.auth_token, "its auth token, which also signs webhooks");
    app.add_option("--api-key", account.api_key, "Twilio API key")->check(check_sid("SK"));
    app.add_option("--api-secret", account.api_secret, "its secret, which also signs video tokens");
    auto* user = app.add_option("--smtp-user", options.smtp.user, "SMTP needs AUTH with this user");
    auto* password = app.add_option("--smtp-password", options.smtp.password, "and this password");
    user->needs(password);
    password->needs(user);
    app.add_option("--ca-out", options.ca_out, "write the certificate authority of our TLS certificate (PEM) here");
    app.add_option("--callback-ca", options.callback_ca, "trust these roots (PEM) too for https webhooks")
        ->check(CLI::ExistingFile);
    app.add_option("--ports-file", options.ports_file, "write the ports here as KEY=VALUE");
    app.add_option("--room-minutes-as", room_minute, "how long a minute of a video room lasts")->check(check_duration);
    app.add_option("--message-step", step, "from one status of a message to the next")->check(check_duration);
    app.add_flag("--read-receipts", options.world.messaging.read_receipts, "WhatsApp messages are read after delivery");
    app.add_flag("--strict-window", options.world.messaging.strict_window,
                 "free WhatsApp text fails (63016) unless that number wrote within 24 hours");
    app.add_option("--inbound-url", options.world.messaging.inbound_url, "webhook for messages that people write")
        ->check(check_url);
    app.add_flag("--print", options.print, "print each delivery as it happens");
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return std::unexpected{early_end{app.help(), 0}};
    } catch (const CLI::CallForVersion& version) {
        return std::unexpected{early_end{std::string{version.what()} + "\n", 0}};
    } catch (const CLI::ParseError& mistake) {
        return std::unexpected{early_end{std::string{"punctual-sandbox: "} + mistake.what() + "\n", 2}};
    }
    options.world.room_minute = *parse_duration(room_minute);
    options.world.messaging.step = *parse_duration(step);
    return options;
}

}  // namespace punctual::sandbox
