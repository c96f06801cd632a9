#include "net/store/migrate.hpp"

#include "commands/commands.hpp"
#include "commands/load_settings.hpp"

#include <iostream>

namespace punctual::commands {

int migrate(const request& asked) {
    const auto loaded = load_settings(asked, config::purpose::database);
    if (!loaded) {
        return 1;
    }
    const auto adapter = net::parse_adapter(asked.adapter).value_or(net::adapter::standalone);
    const auto report = net::migrate(loaded->settings.database_url, adapter);
    if (!report) {
        std::cerr << "punctuald: " << report.error().message() << '\n';
        return 1;
    }
    for (const auto& name : report->applied) {
        std::cout << "applied " << name << '\n';
    }
    std::cout << "up to date: " << report->applied.size() << " applied, " << report->present << " were there\n";
    if (report->unknown > 0) {
        std::cout << report->unknown << " unknown to this program: the database has seen a newer one\n";
    }
    return 0;
}

}  // namespace punctual::commands
