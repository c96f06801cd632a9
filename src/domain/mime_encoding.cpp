#include "domain/mime_encoding.hpp"

#include "domain/base64.hpp"
#include "domain/utf8.hpp"

#include <algorithm>
#include <array>

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
    static constexpr auto table = [] {
        std::array<bool, 256> is{};
        for (std::size_t value = 33; value <= 126; ++value) {
            is.at(value) = value != '=';
        }
        is[' '] = is['\t'] = true;
        return is;
    }();
    return table[static_cast<unsigned char>(c)];
}

// One character at a time: find_first_of would ask for each whether it is among two.
std::size_t line_length(std::string_view text) noexcept {
    const auto feed = std::min(text.find('\n'), text.size());
    return std::min(text.substr(0, feed).find('\r'), feed);
}

// How many of the first characters stand for themselves.
std::size_t literal_run(std::string_view text) noexcept {
    std::size_t length = 0;
    while (length < text.size() && literal(text[length])) {
        ++length;
    }
    return length;
}

// At the start of a line some mail programs read more into it.
bool risky_start(std::string_view line) noexcept {
    return line.starts_with('.') || line.starts_with("From ");
}

// One line of the text, without its end.
void append_quoted_line(std::string& out, std::string_view line) {
    std::size_t column = 0;
    while (!line.empty()) {
        // A soft break takes a column of its own, unless this is the end of the line: so its last character apart.
        const bool risky = column == 0 && risky_start(line);
        const auto most = std::min(line.size() - 1, longest_line - 1 - column);
        const auto run = risky ? 0 : literal_run(line.substr(0, most));
        out += line.substr(0, run);
        column += run;
        line.remove_prefix(run);

        const char c = line.front();
        const bool last = line.size() == 1;
        const bool trailing_blank = last && (c == ' ' || c == '\t');
        const bool plain = literal(c) && !trailing_blank && !risky;
        const std::size_t width = plain ? 1 : 3;
        if (column + width > longest_line - (last ? 0 : 1)) {
            out += "=\r\n";
            column = 0;
            continue;
        }
        if (plain) {
            out.push_back(c);
        } else {
            append_hex(out, c);
        }
        column += width;
        line.remove_prefix(1);
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
        const auto end = line_length(text);
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
