#include "net/rendering/template_program.hpp"

#include "net/rendering/template_files.hpp"
#include "net/rendering/template_syntax.hpp"

#include <gtest/gtest.h>
#include <kainjow/mustache.hpp>

#include <algorithm>
#include <random>

namespace punctual::net::rendering {
namespace {

std::string rendered(std::string_view text, const message_words& words, escaping how = escaping::none) {
    return template_program{text, how}.render(words);
}

TEST(template_program, copies_text_and_says_words) {
    message_words words;
    words.set(word::clinic, "Harbour");
    EXPECT_EQ(rendered("At {{clinic}}, {{ clinic }}.", words), "At Harbour, Harbour.");
    EXPECT_EQ(rendered("", words), "");
    EXPECT_EQ(rendered("no tag at all", words), "no tag at all");
}

TEST(template_program, shows_a_section_by_its_flag) {
    message_words words;
    constexpr std::string_view text = "a{{#today}}b{{^soon}}c{{/soon}}{{/today}}{{^today}}d{{/today}}e";
    EXPECT_EQ(rendered(text, words), "ade");
    words.set(flag::today, true);
    EXPECT_EQ(rendered(text, words), "abce");
    words.set(flag::soon, true);
    EXPECT_EQ(rendered(text, words), "abe");
}

TEST(template_program, leaves_an_empty_section_out) {
    EXPECT_EQ(rendered("a{{#today}}{{/today}}b", message_words{}), "ab");
}

TEST(template_program, escapes_values_for_html_alone_and_never_expands_them) {
    message_words words;
    words.set(word::name, R"(<b>"O'Neil" & {{clinic}}</b>)");
    EXPECT_EQ(rendered("<i>{{name}}</i>", words), R"(<i><b>"O'Neil" & {{clinic}}</b></i>)");
    EXPECT_EQ(rendered("<i>{{name}}</i>", words, escaping::html),
              "<i>&lt;b&gt;&quot;O&#39;Neil&quot; &amp; {{clinic}}&lt;/b&gt;</i>");
}

// The built-in templates as a mustache library reads them.
class the_built_in_templates : public testing::Test {
protected:
    static std::string by_the_library(std::string text, const message_words& words) {
        // It drops the lines of section tags by rules of its own; expand_template has done that already.
        constexpr char hidden = '\x1E';
        std::ranges::replace(text, '\n', hidden);
        kainjow::mustache::mustache made{text};
        EXPECT_TRUE(made.is_valid()) << made.error_message();
        made.set_custom_escape([](const std::string& value) { return value; });
        kainjow::mustache::data data{kainjow::mustache::data::type::object};
        for (std::size_t i = 0; i < word_count; ++i) {
            data.set(std::string{name_of(static_cast<word>(i))}, words.get(static_cast<word>(i)));
        }
        for (std::size_t i = 0; i < flag_count; ++i) {
            data.set(std::string{name_of(static_cast<flag>(i))}, words.get(static_cast<flag>(i)));
        }
        auto out = made.render(data);
        std::ranges::replace(out, hidden, '\n');
        return out;
    }

    [[nodiscard]] std::optional<template_partial> partial(const std::string& of, std::string_view name) const {
        const auto kind = of.substr(of.find('.'));
        for (const auto& folder : {of.substr(0, of.find('/')), std::string{"shared"}}) {
            const auto at = files_.find(folder + "/partials/" + std::string{name} + kind);
            if (at != files_.end()) {
                return template_partial{.path = at->first, .text = at->second};
            }
        }
        return std::nullopt;
    }

    template_files files_ = read_template_files({}).value();
};

TEST_F(the_built_in_templates, read_as_a_mustache_library_reads_them) {
    std::mt19937 random{7};
    std::size_t compared = 0;
    for (const auto& [path, text] : files_) {
        if (path.contains("/partials/")) {
            continue;  // seen where they are used: each language has words of its own for the shared ones
        }
        const template_names names{.is_variable = [](std::string_view name) { return find_word(name).has_value(); },
                                   .is_flag = [](std::string_view name) { return find_flag(name).has_value(); },
                                   .partial = [this, &of = path](std::string_view name) { return partial(of, name); }};
        const auto expanded = expand_template(text, names);
        ASSERT_TRUE(expanded) << path << ": " << expanded.error();
        for (int times = 0; times < 20; ++times) {
            message_words words;
            for (std::size_t i = 0; i < word_count; ++i) {
                words.set(static_cast<word>(i), "<" + std::to_string(i) + ">");
            }
            for (std::size_t i = 0; i < flag_count; ++i) {
                words.set(static_cast<flag>(i), random() % 2 == 0);
            }
            ASSERT_EQ(rendered(*expanded, words), by_the_library(*expanded, words)) << path;
            ++compared;
        }
    }
    EXPECT_GT(compared, 100U);
}

}  // namespace
}  // namespace punctual::net::rendering
