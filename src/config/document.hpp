#pragma once
// A TOML document as a plain tree, each value with its line. toml++ stays in the .cpp.
//
// Only what a configuration has: texts, whole numbers, true and false, arrays, tables. A date or a
// broken number is there as "something else", so that a complaint can name its key and its line.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace punctual::config {

struct node;
struct member;

struct something_else {
    std::string what;  // "a date"
};

struct node {
    using array = std::vector<node>;
    using table = std::vector<member>;  // by the alphabet

    std::uint32_t line = 0;
    std::variant<something_else, std::string, std::int64_t, bool, array, table> value;
};

struct member {
    std::string key;
    node content;
};

struct syntax_mistake {
    std::uint32_t line = 0;
    std::string why;  // nothing of the text: it may be a secret
};

// A key that stands there twice is a mistake of syntax.
[[nodiscard]] std::expected<node::table, syntax_mistake> parse_document(std::string_view text);

// What came, for a complaint: a text in quotes, `an array of 3`, `nothing`.
[[nodiscard]] std::string describe(const node& what);

}  // namespace punctual::config
