#include "net/rendering/template_syntax.hpp"

#include <algorithm>
#include <vector>

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
        std::vector<open_section> sections;  // a section ends in the file where it begins
        while (true) {
            const auto open = text.find("{{", at);
            out += text.substr(at, open == std::string_view::npos ? open : open - at);
            if (open == std::string_view::npos) {
                break;
            }
            const auto complain = [&](const std::string& what) { return std::unexpected{at_line(text, open) + what}; };
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
            if (const auto fault = follow(sections, trimmed(raw), open); !fault.empty()) {
                return complain(fault);
            }
            // A section or comment tag on a line of its own goes with its line, be the section shown or not.
            const bool alone = (open == 0 || text[open - 1] == '\n') && text.substr(at).starts_with('\n');
            if (alone && (piece->empty() || std::string_view{"#^/"}.contains(trimmed(raw).front()))) {
                ++at;
            }
            out += *piece;
        }
        if (!sections.empty()) {
            const auto& last = sections.back();
            return std::unexpected{at_line(text, last.at) + "section " + last.name + " is not closed"};
        }
        return out;
    }

private:
    struct open_section {
        std::string name;
        std::size_t at;
    };

    static std::string at_line(std::string_view text, std::size_t at) {
        return "line " + std::to_string(1 + std::ranges::count(text.substr(0, at), '\n')) + ": ";
    }

    // What is wrong with this tag as the begin or end of a section.
    static std::string follow(std::vector<open_section>& sections, std::string_view inside, std::size_t at) {
        if (inside.starts_with('#') || inside.starts_with('^')) {
            sections.push_back({std::string{trimmed(inside.substr(1))}, at});
        } else if (inside.starts_with('/')) {
            std::string name{trimmed(inside.substr(1))};
            if (sections.empty() || sections.back().name != name) {
                return "no section " + name + " is open here";
            }
            sections.pop_back();
        }
        return {};
    }

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
        auto inner = expand(partial->text, depth + 1);
        if (!inner) {
            return std::unexpected{"in " + std::string{partial->path} + ", " + inner.error()};
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
