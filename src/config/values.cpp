#include "config/values.hpp"

#include "domain/e164.hpp"
#include "domain/utf8.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace punctual::config {
namespace {

std::string lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](unsigned char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
    });
    return out;
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<std::int64_t> parse_number(std::string_view text) noexcept {
    std::int64_t number = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec != std::errc{} || end != text.data() + text.size() || text.empty() || number < 0) {
        return std::nullopt;
    }
    return number;
}

std::int64_t unit_seconds(char unit) noexcept {
    switch (unit) {
        case 'd':
            return 86'400;
        case 'h':
            return 3'600;
        case 'm':
            return 60;
        case 's':
            return 1;
        default:
            return 0;
    }
}

constexpr std::int64_t longest_seconds = 366LL * 86'400;

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) noexcept {
    std::int64_t total = 0;
    if (text.empty()) {
        return std::nullopt;
    }
    while (!text.empty()) {
        const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
        const auto number = parse_number(text.substr(0, digits));
        if (!number || digits == text.size()) {
            return std::nullopt;
        }
        const auto unit = unit_seconds(text[digits]);
        if (unit == 0 || *number > longest_seconds / unit) {
            return std::nullopt;
        }
        total += *number * unit;
        if (total > longest_seconds) {
            return std::nullopt;
        }
        text.remove_prefix(digits + 1);
    }
    return std::chrono::seconds{total};
}

std::string written(std::chrono::seconds value) {
    const auto count = value.count();
    if (count != 0 && count % 86'400 == 0) {
        return std::to_string(count / 86'400) + "d";
    }
    if (count != 0 && count % 3'600 == 0) {
        return std::to_string(count / 3'600) + "h";
    }
    return count != 0 && count % 60 == 0 ? std::to_string(count / 60) + "m" : std::to_string(count) + "s";
}

std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text) noexcept {
    if (text.size() != 5 || text[2] != ':') {
        return std::nullopt;
    }
    const auto hours = parse_number(text.substr(0, 2));
    const auto minutes = parse_number(text.substr(3));
    if (!hours || !minutes || *hours > 23 || *minutes > 59) {
        return std::nullopt;
    }
    return std::chrono::minutes{*hours * 60 + *minutes};
}

std::optional<bool> parse_bool(std::string_view text) noexcept {
    if (text.size() > 5) {
        return std::nullopt;
    }
    const auto word = lower(text);
    for (const auto* yes : {"true", "yes", "on", "1"}) {
        if (word == yes) {
            return true;
        }
    }
    for (const auto* no : {"false", "no", "off", "0"}) {
        if (word == no) {
            return false;
        }
    }
    return std::nullopt;
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
    const auto number = parse_number(text);
    if (!number || *number > std::numeric_limits<std::uint16_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(*number);
}

std::optional<std::string> parse_base_url(std::string_view text) {
    const auto url = boost::urls::parse_uri(boost::core::string_view{text.data(), text.size()});
    if (!url || (url->scheme() != "http" && url->scheme() != "https") || url->host().empty() || url->has_query() ||
        url->has_fragment() || url->has_userinfo() || (url->has_port() && parse_port(url->port()).value_or(0) == 0)) {
        return std::nullopt;
    }
    std::string base{text};
    while (base.ends_with('/')) {
        base.pop_back();
    }
    return base;
}

std::string host_of(std::string_view url) {
    const auto parsed = boost::urls::parse_uri(boost::core::string_view{url.data(), url.size()});
    return parsed ? std::string{parsed->host_address()} : std::string{};
}

bool is_ip_address(std::string_view text) {
    const std::string address{text};
    std::array<unsigned char, sizeof(::in6_addr)> ignored{};
    return ::inet_pton(AF_INET, address.c_str(), ignored.data()) == 1 ||
           ::inet_pton(AF_INET6, address.c_str(), ignored.data()) == 1;
}

bool is_plain_text(std::string_view text, std::size_t most) {
    return text.size() <= most && std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; }) &&
           domain::utf8::repair(text) == text;
}

bool is_host(std::string_view text) {
    constexpr std::size_t longest = 253;  // RFC 1035 §2.3.4
    const auto in_names = [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; };
    return is_ip_address(text) || (!text.empty() && text.size() <= longest && text.front() != '-' &&
                                   text.front() != '.' && !text.contains("..") && std::ranges::all_of(text, in_names));
}

bool is_language_tag(std::string_view text) noexcept {
    constexpr std::size_t longest_subtag = 8;  // RFC 5646 §2.1
    bool first = true;
    while (!text.empty() || first) {
        const auto part = text.substr(0, text.find('-'));
        if (part.empty() || part.size() > longest_subtag || !std::ranges::all_of(part, is_alphanumeric) ||
            (first && (part.size() < 2 || std::ranges::any_of(part, is_digit)))) {
            return false;
        }
        first = false;
        if (part.size() == text.size()) {
            break;
        }
        text.remove_prefix(part.size() + 1);
        if (text.empty()) {
            return false;
        }
    }
    return true;
}

bool resembles_sid(std::string_view text, std::string_view prefix) noexcept {
    constexpr std::size_t longest = 64;
    return text.size() > prefix.size() && text.size() <= longest && text.starts_with(prefix) &&
           std::ranges::all_of(text.substr(prefix.size()), is_alphanumeric);
}

bool is_sms_sender(std::string_view text) noexcept {
    constexpr std::size_t longest_short_code = 8;
    constexpr std::size_t longest_name = 11;
    if (std::ranges::all_of(text, is_digit)) {
        return text.size() >= 3 && text.size() <= longest_short_code;
    }
    return domain::is_e164(text) || (text.size() <= longest_name && std::ranges::all_of(text, [](char c) {
                                         return is_alphanumeric(c) || c == ' ' || c == '-' || c == '_' || c == '&';
                                     }));
}

std::optional<std::string> bare_address(std::string_view text) {
    const auto open = text.rfind('<');
    if (open != std::string_view::npos) {
        const auto close = text.find('>', open);
        if (close == std::string_view::npos || close + 1 != text.size()) {
            return std::nullopt;
        }
        text = text.substr(open + 1, close - open - 1);
    }
    const auto at = text.rfind('@');
    const bool odd =
        std::ranges::any_of(text, [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '<' || c == '>'; });
    if (odd || at == std::string_view::npos || at == 0 || at + 1 == text.size()) {
        return std::nullopt;
    }
    return std::string{text};
}

}  // namespace punctual::config
