#include "net/twilio/redact.hpp"

#include <algorithm>
#include <cstddef>

namespace punctual::net::twilio {
namespace {

constexpr std::size_t most_bytes = 500;
// Twilio's error codes have five digits, numbers of people more.
constexpr std::size_t least_digits = 6;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_separator(char c) {
    return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/';
}
bool is_address_part(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view{"!#$%&'*+-/=?^_`{|}~."}.find(c) != std::string_view::npos ||
           static_cast<unsigned char>(c) >= 0x80;
}

// How many bytes of a telephone number begin at `at`; 0 for none. "+", digits, single separators.
std::size_t number_length(std::string_view text, std::size_t at) {
    std::size_t end = at;
    std::size_t digits = 0;
    std::size_t last = at;
    if (end < text.size() && (text[end] == '+' || text[end] == '(')) {
        ++end;
    }
    std::size_t gap = 0;
    while (end < text.size() && (is_digit(text[end]) || (is_separator(text[end]) && digits > 0 && gap < 2))) {
        if (is_digit(text[end])) {
            ++digits;
            last = end + 1;
            gap = 0;
        } else {
            ++gap;
        }
        ++end;
    }
    return digits >= least_digits ? last - at : 0;
}

std::string without_addresses(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '@') {
            out += text[at++];
            continue;
        }
        std::size_t local = out.size();
        while (local > 0 && is_address_part(out[local - 1])) {
            --local;
        }
        std::size_t end = at + 1;
        while (end < text.size() && is_address_part(text[end])) {
            ++end;
        }
        if (local == out.size() || end == at + 1) {
            out += text[at++];
            continue;
        }
        out.resize(local);
        out += "[address]";
        at = end;
    }
    return out;
}

std::string without_numbers(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (const auto length = number_length(text, at); length > 0) {
            out += "[number]";
            at += length;
            continue;
        }
        out += text[at++];
    }
    return out;
}

// Length of the valid UTF-8 sequence at `at`, or 0 (RFC 3629).
std::size_t sequence_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const auto first = byte(0);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xc2 && first < 0xe0 ? 2
                               : first >= 0xe0 && first < 0xf0 ? 3
                               : first >= 0xf0 && first < 0xf5 ? 4
                                                               : 0;
    if (length == 0 || at + length > text.size()) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) {
            return 0;
        }
    }
    const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    const bool beyond = (first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f);
    return overlong || beyond ? 0 : length;
}

}  // namespace

std::string redact(std::string_view text) {
    // A proxy's page may be long; what is cut here could not be shown anyway.
    const auto clean = without_numbers(without_addresses(text.substr(0, 4 * most_bytes)));
    std::string out;
    for (std::size_t at = 0; at < clean.size();) {
        const auto length = sequence_length(clean, at);
        const bool control = length == 1 && (static_cast<unsigned char>(clean[at]) < 0x20 || clean[at] == 0x7f);
        const std::string_view piece =
            length == 0 || control ? std::string_view{" "} : std::string_view{clean}.substr(at, length);
        if (out.size() + piece.size() > most_bytes) {
            break;
        }
        out += piece;
        at += std::max<std::size_t>(length, 1);
    }
    return out;
}

}  // namespace punctual::net::twilio
