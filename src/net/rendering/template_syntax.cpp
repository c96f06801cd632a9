#include "net/rendering/template_syntax.hpp"

#include <algorithm>

namespace punctual::net::rendering {
namespace {

constexpr int deepest_partial = 8;

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

class expander {
public:
    explicit expander(const template_names& names) : names_{names} {}

    std::expected<std::string, std::string> expand(std::string_view text, int depth) {
        std::string out;
        std::size_t at = 0;
        while (true) {
            const auto open = text.find("{{", at);
            out += text.substr(at, open == std::string_view::npos ? open : open - at);
            if (open == std::string_view::npos) {
                return out;
            }
            const auto complain = [&](const std::string& what) {
                const auto line = 1 + std::ranges::count(text.substr(0, open), '\n');
                return std::unexpected{"line " + std::to_string(line) + ": " + what};
            };
            const auto close = text.find("}}", open + 2);
            if (close == std::string_view::npos) {
                return complain("a tag is not closed");
            }
            const auto raw = text.substr(open + 2, close - open - 2);
            if (raw.starts_with('{') || trimmed(raw).starts_with('&')) {
                return complain("raw tags ({{{ and {{&) are not allowed: everything is escaped");
            }
            if (!trimmed(raw).starts_with('!') && raw.find_first_of("{}") != std::string_view::npos) {
                return complain("a tag is not closed");
            }
            at = close + 2;
            auto piece = tag(trimmed(raw), text.substr(open, at - open), depth);
            if (!piece) {
                return complain(piece.error());
            }
            // A section or comment tag on a line of its own goes with its line, be the section shown or not.
            const bool alone = (open == 0 || text[open - 1] == '\n') && text.substr(at).starts_with('\n');
            if (alone && (piece->empty() || std::string_view{"#^/"}.contains(trimmed(raw).front()))) {
                ++at;
            }
            out += *piece;
        }
    }

private:
    std::expected<std::string, std::string> tag(std::string_view inside, std::string_view whole, int depth) {
        if (inside.empty()) {
            return std::unexpected{"an empty tag"};
        }
        const char sigil = inside.front();
        const auto name = trimmed(inside.substr(1));
        switch (sigil) {
            case '!':
                return std::string{};
            case '=':
                return std::unexpected{"delimiters cannot be changed"};
            case '#':
            case '^':
            case '/':
                if (!names_.is_flag(name)) {
                    return std::unexpected{"unknown section " + std::string{name}};
                }
                return std::string{whole};
            case '>':
                break;
            default:
                if (!names_.is_variable(inside)) {
                    return std::unexpected{"unknown variable " + std::string{inside}};
                }
                return std::string{whole};
        }
        const auto partial = names_.partial(name);
        if (!partial) {
            return std::unexpected{"unknown partial " + std::string{name}};
        }
        if (depth == deepest_partial) {
            return std::unexpected{"partials within partials without end: " + std::string{name}};
        }
        auto inner = expand(*partial, depth + 1);
        if (!inner) {
            return std::unexpected{"in partial " + std::string{name} + ", " + inner.error()};
        }
        if (inner->ends_with('\n')) {
            inner->pop_back();
        }
        return inner;
    }

    const template_names& names_;
};

}  // namespace

std::expected<std::string, std::string> expand_template(std::string_view text, const template_names& names) {
    return expander{names}.expand(text, 0);
}

}  // namespace punctual::net::rendering
