#include "config/loader.hpp"
#include "config/doubts.hpp"

#include "config/environment.hpp"
#include "config/names.hpp"
#include "config/shown.hpp"
#include "config/text_file.hpp"
#include "config/together.hpp"
#include "config/toml_file.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace punctual::config {
namespace {

constexpr const char* default_file = "/etc/punctual/punctual.toml";

std::optional<std::filesystem::path> standard_file() {
    std::error_code ec;
    const bool there = std::filesystem::exists(default_file, ec);
    // One that may not be looked at is there, and is told of when it is read.
    return there || ec ? std::optional<std::filesystem::path>{default_file} : std::nullopt;
}

std::string lower(std::string_view name) {
    std::string out{name};
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

class loading {
public:
    loading(const sources& from, loaded& out) : from_{from}, out_{out} {}

    void file() {
        const auto path = from_.file ? from_.file : standard_file();
        if (!path) {
            return;
        }
        const auto text = read_text_file(*path);
        if (!text) {
            out_.mistakes.push_back("--config: found " + shown(path->string()) + ", which cannot be read (" +
                                    text.error() + "), expected a readable TOML file");
            return;
        }
        const auto origin = shown_key(path->filename().string());
        auto contents = read_toml(*text, origin, out_.settings);
        std::ranges::move(contents.mistakes, std::back_inserter(out_.mistakes));
        for (auto& name : contents.old_names) {
            note_old_name(name);
        }
        for (const auto& [name, value] : contents.names) {
            apply(name, value.text, origin + " line " + std::to_string(value.line) + ": " + shown_key(name));
        }
    }

    void environment() {
        layer_ = environment_layer;
        const config::environment all{from_.environment};
        for (const auto& setting : named_settings()) {
            const std::string name{setting.name};
            if (auto value = all.find(name, out_.mistakes, ignored_)) {
                apply(name, value->text, value->origin);
            } else if (from_.environment.contains(name + "_FILE")) {
                refused_.insert(name);  // has been told
            }
        }
        for (const auto& [name, value] : from_.environment) {
            if (name.starts_with(content_sid_prefix)) {
                apply(name, value, "environment: " + shown_key(name));
            } else if (is_name_of_the_old_stack(name)) {
                note_old_name(name);
            }
        }
        for (auto& one : ignored_) {
            out_.notes.push_back({std::move(one.name), std::move(one.why)});
        }
    }

    void together(purpose what_for) {
        // Django's way: EMAIL_USE_SSL alone means that STARTTLS is not wanted.
        auto& email = out_.settings.email;
        if (email.use_ssl && email.use_tls) {
            if (layer_of("EMAIL_USE_SSL") > layer_of("EMAIL_USE_TLS")) {
                email.use_tls = false;
            } else if (layer_of("EMAIL_USE_TLS") > layer_of("EMAIL_USE_SSL")) {
                email.use_ssl = false;
            }
        }
        if (what_for != purpose::database) {
            auto found = check_together(out_.settings, what_for == purpose::serve,
                                        [this](std::string_view name) { return refused_.contains(name); });
            std::ranges::move(found, std::back_inserter(out_.mistakes));
            out_.doubts = doubts(out_.settings);
        }
    }

private:
    // 0: nowhere.
    [[nodiscard]] int layer_of(const std::string& name) const {
        const auto found = given_.find(name);
        return found == given_.end() ? 0 : found->second;
    }

    void note_old_name(const std::string& name) {
        if (std::ranges::find(out_.notes, name, &note::name) == out_.notes.end()) {
            out_.notes.push_back({name, "the old stack's"});
        }
    }

    // `origin` ends with the key.
    void apply(const std::string& name, const std::string& value, const std::string& origin) {
        if (name.starts_with(content_sid_prefix)) {
            apply_content_sid(name, value, origin);
            return;
        }
        // The old name speaks only where the new one is silent. (In a file it comes before it, by the alphabet.)
        if (name == "TWILIO_PHONE_NUMBER" && layer_of("TWILIO_SMS_FROM") == layer_) {
            out_.notes.push_back({name, "TWILIO_SMS_FROM is set too"});
            return;
        }
        // Empty, as in the example file, it is silent.
        if (name == "TWILIO_SMS_FROM" && value.empty() && layer_of("TWILIO_PHONE_NUMBER") == layer_) {
            return;
        }
        const auto* setting = find_named_setting(name);
        if (!value.empty()) {
            given_[name] = layer_;
        }
        if (setting != nullptr && !setting->assign(out_.settings, value)) {
            refused_.insert(name);
            const auto found =
                value.empty() || !setting->secret ? shown(value) : std::to_string(value.size()) + " characters";
            out_.mistakes.push_back(origin + ": found " + found + ", expected " + std::string{setting->expected});
        }
    }

    void apply_content_sid(const std::string& name, const std::string& value, const std::string& origin) {
        if (value.empty()) {
            return;
        }
        if (!resembles_sid(value, "HX")) {
            out_.mistakes.push_back(origin + ": found " + shown(value) +
                                    ", expected a Content SID: HX and letters or digits");
            return;
        }
        const auto kind = lower(std::string_view{name}.substr(content_sid_prefix.size()));
        if (!domain::find_kind(out_.settings.rules, kind)) {
            // Not a mistake: the environment of a clinic outlives its plan.
            out_.notes.push_back({shown_key(name), "the reminder plan has no such message"});
            return;
        }
        out_.settings.twilio.content_sids[""][kind] = value;
    }

    const sources& from_;
    loaded& out_;
    std::vector<ignored_source> ignored_;
    static constexpr int file_layer = 1;
    static constexpr int environment_layer = 2;
    int layer_ = file_layer;
    std::map<std::string, int, std::less<>> given_;  // by which layer, the last one
    std::set<std::string, std::less<>> refused_;
};

}  // namespace

loaded load(const sources& from, purpose what_for) {
    loaded out;
    loading work{from, out};
    work.file();
    work.environment();
    work.together(what_for);
    std::ranges::sort(out.notes, {}, &note::name);
    return out;
}

std::map<std::string, std::string> process_environment() {
    std::map<std::string, std::string> all;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        const auto equals = text.find('=');
        if (equals != std::string_view::npos) {
            all.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return all;
}

}  // namespace punctual::config
