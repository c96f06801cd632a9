#include "commands/command_line.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>

namespace punctual::commands {

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
    for (auto* one : {serve, migrate, check}) {
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
    asked.verb = migrate->parsed() ? verb::migrate : check->parsed() ? verb::check : verb::serve;
    return asked;
}

}  // namespace punctual::commands
