#include "net/rendering/template_syntax.hpp"

#include <gtest/gtest.h>

namespace punctual::net::rendering {
namespace {

std::expected<std::string, std::string> expand(std::string_view text) {
    const template_names names{.is_variable = [](std::string_view name) { return name == "name"; },
                               .is_flag = [](std::string_view name) { return name == "today"; },
                               .partial = [](std::string_view name) -> std::optional<template_partial> {
                                   if (name == "greeting") {
                                       return template_partial{.path = "greeting.file", .text = "Hello {{name}},\n"};
                                   }
                                   if (name == "endless") {
                                       return template_partial{.path = "endless.file", .text = "{{> endless}}"};
                                   }
                                   if (name == "wrong") {
                                       return template_partial{.path = "wrong.file", .text = "x\n{{nmae}}"};
                                   }
                                   return std::nullopt;
                               }};
    return expand_template(text, names);
}

TEST(template_syntax, puts_partials_in_place_and_takes_comments_out) {
    EXPECT_EQ(expand("{{! for whom }}\n{{> greeting}}\n\n{{#today}}today{{/today}}\n"),
              "Hello {{name}},\n\n{{#today}}today{{/today}}\n");
}

TEST(template_syntax, takes_the_line_of_a_section_tag_that_is_alone_on_it) {
    EXPECT_EQ(expand("a\n{{#today}}\nb\n{{/today}}\nc\n"), "a\n{{#today}}b\n{{/today}}c\n");
}

struct wrong_case {
    const char* text;
    const char* complaint;
};
class wrong_templates : public testing::TestWithParam<wrong_case> {};

TEST_P(wrong_templates, are_refused_with_the_reason) {
    const auto made = expand(GetParam().text);
    ASSERT_FALSE(made.has_value());
    EXPECT_TRUE(made.error().contains(GetParam().complaint)) << made.error();
}

INSTANTIATE_TEST_SUITE_P(
    all, wrong_templates,
    testing::Values(wrong_case{"x\n{{{name}}}", "line 2: raw tags"}, wrong_case{"{{& name}}", "raw tags"},
                    wrong_case{"{{ &name }}", "raw tags"}, wrong_case{"{{nmae}}", "unknown variable nmae"},
                    wrong_case{"{{name.first}}", "unknown variable name.first"},
                    wrong_case{"{{#tody}}{{/tody}}", "unknown section tody"},
                    wrong_case{"{{^name}}{{/name}}", "unknown section name"}, wrong_case{"{{=<% %>=}}", "delimiters"},
                    wrong_case{"{{> nothing}}", "unknown partial nothing"}, wrong_case{"{{> endless}}", "without end"},
                    wrong_case{"{{name", "not closed"}, wrong_case{"{{", "not closed"}, wrong_case{"{{}}", "empty tag"},
                    wrong_case{"{{.}}", "unknown"}, wrong_case{"{{/soon} }{{> foot}}", "not closed"},
                    wrong_case{"{{/nothing}}", "unknown section nothing"},
                    wrong_case{"a\n{{#today}}\nb", "line 2: section today is not closed"},
                    wrong_case{"a\n\n{{/today}}", "line 3: no section today is open here"},
                    wrong_case{"a\n{{> wrong}}", "line 2: in wrong.file, line 2: unknown variable nmae"}));

}  // namespace
}  // namespace punctual::net::rendering
