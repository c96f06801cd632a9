#pragma once
// Reads the tables of a configuration file: each key goes to its own function, and what cannot be used is
// remembered as one sentence with file, line, key, what was found and what is expected. It never stops at
// the first mistake. A key that nobody asked for is one.

#include "config/document.hpp"
#include "domain/policy.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::config {

class table_reader {
public:
    // `key` is the whole name, "video.room_before".
    using take = std::function<void(const node& at, const std::string& key)>;
    struct field {
        std::string_view key;
        take use;
    };

    // `origin` stands in every mistake: the file's name. Both must outlive the reader.
    table_reader(std::string_view origin, std::vector<std::string>& mistakes) : origin_{origin}, mistakes_{mistakes} {}

    void table(const node& at, const std::string& name, std::initializer_list<field> fields);
    // Every key is taken.
    void each(const node& at, const std::string& name,
              const std::function<void(const std::string& key, const node& content, const std::string& full)>& use);

    void duration(const node& at, const std::string& key, std::chrono::seconds& into,
                  std::chrono::seconds least = std::chrono::seconds{0},
                  std::chrono::seconds most = std::chrono::days{35});
    // Whole minutes.
    void minutes(const node& at, const std::string& key, std::chrono::minutes& into, std::chrono::minutes least,
                 std::chrono::minutes most);
    void time_of_day(const node& at, const std::string& key, std::chrono::minutes& into);
    void whole_number(const node& at, const std::string& key, std::int64_t least, std::int64_t most,
                      const std::function<void(std::int64_t)>& use);
    void flag(const node& at, const std::string& key, bool& into);
    void text(const node& at, const std::string& key, std::string& into);
    void channels(const node& at, const std::string& key, std::vector<domain::channel>& into);
    // Of those who have no number that texts could go to, or of a message that has words for a mail alone.
    void mail_alone(const node& at, const std::string& key, std::vector<domain::channel>& into);
    void nobody(const node& at, const std::string& key, std::string_view why);

    void complain(const node& at, const std::string& key, std::string_view expected);
    // What was found is said by the caller.
    void complain_of(const node& at, const std::string& key, std::string_view found, std::string_view expected);

private:
    void unknown(const member& what, const std::string& name, std::initializer_list<field> fields);

    std::string_view origin_;
    std::vector<std::string>& mistakes_;
};

}  // namespace punctual::config
