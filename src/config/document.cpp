#include "config/document.hpp"

#include "config/shown.hpp"

// Its parser asserts what a broken file need not keep ("[`"), and with NDEBUG assumes it instead: here it is one
// more mistake of the file.
#undef NDEBUG
#define TOML_ASSERT(expr) (static_cast<bool>(expr) ? void() : throw std::logic_error{"not TOML"})
#include <toml++/toml.h>

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

}  // namespace

std::expected<node::table, syntax_mistake> parse_document(std::string_view text) {
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
