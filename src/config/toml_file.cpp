#include "config/toml_file.hpp"

#include "config/document.hpp"
#include "config/names.hpp"
#include "config/shown.hpp"
#include "config/table_reader.hpp"
#include "config/tables.hpp"

#include <optional>
#include <utility>

namespace punctual::config {
namespace {

std::optional<std::string> scalar(const node& from) {
    if (const auto* text = std::get_if<std::string>(&from.value)) {
        return *text;
    }
    if (const auto* number = std::get_if<std::int64_t>(&from.value)) {
        return std::to_string(*number);
    }
    if (const auto* flag = std::get_if<bool>(&from.value)) {
        return *flag ? "true" : "false";
    }
    return std::nullopt;
}

std::string at_line(std::string_view origin, std::uint32_t line) {
    return std::string{origin} + " line " + std::to_string(line) + ": ";
}

}  // namespace

file_contents read_toml(std::string_view text, std::string_view origin, settings& into) {
    file_contents out;
    const auto document = parse_document(text);
    if (!document) {
        const auto& wrong = document.error();
        out.mistakes.push_back(at_line(origin, wrong.line) + wrong.why + ", expected TOML");
        return out;
    }
    table_reader in{origin, out.mistakes};
    for (const auto& [name, content] : *document) {
        if (read_named_table(in, name, content, into)) {
            continue;
        }
        if (is_name_of_the_old_stack(name)) {
            out.old_names.push_back(name);
        } else if (find_named_setting(name) == nullptr && !name.starts_with(content_sid_prefix)) {
            out.mistakes.push_back(at_line(origin, content.line) + shown_key(name) +
                                   ": unknown key, expected one of those in config/punctual.toml");
        } else if (auto value = scalar(content)) {
            out.names[name] = {std::move(*value), content.line};
        } else {
            in.complain(content, name, "a text, a number, true or false");
        }
    }
    return out;
}

}  // namespace punctual::config
