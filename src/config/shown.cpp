#include "config/shown.hpp"

#include "domain/utf8.hpp"

namespace punctual::config {
namespace {

constexpr std::size_t longest = 80;

std::string without_user(std::string_view text) {
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos) {
        return std::string{text};
    }
    const auto begin = scheme + 3;
    const auto end = text.find_first_of("/?#", begin);
    // The last one: a password may hold another.
    const auto at = text.substr(begin, end - begin).rfind('@');
    if (at == std::string_view::npos) {
        return std::string{text};
    }
    return std::string{text.substr(0, begin)} + "..." + std::string{text.substr(begin + at)};
}

}  // namespace

std::string shown_key(std::string_view name) {
    std::string out;
    for (const char c : domain::utf8::cut(domain::utf8::repair(without_user(name)), longest)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= ' ' && byte != 0x7f) {
            out += c;
        } else {
            constexpr std::string_view digits = "0123456789abcdef";
            out.append("\\x") += digits[byte / 16];
            out += digits[byte % 16];
        }
    }
    return out;
}

std::string shown(std::string_view text) {
    return text.empty() ? "nothing" : '"' + shown_key(text) + '"';
}

}  // namespace punctual::config
