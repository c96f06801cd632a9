#include "config/loader.hpp"

#include "config/names.hpp"
#include "config/toml_file.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <utility>

#include <unistd.h>

namespace punctual::config {
namespace {

constexpr const char* default_file = "/etc/punctual/punctual.toml";

std::optional<std::string> read_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in) {
        return std::nullopt;
    }
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    return in.bad() ? std::nullopt : std::optional{std::move(text)};
}

std::string without_line_end(std::string text) {
    while (text.ends_with('\n') || text.ends_with('\r')) {
        text.pop_back();
    }
    return text;
}

std::string lower(std::string_view name) {
    std::string out{name};
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
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
        const auto text = read_file(*path);
        if (!text) {
            out_.mistakes.push_back("--config: cannot read " + path->string() + ", expected a readable TOML file");
            return;
        }
        auto contents = read_toml(*text, path->filename().string(), out_.settings);
        std::ranges::move(contents.mistakes, std::back_inserter(out_.mistakes));
        std::ranges::move(contents.notes, std::back_inserter(out_.notes));
        for (const auto& [name, value] : contents.names) {
            apply(name, value, path->filename().string());
        }
    }

    void environment() {
        for (const auto& setting : named_settings()) {
            if (auto value = from_environment(std::string{setting.name})) {
                apply(setting.name, *value, "environment");
            }
        }
        for (const auto& [name, value] : from_.environment) {
            if (name.starts_with(content_sid_prefix)) {
                apply(name, value, "environment");
            } else if (is_name_of_the_old_stack(name)) {
                out_.notes.push_back(name);
            }
        }
    }

    [[nodiscard]] bool was_given(std::string_view name) const { return given_.contains(name); }

private:
    [[nodiscard]] static std::optional<std::filesystem::path> standard_file() {
        std::error_code ignored;
        return std::filesystem::exists(default_file, ignored) ? std::optional<std::filesystem::path>{default_file}
                                                              : std::nullopt;
    }

    // NAME, else the file named by NAME_FILE, else the systemd credential.
    std::optional<std::string> from_environment(const std::string& name) {
        if (const auto at = from_.environment.find(name); at != from_.environment.end()) {
            return at->second;
        }
        if (const auto at = from_.environment.find(name + "_FILE"); at != from_.environment.end()) {
            auto text = read_file(at->second);
            if (!text) {
                out_.mistakes.push_back(name + "_FILE: cannot read " + at->second + ", expected a readable file");
                return std::nullopt;
            }
            return without_line_end(std::move(*text));
        }
        if (const auto at = from_.environment.find("CREDENTIALS_DIRECTORY"); at != from_.environment.end()) {
            auto text = read_file(std::filesystem::path{at->second} / credential_name(name));
            if (text) {
                return without_line_end(std::move(*text));
            }
        }
        return std::nullopt;
    }

    // "The file name-in-lower-case": database-url, or database_url where somebody kept the underscores.
    [[nodiscard]] std::string credential_name(const std::string& name) const {
        auto dashed = lower(name);
        const auto at = from_.environment.find("CREDENTIALS_DIRECTORY");
        std::error_code ignored;
        if (std::filesystem::exists(std::filesystem::path{at->second} / dashed, ignored)) {
            return dashed;
        }
        std::ranges::replace(dashed, '_', '-');
        return dashed;
    }

    void apply(std::string_view name, const std::string& value, const std::string& origin) {
        if (name.starts_with(content_sid_prefix)) {
            apply_content_sid(name, value, origin);
            return;
        }
        // The old name speaks only where the new one is silent. (In a file it comes before it, by the alphabet.)
        if (name == "TWILIO_PHONE_NUMBER" && was_given("TWILIO_SMS_FROM")) {
            return;
        }
        const auto* setting = find_named_setting(name);
        given_.emplace(name);
        if (setting != nullptr && !setting->assign(out_.settings, value)) {
            const auto found = setting->secret ? std::to_string(value.size()) + " characters" : "\"" + value + "\"";
            out_.mistakes.push_back(origin + ": " + std::string{name} + ": found " + found + ", expected " +
                                    std::string{setting->expected});
        }
    }

    void apply_content_sid(std::string_view name, const std::string& value, const std::string& origin) {
        if (value.empty()) {
            return;
        }
        if (!value.starts_with("HX")) {
            out_.mistakes.push_back(origin + ": " + std::string{name} + ": found \"" + value +
                                    "\", expected a Content SID: HX and 32 hexadecimal digits");
            return;
        }
        out_.settings.twilio.content_sids[""][lower(name.substr(content_sid_prefix.size()))] = value;
    }

    const sources& from_;
    loaded& out_;
    std::set<std::string, std::less<>> given_;
};

void check_readable(loaded& out, std::string_view name, const std::string& path) {
    if (!path.empty() && !read_file(path)) {
        out.mistakes.push_back(std::string{name} + ": cannot read " + path + ", expected a readable PEM file");
    }
}

// What no single value can tell.
void check_together(loaded& out, purpose what_for) {
    const auto& s = out.settings;
    const auto complain = [&](std::string text) { out.mistakes.push_back(std::move(text)); };
    if (what_for == purpose::database) {
        return;
    }
    const bool complained = std::ranges::any_of(out.mistakes, [](const auto& m) { return m.contains("SECRET_KEY"); });
    if (s.http.secret_key.empty() && !complained) {
        complain(
            "SECRET_KEY: found nothing, expected the key of the front end's bearer tokens, at least 16 characters");
    }
    check_readable(out, "EMAIL_CA_FILE", s.email.ca_file);
    check_readable(out, "TWILIO_CA_FILE", s.twilio.ca_file);
    if (!s.email.host.empty()) {
        if (s.email.from.empty()) {
            complain("DEFAULT_FROM_EMAIL: found nothing, expected the sender's address, since EMAIL_HOST is set");
        }
        if (s.email.use_tls && s.email.use_ssl) {
            complain(
                "EMAIL_USE_TLS, EMAIL_USE_SSL: found both true, expected one: STARTTLS or TLS from the first byte");
        }
        if (!s.email.use_tls && !s.email.use_ssl && !s.email.user.empty() && !is_loopback_host(s.email.host)) {
            complain(
                "EMAIL_HOST_USER: found a user without TLS, expected EMAIL_USE_TLS or EMAIL_USE_SSL, since a password "
                "would cross the network in clear");
        }
        if (s.email.user.empty() != s.email.password.empty()) {
            complain("EMAIL_HOST_USER, EMAIL_HOST_PASSWORD: found one of them, expected both or neither");
        }
    }
    if (s.twilio.api_key.empty() != s.twilio.api_secret.empty()) {
        complain("TWILIO_API_KEY, TWILIO_API_SECRET: found one of them, expected both or neither");
    }
    if (s.twilio.account_sid.empty() && (!s.twilio.auth_token.empty() || !s.twilio.api_key.empty())) {
        complain("TWILIO_ACCOUNT_SID: found nothing, expected the account of TWILIO_AUTH_TOKEN or TWILIO_API_KEY");
    }
    if (s.run.lease < std::chrono::seconds{2}) {
        complain("limits.lease: found less than 2s, expected 2s or more");
    }
}

}  // namespace

loaded load(const sources& from, purpose what_for) {
    loaded out;
    loading work{from, out};
    work.file();
    work.environment();
    // Django's way: EMAIL_USE_SSL alone means that STARTTLS is not wanted.
    if (out.settings.email.use_ssl && !work.was_given("EMAIL_USE_TLS")) {
        out.settings.email.use_tls = false;
    }
    check_together(out, what_for);
    std::ranges::sort(out.notes);
    const auto repeated = std::ranges::unique(out.notes);
    out.notes.erase(repeated.begin(), repeated.end());
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
