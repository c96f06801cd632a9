#include "domain/utf8.hpp"

#include <algorithm>

namespace punctual::domain::utf8 {
namespace {

unsigned byte_at(std::string_view text, std::size_t index) noexcept {
    return static_cast<unsigned char>(text[index]);
}

bool hangs_on_the_one_before(char32_t c) noexcept {
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0x200D || c == 0x20E3 ||
           (c >= 0x1F3FB && c <= 0x1F3FF);
}

}  // namespace

decoded decode(std::string_view text) noexcept {
    const unsigned first = byte_at(text, 0);
    if (first < 0x80) {
        return {static_cast<char32_t>(first), 1, true};
    }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4) {
        return {};
    }
    auto value = static_cast<char32_t>(first & (0xFFU >> (length + 1)));
    for (std::size_t i = 1; i < length; ++i) {
        if (i >= text.size() || (byte_at(text, i) & 0xC0U) != 0x80U) {
            return {replacement, i, false};
        }
        value = (value << 6U) | static_cast<char32_t>(byte_at(text, i) & 0x3FU);
    }
    const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    if (overlong || (value >= 0xD800 && value <= 0xDFFF) || value > 0x10FFFF) {
        return {replacement, length, false};
    }
    return {value, length, true};
}

void append(std::string& to, char32_t code_point) {
    const auto put = [&to](char32_t bits) { to.push_back(static_cast<char>(static_cast<unsigned char>(bits))); };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xC0U | (code_point >> 6U));
        put(0x80U | (code_point & 0x3FU));
    } else if (code_point < 0x10000) {
        put(0xE0U | (code_point >> 12U));
        put(0x80U | ((code_point >> 6U) & 0x3FU));
        put(0x80U | (code_point & 0x3FU));
    } else {
        put(0xF0U | (code_point >> 18U));
        put(0x80U | ((code_point >> 12U) & 0x3FU));
        put(0x80U | ((code_point >> 6U) & 0x3FU));
        put(0x80U | (code_point & 0x3FU));
    }
}

bool is_ascii(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string repair(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto next = decode(text);
        append(out, next.code_point);
        text.remove_prefix(next.length);
    }
    return out;
}

std::size_t count(std::string_view text) noexcept {
    std::size_t total = 0;
    while (!text.empty()) {
        text.remove_prefix(decode(text).length);
        ++total;
    }
    return total;
}

std::string cut(std::string_view text, std::size_t limit) {
    if (count(text) <= limit) {
        return std::string{text};
    }
    std::size_t kept = 0;  // bytes up to the last place where a cut is clean
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 <= limit; ++i) {
        const auto next = decode(text.substr(at));
        if (!hangs_on_the_one_before(next.code_point)) {
            kept = at;
        }
        at += next.length;
    }
    std::string out{text.substr(0, kept)};
    while (out.ends_with(' ')) {
        out.pop_back();
    }
    append(out, 0x2026);
    return out;
}

}  // namespace punctual::domain::utf8
