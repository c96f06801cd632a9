#pragma once
// Checks a mustache text before the library sees it, and puts its partials in place. What the library
// would take in silence is refused here: raw tags ({{{ and {{&), changed delimiters, a name that no
// message has (it would render as nothing), a partial that is not there, a section that does not end in its own file.

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace punctual::net::rendering {

struct template_partial {
    std::string_view path;  // for complaints
    std::string_view text;
};

struct template_names {
    std::function<bool(std::string_view)> is_variable;  // {{name}}
    std::function<bool(std::string_view)> is_flag;      // {{#name}} and {{^name}}
    std::function<std::optional<template_partial>(std::string_view)> partial;
};

// The text with its partials in it and its comments out of it; or what is wrong, in one sentence with
// the line. A partial that is alone on its line brings no line end of its own, a section tag alone on its
// line takes none.
[[nodiscard]] std::expected<std::string, std::string> expand_template(std::string_view text,
                                                                      const template_names& names);

}  // namespace punctual::net::rendering
