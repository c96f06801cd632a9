#include "app.hpp"
#include "commands/commands.hpp"
#include "commands/load_settings.hpp"
#include "commands/reach_check.hpp"
#include "wiring.hpp"

#include <utility>

namespace punctual::commands {

int serve(const request& asked) {
    auto loaded = load_settings(asked, config::purpose::serve);
    if (!loaded) {
        return 1;
    }
    const auto log = net::make_stderr_logger(wiring::log_level(loaded->settings));
    for (const auto& one : loaded->notes) {
        log->info("setting_ignored", {{"name", one.name}, {"why", one.why}});
    }
    for (const auto& one : loaded->doubts) {
        log->warning("setting_doubtful", {{"what", one}});
    }
    for (const auto& one : {links_in_vain(loaded->settings), video_in_vain(loaded->settings)}) {
        if (!one.empty()) {
            log->warning("setting_doubtful", {{"what", one}});
        }
    }
    app daemon{std::move(loaded->settings), *log};
    return daemon.run();
}

}  // namespace punctual::commands
