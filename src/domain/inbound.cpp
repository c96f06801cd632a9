#include "domain/inbound.hpp"

#include <algorithm>
#include <array>

namespace punctual::domain {
namespace {

// CANCEL is one of them at the carriers, so it is one here: no message of ours may ask for that word.
constexpr std::array<std::string_view, 8> stop_words{"stop",    "unsubscribe", "end",    "quit",
                                                     "stopall", "revoke",      "optout", "cancel"};
constexpr std::array<std::string_view, 3> start_words{"start", "unstop", "yes"};
constexpr std::array<std::string_view, 2> confirm_words{"c", "confirm"};
constexpr std::string_view blanks = " \t\r\n\v\f";

bool same_word(std::string_view text, std::string_view word) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(text, word, {}, lower);
}

template <class Words>
bool is_among(const Words& words, std::string_view text) noexcept {
    return std::ranges::any_of(words, [text](auto word) { return same_word(text, word); });
}

std::string_view bare(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    text.remove_prefix(first);
    const auto last = text.find_last_not_of(" \t\r\n\v\f.!");
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

inbound_intent understand_text(std::string_view body) noexcept {
    const auto word = bare(body);
    if (is_among(stop_words, word)) {
        return inbound_intent::stop;
    }
    if (is_among(start_words, word)) {
        return inbound_intent::start;
    }
    return is_among(confirm_words, word) ? inbound_intent::confirm : inbound_intent::other;
}

std::string_view to_string(inbound_intent value) noexcept {
    switch (value) {
        case inbound_intent::stop:
            return "stop";
        case inbound_intent::start:
            return "start";
        case inbound_intent::confirm:
            return "confirm";
        case inbound_intent::other:
            break;
    }
    return "other";
}

}  // namespace punctual::domain
