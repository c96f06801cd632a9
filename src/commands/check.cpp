#include "commands/commands.hpp"
#include "commands/load_settings.hpp"
#include "net/async/clock.hpp"
#include "net/async/task_group.hpp"
#include "net/postgres/client.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "net/smtp/client.hpp"
#include "net/store/postgres_store.hpp"
#include "net/twilio/connections.hpp"
#include "wiring.hpp"

#include <boost/asio/io_context.hpp>

#include <cmath>
#include <exception>
#include <iostream>
#include <optional>
#include <utility>

namespace punctual::commands {
namespace {

using namespace std::chrono_literals;

constexpr auto database_time = 8s;
constexpr auto provider_time = 15s;
constexpr std::chrono::duration<double> tolerated_skew = 2s;

std::string describe(const std::exception_ptr& why) {
    try {
        std::rethrow_exception(why);
    } catch (const std::exception& thrown) {
        return thrown.what();
    } catch (...) {
        return "broke";
    }
}

class checking {
public:
    explicit checking(const config::settings& settings)
        : settings_{settings}, log_{net::make_null_logger()}, clock_{net::make_system_clock(context_)} {}

    int run() {
        auto database = net::postgres::make_client(context_, *log_, wiring::database(settings_, "punctuald check"));
        net::task_group group{context_.get_executor(), [&](std::string_view, const std::exception_ptr& why) {
                                  if (why) {
                                      say("check", false, describe(why));
                                      database->stop();
                                  }
                              }};
        group.spawn("database", database->run());
        group.spawn("checks", everything(*database));
        context_.run();
        return failed_ ? 1 : 0;
    }

private:
    void say(std::string_view what, bool good, const std::string& text) {
        std::cout << what << ": " << (good ? "ok" : "FAIL") << (text.empty() ? "" : " ") << text << '\n';
        failed_ = failed_ || !good;
    }

    net::task<> everything(net::postgres::client& database) {
        say("configuration", true, "");
        const auto store = net::make_postgres_store(database, settings_.rules);
        co_await check_database(*store);
        database.stop();
        co_await check_notifications();
        co_await check_twilio();
        co_await check_email();
        check_templates();
    }

    net::task<> check_database(net::store& store) {
        const auto schema = co_await store.check_schema(clock_->boot_now() + database_time);
        say("database", schema.has_value(), schema ? "" : schema.error().message());
        if (!schema) {
            say("clock", false, "cannot be compared without the database");
            co_return;
        }
        const auto asked = clock_->wall_now();
        const auto health = co_await store.health(clock_->boot_now() + database_time);
        if (!health) {
            say("clock", false, health.error().message());
            co_return;
        }
        const auto middle = asked + (clock_->wall_now() - asked) / 2;
        const std::chrono::duration<double> skew = health->now - middle;
        const auto text = std::to_string(std::lround(skew.count() * 1000)) + " ms from the database's";
        say("clock", std::abs(skew.count()) <= tolerated_skew.count(), text);
    }

    // LISTEN as the daemon does it: a pooler in transaction mode accepts it and drops it.
    net::task<> check_notifications() {
        const auto heard = clock_->make_alarm();
        std::optional<bool> works;
        std::string why = "no proof in time";
        net::postgres::listener::events events;
        events.listening = [&] {
            works = true;
            heard->poke();
        };
        events.lost = [&](const error& what) {
            works = false;
            why = what.message();
            heard->poke();
        };
        const auto ear = net::postgres::make_listener(context_, *log_, wiring::database(settings_, "punctuald check"),
                                                      "punctual_check", std::move(events));
        net::task_group listening{context_.get_executor(), {}};
        listening.spawn("listener", ear->run());
        const auto until = clock_->boot_now() + database_time;
        while (!works && clock_->boot_now() < until) {
            co_await heard->wait_until(until);
        }
        ear->stop();
        co_await listening.wait();
        say("notifications", works.value_or(false), works.value_or(false) ? "" : why);
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
        if (settings_.twilio.auth_token.empty()) {
            say("webhooks", true, "off: signatures need TWILIO_AUTH_TOKEN");
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
        const bool good = room || room.error().code == net::twilio::twilio_errc::not_found;
        say(what, good, good ? "" : room.error().message());
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
        for (const auto& complaint : complaints) {
            say("templates", false, complaint);
        }
        if (complaints.empty()) {
            say("templates", true, "");
        }
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
        return 1;
    }
    checking work{loaded.settings};
    return work.run();
}

}  // namespace punctual::commands
