#include "domain/plain_text.hpp"

#include "domain/utf8.hpp"

namespace punctual::domain {
namespace {

bool breaks_the_line(char32_t c) noexcept {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029;
}

// Marks that turn the order of the words after them, and invisible ones that only deceive. Right-to-left
// letters need none of them.
bool deceives(char32_t c) noexcept {
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF || c == 0x200B ||
           (c >= 0xFFF9 && c <= 0xFFFB);
}

}  // namespace

std::string clean_line(std::string_view text, std::size_t limit) {
    std::string out;
    out.reserve(text.size());
    bool gap = false;
    while (!text.empty()) {
        const auto next = utf8::decode(text);
        text.remove_prefix(next.length);
        if (breaks_the_line(next.code_point)) {
            gap = true;
            continue;
        }
        if (deceives(next.code_point)) {
            continue;
        }
        if (gap && !out.empty() && !out.ends_with(' ') && next.code_point != U' ') {
            out.push_back(' ');
        }
        gap = false;
        if (next.code_point != U' ' || !out.empty()) {
            utf8::append(out, next.code_point);
        }
    }
    while (out.ends_with(' ')) {
        out.pop_back();
    }
    return utf8::cut(out, limit);
}

std::string clean_lines(std::string_view text, std::size_t limit) {
    std::string out;
    bool gap = false;
    while (!text.empty()) {
        const auto end = text.find_first_of("\r\n");
        const auto line = clean_line(text.substr(0, end), limit);
        const bool pair = end != std::string_view::npos && text.substr(end, 2) == "\r\n";
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + (pair ? 2 : 1));
        if (line.empty()) {
            gap = !out.empty();
            continue;
        }
        out += out.empty() ? "" : gap ? "\n\n" : "\n";
        out += line;
        gap = false;
    }
    return utf8::cut(out, limit);
}

}  // namespace punctual::domain
