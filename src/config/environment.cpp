#include "config/environment.hpp"

#include "config/shown.hpp"
#include "config/text_file.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace punctual::config {
namespace {

std::string lower(std::string_view name) {
    std::string out{name};
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

std::string without_line_end(std::string text) {
    while (text.ends_with('\n') || text.ends_with('\r')) {
        text.pop_back();
    }
    return text;
}

// Somebody may have put the secret itself where its file belongs.
std::string shown_path(const std::string& path) {
    return path.contains('/') ? shown(path) : std::to_string(path.size()) + " characters";
}

std::optional<std::string> read_value(const std::string& path, const std::string& origin,
                                      std::vector<std::string>& mistakes) {
    auto text = read_text_file(path);
    if (!text) {
        mistakes.push_back(origin + ": found " + shown_path(path) + ", which cannot be read (" + text.error() +
                           "), expected a readable file");
        return std::nullopt;
    }
    auto value = without_line_end(std::move(*text));
    if (value.empty()) {
        mistakes.push_back(origin + ": found " + shown_path(path) + ", which is empty, expected a file with the value");
        return std::nullopt;
    }
    return value;
}

}  // namespace

// "The file name-in-lower-case": secret-key, or secret_key where somebody kept the underscores.
std::optional<std::string> environment::credential(const std::string& name) const {
    const auto folder = all_.find("CREDENTIALS_DIRECTORY");
    if (folder == all_.end() || folder->second.empty()) {
        return std::nullopt;
    }
    auto file = lower(name);
    for (int spelling = 0; spelling < 2; ++spelling) {
        const auto path = std::filesystem::path{folder->second} / file;
        std::error_code ignored;
        if (std::filesystem::exists(path, ignored)) {
            return path.string();
        }
        std::ranges::replace(file, '_', '-');
    }
    return std::nullopt;
}

std::optional<found_value> environment::find(const std::string& name, std::vector<std::string>& mistakes,
                                             std::vector<ignored_source>& ignored) const {
    const auto file_name = name + "_FILE";
    const auto plain = all_.find(name);
    const auto named = all_.find(file_name);
    const auto from_systemd = credential(name);
    std::string strongest;
    const auto takes_part = [&](const std::string& source) {
        if (strongest.empty()) {
            strongest = source;
            return true;
        }
        ignored.push_back({source, strongest + " is set too"});
        return false;
    };
    std::optional<found_value> found;
    if (plain != all_.end() && takes_part(name)) {
        found = found_value{plain->second, "environment: " + name};
    }
    if (named != all_.end() && takes_part(file_name)) {
        const auto origin = "environment: " + file_name;
        if (auto text = read_value(named->second, origin, mistakes)) {
            found = found_value{std::move(*text), origin};
        }
    }
    if (from_systemd && takes_part("credential " + lower(name))) {
        const auto origin = "credential: " + name;
        if (auto text = read_value(*from_systemd, origin, mistakes)) {
            found = found_value{std::move(*text), origin};
        }
    }
    return found;
}

}  // namespace punctual::config
