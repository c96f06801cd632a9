#pragma once
// File, environment and credentials to settings (contract §2). Every mistake is found and told in one
// go: the key, what was found, what is expected; a secret's value is never told. Where several sources
// name one setting, the strongest counts and each other one gets a note.

#include "config/settings.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace punctual::config {

struct sources {
    // --config; without it /etc/punctual/punctual.toml when it exists.
    std::optional<std::filesystem::path> file;
    std::map<std::string, std::string> environment;
};

// What the caller is going to do with the settings.
enum class purpose : std::uint8_t {
    serve,     // everything that the daemon needs
    messages,  // what messages are made of and sent with: plan, send-test. No bearer token is looked at, so no
               // SECRET_KEY
    database,  // only the database: migrate, explain
};

// A source that is not used, and why: for one log line.
struct note {
    std::string name;  // REDIS_URL, SECRET_KEY_FILE
    std::string why;   // "the old stack's", "SECRET_KEY is set too"
};

struct loaded {
    config::settings settings;
    std::vector<std::string> mistakes;  // empty: the settings can be used
    std::vector<note> notes;            // by name
    std::vector<std::string> doubts;    // values that hardly go together, a sentence each
};

[[nodiscard]] loaded load(const sources& from, purpose what_for);

// The process's own environment.
[[nodiscard]] std::map<std::string, std::string> process_environment();

}  // namespace punctual::config
