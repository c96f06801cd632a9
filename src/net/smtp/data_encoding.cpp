#include "net/smtp/data_encoding.hpp"

#include <algorithm>
#include <utility>

namespace punctual::net::smtp {
namespace {

// CRLF ends every line, the last one too, and no line begins with a dot.
bool is_plain(std::string_view message) noexcept {
    while (!message.empty()) {
        const auto end = message.find('\n');
        if (message.front() == '.' || end == std::string_view::npos || end == 0 || message.find('\r') != end - 1) {
            return false;
        }
        message.remove_prefix(end + 1);
    }
    return true;
}

std::string stuffed(std::string_view message) {
    std::string out;
    out.reserve(message.size() + message.size() / 16 + 8);
    bool line_begins = true;
    for (std::size_t at = 0; at < message.size(); ++at) {
        const char c = message[at];
        if (c == '\r' || c == '\n') {
            if (c == '\r' && at + 1 < message.size() && message[at + 1] == '\n') {
                ++at;
            }
            out += "\r\n";
            line_begins = true;
            continue;
        }
        if (c == '.' && line_begins) {
            out += '.';
        }
        out += c;
        line_begins = false;
    }
    if (!line_begins) {
        out += "\r\n";
    }
    return out;
}

}  // namespace

std::string encode_data(std::string message) {
    auto out = is_plain(message) ? std::move(message) : stuffed(message);
    out += ".\r\n";
    return out;
}

std::size_t terminator_length(std::string_view encoded) noexcept {
    return std::min<std::size_t>(encoded.size(), 5);
}

content_traits inspect_content(std::string_view message) noexcept {
    // No early end: a loop without branches is one that the compiler vectorises.
    unsigned char seen = 0;
    bool nul = false;
    for (const char c : message) {
        seen = static_cast<unsigned char>(seen | static_cast<unsigned char>(c));
        nul |= c == '\0';
    }
    return {.eight_bit = (seen & 0x80U) != 0, .has_nul = nul};
}

}  // namespace punctual::net::smtp
