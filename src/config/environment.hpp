#pragma once
// Where a named setting stands outside the file (contract §2): NAME, else the file named by NAME_FILE,
// else the systemd credential in $CREDENTIALS_DIRECTORY. It knows nothing of what the values mean.

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace punctual::config {

struct found_value {
    std::string text;
    std::string origin;  // "environment: NAME", "environment: NAME_FILE", "credential: name"
};

struct ignored_source {
    std::string name;  // SECRET_KEY_FILE
    std::string why;   // "SECRET_KEY is set too"
};

class environment {
public:
    using variables = std::map<std::string, std::string>;

    explicit environment(const variables& all) : all_{all} {}

    // The strongest source there is; a file that cannot be read, or is empty, is a mistake and no value. The
    // weaker ones go to `ignored`.
    [[nodiscard]] std::optional<found_value> find(const std::string& name, std::vector<std::string>& mistakes,
                                                  std::vector<ignored_source>& ignored) const;

    [[nodiscard]] const variables& all() const noexcept { return all_; }

private:
    [[nodiscard]] std::optional<std::string> credential(const std::string& name) const;

    const variables& all_;
};

}  // namespace punctual::config
