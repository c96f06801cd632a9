// The TOML file and the named settings (src/config/toml_file.hpp, names.hpp, values.hpp); nothing is opened.

#include "config/names.hpp"
#include "config/toml_file.hpp"
#include "config/values.hpp"
#include "support/input.hpp"

#include <string>

namespace punctual::fuzz {
namespace {

using namespace std::chrono_literals;

void check_values(std::string_view text) {
    if (const auto length = config::parse_duration(text)) {
        require(*length >= 0s, "no duration is negative");
    }
    if (const auto time = config::parse_time_of_day(text)) {
        require(*time >= 0min && *time < 24h, "a time of day is of this day");
    }
    if (const auto url = config::parse_base_url(text)) {
        require(url->starts_with("http://") || url->starts_with("https://"), "a base URL is of the web");
        require(!url->ends_with('/'), "and has no slash at its end");
        require(std::ranges::all_of(*url, [](char c) { return c > ' ' && c != 0x7f; }), "nor a blank in it");
        require(config::parse_base_url(*url) == url, "read again it is the same");
    }
    if (const auto address = config::bare_address(text)) {
        require(address->contains('@') && !address->contains('\r') && !address->contains('\n') &&
                    !address->contains('<') && !address->contains('>') && !address->contains(' '),
                "a bare address is bare");
        require(config::bare_address(*address) == address, "and stays so");
    }
}

void check_rules(const config::settings& what) {
    for (const auto& one : what.rules.reminders) {
        require(one.before >= 0s && one.fallback_after >= 0s, "no offset is negative");
    }
}

}  // namespace

void try_input(std::string_view bytes) {
    check_values(bytes);
    config::settings once;
    const auto first = config::read_toml(bytes, "punctual.toml", once);
    config::settings again;
    const auto second = config::read_toml(bytes, "punctual.toml", again);
    require(first.mistakes == second.mistakes && first.names == second.names && once == again,
            "the same file says the same");
    for (const auto& mistake : first.mistakes) {
        require(!mistake.empty(), "a mistake has words");
    }
    if (first.mistakes.empty()) {
        check_rules(once);
    }
    for (const auto& [name, value] : first.names) {
        check_values(value.text);
        if (const auto* setting = config::find_named_setting(name)) {
            auto before = once;
            if (!setting->assign(before, value.text)) {
                require(!setting->expected.empty(), "what is refused is told what is expected");
            }
        }
    }
    // Every name takes any text or refuses it.
    for (const auto& setting : config::named_settings()) {
        config::settings into;
        static_cast<void>(setting.assign(into, bytes));
    }
}

}  // namespace punctual::fuzz
