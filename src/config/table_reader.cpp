#include "config/table_reader.hpp"

#include "config/shown.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <optional>

namespace punctual::config {
namespace {

using namespace std::chrono_literals;

std::string range(std::chrono::seconds least, std::chrono::seconds most) {
    return "from \"" + written(least) + "\" to \"" + written(most) + "\"";
}

std::optional<std::chrono::seconds> read_duration(const node& at) {
    const auto* text = std::get_if<std::string>(&at.value);
    return text == nullptr ? std::nullopt : parse_duration(*text);
}

}  // namespace

void table_reader::table(const node& at, const std::string& name, std::initializer_list<field> fields) {
    const auto* content = std::get_if<node::table>(&at.value);
    if (content == nullptr) {
        return complain(at, name, "a table");
    }
    for (const auto& one : *content) {
        const auto* const field = std::ranges::find(fields, std::string_view{one.key}, &field::key);
        if (field == fields.end()) {
            unknown(one, name, fields);
        } else {
            field->use(one.content, name + "." + one.key);
        }
    }
}

void table_reader::each(
    const node& at, const std::string& name,
    const std::function<void(const std::string& key, const node& content, const std::string& full)>& use) {
    const auto* content = std::get_if<node::table>(&at.value);
    if (content == nullptr) {
        return complain(at, name, "a table");
    }
    for (const auto& one : *content) {
        use(one.key, one.content, name + "." + one.key);
    }
}

void table_reader::unknown(const member& what, const std::string& name, std::initializer_list<field> fields) {
    std::string known;
    for (const auto& one : fields) {
        known.append(known.empty() ? "" : ", ").append(one.key);
    }
    mistakes_.push_back(std::string{origin_} + " line " + std::to_string(what.content.line) + ": " + name + "." +
                        shown_key(what.key) + ": unknown key, expected one of: " + known);
}

void table_reader::duration(const node& at, const std::string& key, std::chrono::seconds& into,
                            std::chrono::seconds least, std::chrono::seconds most) {
    const auto value = read_duration(at);
    if (!value) {
        complain(at, key, "a duration such as \"24h\", \"15m\" or \"8s\"");
    } else if (*value < least || *value > most) {
        complain(at, key, "a duration " + range(least, most));
    } else {
        into = *value;
    }
}

void table_reader::minutes(const node& at, const std::string& key, std::chrono::minutes& into,
                           std::chrono::minutes least, std::chrono::minutes most) {
    const auto value = read_duration(at);
    if (value && *value % 60s == 0s && *value >= least && *value <= most) {
        into = std::chrono::duration_cast<std::chrono::minutes>(*value);
    } else {
        complain(at, key, "whole minutes " + range(least, most));
    }
}

void table_reader::time_of_day(const node& at, const std::string& key, std::chrono::minutes& into) {
    const auto* text = std::get_if<std::string>(&at.value);
    if (const auto value = text == nullptr ? std::nullopt : parse_time_of_day(*text)) {
        into = *value;
    } else {
        complain(at, key, "a time of day such as \"21:00\"");
    }
}

void table_reader::whole_number(const node& at, const std::string& key, std::int64_t least, std::int64_t most,
                                const std::function<void(std::int64_t)>& use) {
    const auto* value = std::get_if<std::int64_t>(&at.value);
    if (value != nullptr && *value >= least && *value <= most) {
        use(*value);
    } else {
        complain(at, key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    }
}

void table_reader::flag(const node& at, const std::string& key, bool& into) {
    if (const auto* value = std::get_if<bool>(&at.value)) {
        into = *value;
    } else {
        complain(at, key, "true or false");
    }
}

void table_reader::text(const node& at, const std::string& key, std::string& into) {
    const auto* value = std::get_if<std::string>(&at.value);
    if (value != nullptr && is_plain_text(*value)) {
        into = *value;
    } else {
        complain(at, key, "a text without control characters");
    }
}

void table_reader::channels(const node& at, const std::string& key, std::vector<domain::channel>& into) {
    constexpr std::string_view expected = R"(an array of "email", "whatsapp", "sms")";
    const auto* array = std::get_if<node::array>(&at.value);
    if (array == nullptr) {
        return complain(at, key, expected);
    }
    std::vector<domain::channel> found;
    for (const auto& one : *array) {
        const auto* word = std::get_if<std::string>(&one.value);
        const auto channel = word == nullptr ? std::nullopt : domain::parse<domain::channel>(*word);
        if (!channel) {
            return complain(one, key, expected);
        }
        if (std::ranges::find(found, *channel) != found.end()) {
            return complain_of(one, key, shown(*word) + " twice", "each channel once");
        }
        found.push_back(*channel);
    }
    into = std::move(found);
}

void table_reader::mail_alone(const node& at, const std::string& key, std::vector<domain::channel>& into) {
    std::vector<domain::channel> found;
    const auto before = mistakes_.size();
    channels(at, key, found);
    if (mistakes_.size() != before) {
        return;
    }
    if (std::ranges::any_of(found, [](domain::channel one) { return one != domain::channel::email; })) {
        return complain(at, key, R"(["email"] or [], since this goes by mail alone)");
    }
    into = std::move(found);
}

void table_reader::nobody(const node& at, const std::string& key, std::string_view why) {
    std::vector<domain::channel> found;
    const auto before = mistakes_.size();
    channels(at, key, found);
    if (mistakes_.size() == before && !found.empty()) {
        complain(at, key, "[], since " + std::string{why});
    }
}

void table_reader::complain(const node& at, const std::string& key, std::string_view expected) {
    complain_of(at, key, describe(at), expected);
}

void table_reader::complain_of(const node& at, const std::string& key, std::string_view found,
                               std::string_view expected) {
    mistakes_.push_back(std::string{origin_} + " line " + std::to_string(at.line) + ": " + shown_key(key) + ": found " +
                        std::string{found} + ", expected " + std::string{expected});
}

}  // namespace punctual::config
