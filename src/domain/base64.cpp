#include "domain/base64.hpp"

#include <cstdint>

namespace punctual::domain {
namespace {

constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(std::string_view bytes, std::string_view alphabet, bool pad) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        for (held += 8; held >= 6; held -= 6) {
            out += alphabet[(bits >> (held - 6)) & 63U];
        }
    }
    if (held > 0) {
        out += alphabet[(bits << (6 - held)) & 63U];
    }
    while (pad && out.size() % 4 != 0) {
        out += '=';
    }
    return out;
}

int value_of(char c) noexcept {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
    return encode(bytes, standard, true);
}
std::string to_base64url(std::string_view bytes) {
    return encode(bytes, url_safe, false);
}

std::optional<std::string> from_base64url(std::string_view text) {
    if (text.size() % 4 == 1) {
        return std::nullopt;
    }
    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const int value = value_of(c);
        if (value < 0) {
            return std::nullopt;
        }
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out += static_cast<char>((bits >> held) & 0xffU);
        }
    }
    if ((bits & ((1U << held) - 1)) != 0) {
        return std::nullopt;
    }
    return out;
}

}  // namespace punctual::domain
