#include "net/smtp/envelope.hpp"

#include "net/smtp/data_encoding.hpp"

#include <algorithm>
#include <cstddef>

namespace punctual::net::smtp {
namespace {

constexpr std::string_view replacement = "[address]";
constexpr std::size_t most_text = 500;

unsigned char byte(char c) noexcept {
    return static_cast<unsigned char>(c);
}

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_alnum(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || byte(c) >= 0x80;
}

// RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF.
bool is_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const auto first = byte(text[at]);
        std::size_t length = 1;
        if (first >= 0xc2 && first <= 0xdf) {
            length = 2;
        } else if (first >= 0xe0 && first <= 0xef) {
            length = 3;
        } else if (first >= 0xf0 && first <= 0xf4) {
            length = 4;
        } else if (first >= 0x80) {
            return false;
        }
        if (at + length > text.size()) {
            return false;
        }
        for (std::size_t next = 1; next < length; ++next) {
            const auto follower = byte(text[at + next]);
            unsigned least = 0x80;
            unsigned most = 0xbf;
            if (next == 1) {
                least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
                most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
            }
            if (follower < least || follower > most) {
                return false;
            }
        }
        at += length;
    }
    return true;
}

bool may_stand_in_address(char c) noexcept {
    constexpr std::string_view around = "<>()[]{},;\"'`|";
    return byte(c) > ' ' && byte(c) != 0x7f && around.find(c) == std::string_view::npos;
}

void replace_addresses(std::string& text) {
    for (auto at = text.find('@'); at != std::string::npos; at = text.find('@', at)) {
        auto begin = at;
        while (begin > 0 && may_stand_in_address(text[begin - 1])) {
            --begin;
        }
        if (begin == at && at > 0 && text[at - 1] == '"') {
            // "first last"@example.com
            const auto open = at > 1 ? text.rfind('"', at - 2) : std::string::npos;
            begin = open == std::string::npos ? at : open;
        }
        auto end = at + 1;
        while (end < text.size() && may_stand_in_address(text[end])) {
            ++end;
        }
        while (end > at + 1 && (text[end - 1] == ':' || text[end - 1] == '.')) {
            --end;
        }
        text.replace(begin, end - begin, replacement);
        at = begin + replacement.size();
    }
}

// Whole words, whatever their case.
void replace_word(std::string& text, std::string_view word) {
    if (word.size() < 2) {
        return;
    }
    auto from = text.begin();
    for (;;) {
        const auto hit = std::search(from, text.end(), word.begin(), word.end(),
                                     [](char left, char right) { return lower(left) == lower(right); });
        if (hit == text.end()) {
            return;
        }
        const auto at = static_cast<std::size_t>(hit - text.begin());
        const auto end = at + word.size();
        // A letter beyond ASCII ends a word too: it is shown as '?', and what stands beside it would be seen.
        const auto goes_on = [&](std::size_t beside) { return is_alnum(text[beside]) && byte(text[beside]) < 0x80; };
        if ((at == 0 || !goes_on(at - 1)) && (end == text.size() || !goes_on(end))) {
            text.replace(at, word.size(), replacement);
            from = text.begin() + static_cast<std::ptrdiff_t>(at + replacement.size());
        } else {
            from = text.begin() + static_cast<std::ptrdiff_t>(at + 1);
        }
    }
}

mail_outcome refusal(mail_verdict verdict, std::string why) {
    mail_outcome out;
    out.verdict = verdict;
    out.text = std::move(why);
    return out;
}

}  // namespace

bool is_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return byte(c) < 0x80; });
}

bool is_address(std::string_view address) noexcept {
    const auto at = address.rfind('@');
    if (address.size() > 254 || at == std::string_view::npos || at == 0 || at > 64 || at + 1 == address.size()) {
        return false;
    }
    const auto unfit = [](char c) { return byte(c) <= ' ' || byte(c) == 0x7f || c == '<' || c == '>'; };
    return std::none_of(address.begin(), address.end(), unfit) && is_utf8(address);
}

std::optional<mail_outcome> refuse_unsendable(const mail& what) {
    if (!is_address(what.from)) {
        return refusal(mail_verdict::configuration, "the sender's address cannot be used");
    }
    if (!is_address(what.to)) {
        return refusal(mail_verdict::bad_address, "the recipient's address cannot be used");
    }
    if (inspect_content(what.message).has_nul) {
        return refusal(mail_verdict::bad_message, "the message holds a NUL");
    }
    return std::nullopt;
}

std::string scrub(std::string_view words, const mail* about) {
    std::string text;
    // Enough for any cut below; a reply may hold 32 KiB.
    words = words.substr(0, 4 * most_text);
    text.reserve(words.size());
    for (const char c : words) {
        if (byte(c) <= ' ') {
            if (!text.empty() && text.back() != ' ') {
                text += ' ';
            }
        } else {
            text += c;
        }
    }
    while (!text.empty() && text.back() == ' ') {
        text.pop_back();
    }
    replace_addresses(text);
    if (about != nullptr) {
        replace_word(text, std::string_view{about->to}.substr(0, about->to.rfind('@')));
    }
    // After the replacing: an address may hold letters beyond ASCII.
    std::replace_if(text.begin(), text.end(), [](char c) { return byte(c) >= 0x7f; }, '?');
    text.resize(std::min(text.size(), most_text));
    return text;
}

std::string queue_id_in(std::string_view words) {
    for (const std::string_view before : {std::string_view{"queued as "}, std::string_view{"id="}}) {
        const auto at = words.find(before);
        if (at == std::string_view::npos) {
            continue;
        }
        words.remove_prefix(at + before.size());
        const auto end = std::find_if_not(words.begin(), words.end(), [](char c) {
            return (is_alnum(c) && byte(c) < 0x80) || c == '-' || c == '_' || c == '.';
        });
        const auto length = static_cast<std::size_t>(end - words.begin());
        return length <= 64 ? std::string{words.substr(0, length)} : std::string{};
    }
    return {};
}

}  // namespace punctual::net::smtp
