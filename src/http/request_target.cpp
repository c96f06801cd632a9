#include "http/request_target.hpp"

#include <algorithm>
#include <cctype>

namespace punctual::http {
namespace {

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) noexcept {
    return text.size() >= lower.size() && std::ranges::equal(text.substr(0, lower.size()), lower, [](char a, char b) {
               return std::tolower(static_cast<unsigned char>(a)) == b;
           });
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return std::nullopt;
            }
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

std::optional<request_target> parse_target(std::string_view text) {
    request_target out;
    if (text == "*") {
        out.path = out.target = "*";
        return out;
    }
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (starts_with_ignoring_case(text, scheme)) {
            text.remove_prefix(scheme.size());
            const auto end = text.find_first_of("/?");
            if (end == 0 || text.empty()) {
                return std::nullopt;
            }
            text.remove_prefix(std::min(end, text.size()));
            if (!text.starts_with('/')) {
                out.target = "/";  // an empty path (RFC 9112 §3.2.1)
            }
            break;
        }
    }
    out.target += text;
    if (!out.target.starts_with('/') || out.target.contains('#')) {
        return std::nullopt;
    }
    const std::string_view whole = out.target;
    const auto mark = whole.find('?');
    const auto raw = whole.substr(0, mark);
    if (mark != std::string_view::npos) {
        out.query = whole.substr(mark + 1);
    }
    if (!raw.contains('%')) {
        out.path = raw;
    } else if (auto decoded = percent_decode(raw, false)) {
        out.path = std::move(*decoded);
    } else {
        return std::nullopt;
    }
    if (std::ranges::any_of(out.path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
        return std::nullopt;
    }
    if (out.path.size() > 1 && out.path.ends_with('/')) {
        out.path.pop_back();
    }
    return out;
}

}  // namespace punctual::http
