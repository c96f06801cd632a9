#include "commands/command_line.hpp"

#include "commands/instant.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <charconv>
#include <cstdint>
#include <iostream>
#include <utility>

namespace punctual::commands {
namespace {

// "" or what is wrong with it, as CLI11 wants it of a check.
std::string complain_of_instant(const std::string& text) {
    return parse_instant(text) ? ""
                               : "found \"" + text + "\", expected a time with its offset: 2026-11-24T09:00:00+11:00";
}

std::string complain_of_id(const std::string& text) {
    std::int64_t id = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), id);
    return ec == std::errc{} && end == text.data() + text.size() && id > 0
               ? ""
               : "found \"" + text + "\", expected an appointment's id: a whole number from 1 on";
}

}  // namespace

std::variant<request, int> parse(int argc, const char* const* argv) {
    CLI::App line{"punctuald, the appointment daemon: reminds patients and opens their video rooms", "punctuald"};
    line.set_version_flag("--version", "punctuald " PUNCTUAL_VERSION);
    line.require_subcommand(0, 1);

    request asked;
    std::string config;
    const auto take_config = [&config](CLI::App& of) {
        of.add_option("--config", config, "TOML file (default /etc/punctual/punctual.toml when it exists)");
    };
    take_config(line);

    auto* serve = line.add_subcommand("serve", "run the daemon (also without a subcommand)");
    auto* migrate = line.add_subcommand("migrate", "bring the database schema up to date; safe to run again");
    migrate->add_option("--adapter", asked.adapter, "whose tables: standalone (ours) or django (the clinic's)")
        ->check(CLI::IsMember({"standalone", "django"}))
        ->capture_default_str();
    auto* check =
        line.add_subcommand("check", "try configuration, database, Twilio, SMTP, templates and clock; sends nothing");

    domain::appointment_id appointment = 0;
    std::string at;
    std::string until;
    std::string channel;
    auto* plan = line.add_subcommand("plan", "print what would be sent, and send nothing");
    plan->add_option("--appointment", appointment, "of this appointment alone")->check(complain_of_id);
    plan->add_option("--at", at, "as if it were then (default now)")->check(complain_of_instant);
    plan->add_option("--until", until, "up to then (default a day after; with --appointment, its end)")
        ->check(complain_of_instant);
    auto* explain = line.add_subcommand("explain", "tell what became of every message of an appointment, and why");
    explain->add_option("ID", appointment, "the appointment")->required()->check(complain_of_id);
    auto* send_test = line.add_subcommand("send-test", "send one real message and print the provider's answer");
    send_test->add_option("CHANNEL", channel, "email, whatsapp or sms")
        ->required()
        ->check(CLI::IsMember({"email", "whatsapp", "sms"}));
    send_test->add_option("--to", asked.to, "the address, or the phone number")->required();
    for (auto* one : {serve, migrate, check, plan, explain, send_test}) {
        take_config(*one);
    }

    try {
        line.parse(argc, argv);
    } catch (const CLI::Success& done) {
        return line.exit(done);
    } catch (const CLI::ParseError& wrong) {
        std::cerr << "punctuald: " << wrong.what() << " (punctuald --help tells how)\n";
        return 2;
    }
    if (!config.empty()) {
        asked.config = config;
    }
    if (appointment != 0) {
        asked.appointment = appointment;
    }
    asked.at = parse_instant(at);
    asked.until = parse_instant(until);
    if (asked.at && asked.until && *asked.until <= *asked.at) {
        std::cerr << "punctuald: --until: found \"" << until << "\", expected a time after --at, " << at << '\n';
        return 2;
    }
    asked.channel = domain::parse<domain::channel>(channel).value_or(domain::channel::email);
    for (const auto& [subcommand, verb] : {std::pair{migrate, verb::migrate},
                                           {check, verb::check},
                                           {plan, verb::plan},
                                           {explain, verb::explain},
                                           {send_test, verb::send_test}}) {
        if (subcommand->parsed()) {
            asked.verb = verb;
        }
    }
    return asked;
}

}  // namespace punctual::commands
