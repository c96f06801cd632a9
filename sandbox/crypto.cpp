#include "sandbox/crypto.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdint>
#include <map>
#include <set>

namespace punctual::sandbox {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned length = 0;
    ::HMAC(digest, key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
           text.size(), out.data(), &length);
    return {reinterpret_cast<const char*>(out.data()), length};
}

}  // namespace

std::string base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        const auto count = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < 3; ++k) {
            group = (group << 8U) | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            out += k <= count ? alphabet[(group >> (18U - 6U * k)) & 63U] : '=';
        }
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text, bool url_safe) {
    while (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    if (text.size() % 4 == 1) {
        return std::nullopt;
    }
    std::string out;
    std::uint32_t group = 0;
    unsigned bits = 0;
    for (char c : text) {
        if (url_safe) {
            if (c == '+' || c == '/') {
                return std::nullopt;
            }
            c = c == '-' ? '+' : c == '_' ? '/' : c;
        }
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        group = (group << 6U) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out += static_cast<char>((group >> bits) & 0xFFU);
        }
    }
    return out;
}

std::string hmac_sha1(std::string_view key, std::string_view text) {
    return hmac(::EVP_sha1(), key, text);
}
std::string hmac_sha256(std::string_view key, std::string_view text) {
    return hmac(::EVP_sha256(), key, text);
}

std::string twilio_signature(std::string_view auth_token, std::string_view url, const form& fields) {
    std::map<std::string, std::set<std::string>> sorted;
    for (const auto& [name, value] : fields) {
        sorted[name].insert(value);
    }
    std::string text{url};
    for (const auto& [name, values] : sorted) {
        for (const auto& value : values) {
            text += name;
            text += value;
        }
    }
    return base64(hmac_sha1(auth_token, text));
}

}  // namespace punctual::sandbox
