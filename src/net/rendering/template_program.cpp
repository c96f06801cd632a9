#include "net/rendering/template_program.hpp"

#include <algorithm>

namespace punctual::net::rendering {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view entity_of(char c) noexcept {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&#39;";
        default:
            return {};
    }
}

void append_as_html(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const auto plain = std::min(text.find_first_of("&<>\"'"), text.size());
        out += text.substr(0, plain);
        if (plain == text.size()) {
            return;
        }
        out += entity_of(text[plain]);
        text.remove_prefix(plain + 1);
    }
}

}  // namespace

template_program::template_program(std::string_view expanded, escaping how) : how_{how} {
    text_.reserve(expanded.size());
    std::vector<std::size_t> open;  // the steps at which sections begin
    while (!expanded.empty()) {
        const auto tag = std::min(expanded.find("{{"), expanded.size());
        add_text(expanded.substr(0, tag));
        expanded.remove_prefix(tag);
        if (!expanded.empty()) {
            const auto close = expanded.find("}}");
            add_tag(trimmed(expanded.substr(2, close - 2)), open);
            expanded.remove_prefix(close + 2);
        }
    }
    text_.shrink_to_fit();
    steps_.shrink_to_fit();
}

void template_program::add_text(std::string_view text) {
    if (!text.empty()) {
        const auto begin = static_cast<std::uint32_t>(text_.size());
        text_ += text;
        steps_.push_back({.what = action::copy, .begin = begin, .end = static_cast<std::uint32_t>(text_.size())});
    }
}

void template_program::add_tag(std::string_view inside, std::vector<std::size_t>& open) {
    const char sigil = inside.front();
    const auto name = trimmed(inside.substr(1));
    if (sigil == '/') {
        steps_[open.back()].end = static_cast<std::uint32_t>(steps_.size());
        open.pop_back();
    } else if (sigil == '#' || sigil == '^') {
        open.push_back(steps_.size());
        steps_.push_back({.what = sigil == '#' ? action::skip_unless : action::skip_if,
                          .which = static_cast<std::uint8_t>(find_flag(name).value())});
    } else {
        steps_.push_back({.what = action::say, .which = static_cast<std::uint8_t>(find_word(inside).value())});
    }
}

std::string template_program::render(const message_words& words) const {
    std::string out;
    out.reserve(text_.size() + text_.size() / 4);
    for (std::size_t at = 0; at < steps_.size(); ++at) {
        const auto& one = steps_[at];
        switch (one.what) {
            case action::copy:
                out.append(text_, one.begin, one.end - one.begin);
                break;
            case action::say:
                if (const auto& value = words.get(static_cast<word>(one.which)); how_ == escaping::html) {
                    append_as_html(out, value);
                } else {
                    out += value;
                }
                break;
            case action::skip_unless:
            case action::skip_if:
                if (words.get(static_cast<flag>(one.which)) != (one.what == action::skip_unless)) {
                    at = one.end - 1;
                }
                break;
        }
    }
    return out;
}

}  // namespace punctual::net::rendering
