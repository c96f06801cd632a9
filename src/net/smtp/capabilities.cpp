#include "net/smtp/capabilities.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <charconv>
#include <locale>

namespace punctual::net::smtp {
namespace {

bool same(std::string_view left, std::string_view right) noexcept {
    return boost::algorithm::iequals(left, right, std::locale::classic());
}

std::string_view next_word(std::string_view& line) noexcept {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) {
        line = {};
        return {};
    }
    line.remove_prefix(begin);
    const auto word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    return word;
}

void take_mechanisms(capabilities& found, std::string_view first, std::string_view rest) noexcept {
    for (auto word = first.empty() ? next_word(rest) : first; !word.empty(); word = next_word(rest)) {
        found.auth_plain = found.auth_plain || same(word, "PLAIN");
        found.auth_login = found.auth_login || same(word, "LOGIN");
    }
}

void take_line(capabilities& found, std::string_view line) noexcept {
    const auto keyword = next_word(line);
    if (same(keyword, "STARTTLS")) {
        found.starttls = true;
    } else if (same(keyword, "PIPELINING")) {
        found.pipelining = true;
    } else if (same(keyword, "8BITMIME")) {
        found.eight_bit_mime = true;
    } else if (same(keyword, "SMTPUTF8")) {
        found.smtputf8 = true;
    } else if (same(keyword, "ENHANCEDSTATUSCODES")) {
        found.enhanced_codes = true;
    } else if (same(keyword, "SIZE")) {
        found.size = true;
        const auto word = next_word(line);
        std::uint64_t limit = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), limit);
        found.size_limit = error == std::errc{} && end == word.data() + word.size() ? limit : 0;
    } else if (same(keyword, "AUTH")) {
        take_mechanisms(found, {}, line);
    } else if (keyword.size() >= 5 && same(keyword.substr(0, 5), "AUTH=")) {
        // "AUTH=LOGIN PLAIN", from before RFC 2554, still written by some beside the proper line.
        take_mechanisms(found, keyword.substr(5), line);
    }
}

}  // namespace

capabilities parse_capabilities(std::string_view text) noexcept {
    capabilities found;
    auto line_end = text.find('\n');
    while (line_end != std::string_view::npos) {
        text.remove_prefix(line_end + 1);
        line_end = text.find('\n');
        take_line(found, text.substr(0, line_end));
    }
    return found;
}

}  // namespace punctual::net::smtp
