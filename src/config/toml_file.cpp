#include "config/toml_file.hpp"

#include "config/names.hpp"
#include "config/values.hpp"

// Its parser asserts what a broken file need not keep ("[`"), and with NDEBUG assumes it instead: here it is one
// more mistake of the file.
#undef NDEBUG
#define TOML_ASSERT(expr) (static_cast<bool>(expr) ? void() : throw std::logic_error{"not TOML"})
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace punctual::config {
namespace {

using namespace std::chrono_literals;

std::string describe(const toml::node& node) {
    if (const auto text = node.value<std::string>(); text && node.is_string()) {
        return "\"" + *text + "\"";
    }
    if (node.is_integer()) {
        return std::to_string(*node.value<std::int64_t>());
    }
    if (node.is_boolean()) {
        return *node.value<bool>() ? "true" : "false";
    }
    return node.is_table() ? "a table" : node.is_array() ? "an array" : "a value of another type";
}

// Reads tables and remembers what it could not use. A key that nobody asked for is a mistake.
class reader {
public:
    reader(std::string_view origin, file_contents& out) : origin_{origin}, out_{out} {}

    void complain(const toml::node& at, const std::string& key, std::string_view expected) {
        complain_text(at.source(), key + ": found " + describe(at) + ", expected " + std::string{expected});
    }

    void unknown(const toml::node& at, const std::string& key) {
        complain_text(at.source(), key + ": unknown key; config/punctual.toml lists those there are");
    }

    void duration(const toml::node& at, const std::string& key, std::chrono::seconds& into) {
        const auto text = at.value<std::string>();
        const auto value = at.is_string() ? parse_duration(*text) : std::nullopt;
        if (value) {
            into = *value;
        } else {
            complain(at, key, "a duration such as \"24h\", \"15m\" or \"8s\"");
        }
    }

    void minutes(const toml::node& at, const std::string& key, std::chrono::minutes& into, std::chrono::minutes least,
                 std::chrono::minutes most) {
        const auto text = at.value<std::string>();
        const auto value = at.is_string() ? parse_duration(*text) : std::nullopt;
        if (value && *value % 60s == 0s && *value >= least && *value <= most) {
            into = std::chrono::duration_cast<std::chrono::minutes>(*value);
        } else {
            complain(at, key,
                     "whole minutes from \"" + std::to_string(least.count()) + "m\" to \"" +
                         std::to_string(most.count()) + "m\"");
        }
    }

    void time_of_day(const toml::node& at, const std::string& key, std::chrono::minutes& into) {
        const auto text = at.value<std::string>();
        const auto value = at.is_string() ? parse_time_of_day(*text) : std::nullopt;
        if (value) {
            into = *value;
        } else {
            complain(at, key, "a time of day such as \"21:00\"");
        }
    }

    template <class Number>
    void number(const toml::node& at, const std::string& key, Number& into, std::int64_t least, std::int64_t most) {
        const auto value = at.is_integer() ? at.value<std::int64_t>() : std::nullopt;
        if (value && *value >= least && *value <= most) {
            into = static_cast<Number>(*value);
        } else {
            complain(at, key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
        }
    }

    void flag(const toml::node& at, const std::string& key, bool& into) {
        if (at.is_boolean()) {
            into = *at.value<bool>();
        } else {
            complain(at, key, "true or false");
        }
    }

    void text(const toml::node& at, const std::string& key, std::string& into) {
        if (at.is_string()) {
            into = *at.value<std::string>();
        } else {
            complain(at, key, "a text");
        }
    }

    void channels(const toml::node& at, const std::string& key, std::vector<domain::channel>& into) {
        const auto* array = at.as_array();
        std::vector<domain::channel> found;
        bool good = array != nullptr;
        if (array != nullptr) {
            for (const auto& one : *array) {
                const auto word = one.value<std::string>();
                const auto channel = word ? domain::parse<domain::channel>(*word) : std::nullopt;
                if (!channel || std::ranges::find(found, *channel) != found.end()) {
                    good = false;
                    break;
                }
                found.push_back(*channel);
            }
        }
        if (good) {
            into = std::move(found);
        } else {
            complain(at, key, "an array of \"email\", \"whatsapp\", \"sms\", each once");
        }
    }

    // Calls `each(key, node)`; false from it means that the key is unknown.
    template <class Each>
    void table(const toml::node& at, const std::string& name, Each each) {
        const auto* content = at.as_table();
        if (content == nullptr) {
            complain(at, name, "a table");
            return;
        }
        for (const auto& [key, node] : *content) {
            const auto full = name + "." + std::string{key.str()};
            if (!each(key.str(), node, full)) {
                unknown(node, full);
            }
        }
    }

private:
    void complain_text(const toml::source_region& where, const std::string& what) {
        out_.mistakes.push_back(std::string{origin_} + " line " + std::to_string(where.begin.line) + ": " + what);
    }

    std::string_view origin_;
    file_contents& out_;
};

bool read_audience(reader& in, std::string_view key, const toml::node& node, const std::string& full,
                   domain::audience& into) {
    if (key == "patient") {
        in.channels(node, full, into.patient);
    } else if (key == "psychologist") {
        in.channels(node, full, into.psychologist);
    } else if (key == "clinic") {
        in.channels(node, full, into.clinic);
    } else {
        return false;
    }
    return true;
}

bool is_kind_name(std::string_view name) {
    return !name.empty() && name.size() <= 40 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

void read_reminders(reader& in, const toml::node& node, settings& into) {
    const auto* array = node.as_array();
    if (array == nullptr) {
        in.complain(node, "reminder", "an array of tables: [[reminder]]");
        return;
    }
    std::vector<domain::reminder_rule> rules;
    for (const auto& one : *array) {
        domain::reminder_rule rule{.name = {}, .before = 0s, .to = {}};
        in.table(one, "reminder", [&](std::string_view key, const toml::node& value, const std::string& full) {
            if (key == "name") {
                in.text(value, full, rule.name);
            } else if (key == "before") {
                in.duration(value, full, rule.before);
            } else if (key == "quiet_hours") {
                in.flag(value, full, rule.quiet_hours);
            } else if (key == "fallback_after") {
                in.duration(value, full, rule.fallback_after);
            } else {
                return read_audience(in, key, value, full, rule.to);
            }
            return true;
        });
        const bool known = domain::find_kind(domain::policy{}, rule.name).has_value();
        const bool twice = std::ranges::find(rules, rule.name, &domain::reminder_rule::name) != rules.end();
        if (!is_kind_name(rule.name) || known || twice) {
            in.complain(one, "reminder.name", "a name of its own: small letters, digits and _, at most 40");
        }
        if (rule.before <= 0s) {
            in.complain(one, "reminder.before", "a duration above zero");
        }
        rules.push_back(std::move(rule));
    }
    std::ranges::sort(rules, std::greater<>{}, &domain::reminder_rule::before);
    constexpr std::size_t most = 16;
    if (rules.size() > most) {
        in.complain(node, "reminder", "at most 16 reminders");
        return;
    }
    into.rules.reminders = std::move(rules);
}

void read_messages(reader& in, const toml::node& node, settings& into) {
    in.table(node, "messages", [&](std::string_view key, const toml::node& value, const std::string& full) {
        auto* audience = key == "confirmation"   ? &into.rules.confirmation
                         : key == "cancellation" ? &into.rules.cancellation
                         : key == "reschedule"   ? &into.rules.reschedule
                         : key == "staff_alert"  ? &into.rules.staff_alert
                                                 : nullptr;
        if (audience == nullptr) {
            return false;
        }
        in.table(value, full, [&](std::string_view who, const toml::node& channels, const std::string& name) {
            return read_audience(in, who, channels, name, *audience);
        });
        return true;
    });
}

void read_timing(reader& in, const toml::node& node, settings& into) {
    auto& rules = into.rules;
    in.table(node, "timing", [&](std::string_view key, const toml::node& value, const std::string& full) {
        auto* duration = key == "staff_alert_before"             ? &rules.staff_alert_before
                         : key == "short_notice"                 ? &rules.short_notice
                         : key == "last_reminder_grace"          ? &rules.last_reminder_grace
                         : key == "notice_fallback_near"         ? &rules.notice_fallback_near
                         : key == "notice_fallback_far"          ? &rules.notice_fallback_far
                         : key == "notice_near"                  ? &rules.notice_near
                         : key == "complete_in_person_after_end" ? &rules.complete_in_person_after_end
                                                                 : nullptr;
        if (duration == nullptr) {
            return false;
        }
        in.duration(value, full, *duration);
        return true;
    });
}

void read_quiet_hours(reader& in, const toml::node& node, settings& into) {
    auto& quiet = into.rules.quiet_hours;
    in.table(node, "quiet_hours", [&](std::string_view key, const toml::node& value, const std::string& full) {
        if (key == "from") {
            in.time_of_day(value, full, quiet.from);
        } else if (key == "until") {
            in.time_of_day(value, full, quiet.until);
        } else if (key == "moved_to") {
            in.time_of_day(value, full, quiet.moved_to);
        } else if (key == "enough_notice") {
            in.minutes(value, full, quiet.enough_notice, 0min, 24h);
        } else {
            return false;
        }
        return true;
    });
}

void read_video(reader& in, const toml::node& node, settings& into) {
    auto& rules = into.rules;
    in.table(node, "video", [&](std::string_view key, const toml::node& value, const std::string& full) {
        auto* duration = key == "room_before"          ? &rules.room_before
                         : key == "join_before"        ? &rules.join_before
                         : key == "join_after_end"     ? &rules.join_after_end
                         : key == "clean_up_after_end" ? &rules.clean_up_after_end
                                                       : nullptr;
        if (duration != nullptr) {
            in.duration(value, full, *duration);
        } else if (key == "write_no_show") {
            in.flag(value, full, rules.write_no_show);
        } else if (key == "max_participants") {
            in.number(value, full, into.room.max_participants, 1, 50);
        } else if (key == "unused_room_timeout") {
            in.minutes(value, full, into.room.unused_room_timeout, 1min, 60min);
        } else if (key == "empty_room_timeout") {
            in.minutes(value, full, into.room.empty_room_timeout, 1min, 60min);
        } else if (key == "media_region") {
            in.text(value, full, into.room.media_region);
        } else {
            return false;
        }
        return true;
    });
}

void read_limits(reader& in, const toml::node& node, settings& into) {
    in.table(node, "limits", [&](std::string_view key, const toml::node& value, const std::string& full) {
        if (key == "smtp_connections") {
            in.number(value, full, into.email.connections, 1, 200);
        } else if (key == "twilio_connections") {
            in.number(value, full, into.twilio.connections, 1, 200);
        } else if (key == "lease") {
            in.duration(value, full, into.run.lease);
        } else if (key == "drain") {
            in.duration(value, full, into.run.drain);
        } else {
            return false;
        }
        return true;
    });
}

void read_content_sids(reader& in, const toml::node& node, settings& into) {
    in.table(node, "whatsapp_content_sid",
             [&](std::string_view language, const toml::node& kinds, const std::string& full) {
                 in.table(kinds, full, [&](std::string_view kind, const toml::node& sid, const std::string& name) {
                     const auto text = sid.value<std::string>();
                     if (text && text->starts_with("HX")) {
                         const std::string key{language == "default" ? std::string_view{} : language};
                         into.twilio.content_sids[key][std::string{kind}] = *text;
                     } else {
                         in.complain(sid, name, "a Content SID: HX and 32 hexadecimal digits");
                     }
                     return true;
                 });
                 return true;
             });
}

std::optional<std::string> scalar(const toml::node& node) {
    if (node.is_string()) {
        return node.value<std::string>();
    }
    if (node.is_integer()) {
        return std::to_string(*node.value<std::int64_t>());
    }
    if (node.is_boolean()) {
        return *node.value<bool>() ? "true" : "false";
    }
    return std::nullopt;
}

}  // namespace

file_contents read_toml(std::string_view text, std::string_view origin, settings& into) {
    file_contents out;
    toml::table document;
    try {
        document = toml::parse(text, origin);
    } catch (const toml::parse_error& wrong) {
        out.mistakes.push_back(std::string{origin} + " line " + std::to_string(wrong.source().begin.line) + ": " +
                               std::string{wrong.description()});
        return out;
    } catch (const std::logic_error& wrong) {
        out.mistakes.push_back(std::string{origin} + ": cannot be read: " + wrong.what());
        return out;
    }
    reader in{origin, out};
    for (const auto& [key, node] : document) {
        const std::string name{key.str()};
        if (name == "reminder") {
            read_reminders(in, node, into);
        } else if (name == "messages") {
            read_messages(in, node, into);
        } else if (name == "timing") {
            read_timing(in, node, into);
        } else if (name == "quiet_hours") {
            read_quiet_hours(in, node, into);
        } else if (name == "video") {
            read_video(in, node, into);
        } else if (name == "limits") {
            read_limits(in, node, into);
        } else if (name == "whatsapp_content_sid") {
            read_content_sids(in, node, into);
        } else if (name == "template_directory") {
            in.text(node, name, into.template_directory);
        } else if (find_named_setting(name) != nullptr || name.starts_with(content_sid_prefix)) {
            if (auto value = scalar(node)) {
                out.names[name] = std::move(*value);
            } else {
                in.complain(node, name, "a text, a number, true or false");
            }
        } else if (is_name_of_the_old_stack(name)) {
            out.notes.push_back(name);
        } else {
            in.unknown(node, name);
        }
    }
    return out;
}

}  // namespace punctual::config
