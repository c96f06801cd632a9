#include "domain/mime_encoding.hpp"

#include "domain/base64.hpp"
#include "domain/utf8.hpp"

#include <algorithm>

namespace punctual::domain {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";
constexpr std::size_t longest_line = 76;

void append_hex(std::string& out, char c) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('=');
    out.push_back(hex_digits[byte >> 4U]);
    out.push_back(hex_digits[byte & 0x0FU]);
}

bool literal(char c) noexcept {
    return (c >= 33 && c <= 126 && c != '=') || c == ' ' || c == '\t';
}

// One line of the text, without its end.
void append_quoted_line(std::string& out, std::string_view line) {
    std::size_t column = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        const bool last = i + 1 == line.size();
        const bool trailing_blank = last && (c == ' ' || c == '\t');
        const bool risky_start = column == 0 && (c == '.' || line.substr(i).starts_with("From "));
        const bool plain = literal(c) && !trailing_blank && !risky_start;
        const std::size_t width = plain ? 1 : 3;
        // A soft break takes a column of its own, unless this is the end of the line.
        if (column + width > longest_line - (last ? 0 : 1)) {
            out += "=\r\n";
            column = 0;
            --i;
            continue;
        }
        if (plain) {
            out.push_back(c);
        } else {
            append_hex(out, c);
        }
        column += width;
    }
}

}  // namespace

std::string base64_lines(std::string_view bytes) {
    std::string out;
    constexpr std::size_t bytes_a_line = longest_line / 4 * 3;
    for (std::size_t i = 0; i < bytes.size(); i += bytes_a_line) {
        out += to_base64(bytes.substr(i, bytes_a_line));
        out += "\r\n";
    }
    return out;
}

std::string quoted_printable(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of("\r\n"), text.size());
        append_quoted_line(out, text.substr(0, end));
        out += "\r\n";
        text.remove_prefix(end);
        if (text.starts_with("\r\n")) {
            text.remove_prefix(2);
        } else if (!text.empty()) {
            text.remove_prefix(1);
        }
    }
    return out;
}

std::string encoded_words(std::string_view text, std::size_t column) {
    constexpr std::string_view opening = "=?UTF-8?B?";
    constexpr std::string_view closing = "?=";
    const auto whole = utf8::repair(text);
    std::string_view rest = whole;
    std::string out;
    while (!rest.empty()) {
        const auto frame = column + opening.size() + closing.size();
        const std::size_t room = frame + 4 > longest_line ? 0 : (longest_line - frame) / 4 * 3;
        // At most 75 characters a word (RFC 2047 §2).
        const std::size_t limit = std::min<std::size_t>(room, 45);
        std::size_t taken = 0;
        while (taken < rest.size()) {
            const auto next = utf8::decode(rest.substr(taken)).length;
            if (taken + next > limit) {
                break;
            }
            taken += next;
        }
        if (taken > 0) {
            out.append(opening).append(to_base64(rest.substr(0, taken))).append(closing);
            rest.remove_prefix(taken);
        }
        if (!rest.empty()) {
            out += "\r\n ";
            column = 1;
        }
    }
    return out;
}

}  // namespace punctual::domain
