#include "commands/load_settings.hpp"

#include <iostream>

namespace punctual::commands {

std::optional<config::loaded> load_settings(const request& asked, config::purpose what_for) {
    auto loaded = config::load({.file = asked.config, .environment = config::process_environment()}, what_for);
    for (const auto& mistake : loaded.mistakes) {
        std::cerr << "punctuald: " << mistake << '\n';
    }
    if (!loaded.mistakes.empty()) {
        return std::nullopt;
    }
    return loaded;
}

}  // namespace punctual::commands
