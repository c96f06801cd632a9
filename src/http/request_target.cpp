#include "http/request_target.hpp"

#include "domain/percent_encoding.hpp"

#include <algorithm>
#include <cctype>

namespace punctual::http {
namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) noexcept {
    return text.size() >= lower.size() && std::ranges::equal(text.substr(0, lower.size()), lower, [](char a, char b) {
               return std::tolower(static_cast<unsigned char>(a)) == b;
           });
}

}  // namespace

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
    } else if (auto decoded = domain::percent_decode(raw, false)) {
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
