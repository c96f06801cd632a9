#include "config/document.hpp"

#include "config/shown.hpp"

// Its parser asserts what a broken file need not keep ("[`"), and with NDEBUG assumes it instead: here it is one
// more mistake of the file.
#undef NDEBUG
#define TOML_ASSERT(expr) (static_cast<bool>(expr) ? void() : throw std::logic_error{"not TOML"})
#include <toml++/toml.h>

#include <optional>
#include <stdexcept>

namespace punctual::config {
namespace {

node convert(const toml::node& from);

node::table convert_table(const toml::table& from) {
    node::table out;
    for (const auto& [key, value] : from) {
        out.push_back({std::string{key.str()}, convert(value)});
    }
    return out;
}

node convert(const toml::node& from) {
    node out;
    out.line = from.source().begin.line;
    if (const auto* text = from.as_string()) {
        out.value = text->get();
    } else if (const auto* number = from.as_integer()) {
        out.value = number->get();
    } else if (const auto* flag = from.as_boolean()) {
        out.value = flag->get();
    } else if (const auto* array = from.as_array()) {
        node::array all;
        for (const auto& one : *array) {
            all.push_back(convert(one));
        }
        out.value = std::move(all);
    } else if (const auto* table = from.as_table()) {
        out.value = convert_table(*table);
    } else {
        out.value = something_else{from.is_floating_point() ? "a number with a fraction" : "a date or a time"};
    }
    return out;
}

// The line of the first byte beyond ASCII that stands neither in a string nor in a comment, where TOML allows none.
// toml++ 3.0 asks itself whether such a letter is a blank, and for most has no answer: undefined behaviour.
std::optional<std::uint32_t> letter_outside_quotes(std::string_view text) {
    std::uint32_t line = 1;
    std::string_view open;  // the quotes that end the string we are in
    bool comment = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const auto rest = text.substr(at);
        if (c == '\n') {
            ++line;
            comment = false;
            open = open.size() == 3 ? open : std::string_view{};
        } else if (comment) {
            continue;
        } else if (!open.empty()) {
            if (c == '\\' && open.front() == '"') {
                ++at;
                line += at < text.size() && text[at] == '\n' ? 1 : 0;
            } else if (rest.starts_with(open)) {
                at += open.size() - 1;
                open = {};
            }
        } else if (c == '#') {
            comment = true;
        } else if (c == '"' || c == '\'') {
            const bool many = rest.size() > 2 && rest[1] == c && rest[2] == c;
            open = rest.substr(0, many ? 3 : 1);
            at += open.size() - 1;
        } else if ((static_cast<unsigned char>(c) & 0x80U) != 0) {
            return line;
        }
    }
    return std::nullopt;
}

// Some editors begin a file with it.
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace

std::expected<node::table, syntax_mistake> parse_document(std::string_view text) {
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    if (const auto line = letter_outside_quotes(text)) {
        return std::unexpected{syntax_mistake{*line, "a letter outside quotes that is not ASCII"}};
    }
    try {
        return convert_table(toml::parse(text));
    } catch (const std::logic_error&) {
        return std::unexpected{syntax_mistake{0, "cannot be read"}};
    } catch (const toml::parse_error& wrong) {
        // "…, saw 'x'": a piece of the text.
        const auto why = wrong.description();
        return std::unexpected{
            syntax_mistake{wrong.source().begin.line, std::string{why.substr(0, why.find(", saw "))}}};
    }
}

std::string describe(const node& what) {
    struct visitor {
        std::string operator()(const something_else& other) const { return other.what; }
        std::string operator()(const std::string& text) const { return shown(text); }
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(bool flag) const { return flag ? "true" : "false"; }
        std::string operator()(const node::array& all) const {
            return all.empty() ? "an empty array" : "an array of " + std::to_string(all.size());
        }
        std::string operator()(const node::table&) const { return "a table"; }
    };
    return std::visit(visitor{}, what.value);
}

}  // namespace punctual::config
