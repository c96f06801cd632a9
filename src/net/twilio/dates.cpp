#include "net/twilio/dates.hpp"

#include <array>
#include <charconv>
#include <chrono>

namespace punctual::net::twilio {
namespace {

std::optional<int> number(std::string_view digits) {
    int value = 0;
    const auto* end = digits.data() + digits.size();
    const auto [at, ec] = std::from_chars(digits.data(), end, value);
    if (ec != std::errc{} || at != end || value < 0 || digits.empty()) {
        return std::nullopt;
    }
    return value;
}

std::optional<unsigned> month_number(std::string_view name) {
    constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (unsigned i = 0; i < names.size(); ++i) {
        if (names[i] == name) {
            return i + 1;
        }
    }
    return std::nullopt;
}

std::optional<std::chrono::minutes> zone_offset(std::string_view zone) {
    if (zone == "GMT" || zone == "UTC") {
        return std::chrono::minutes{0};
    }
    if (zone.size() != 5 || (zone[0] != '+' && zone[0] != '-')) {
        return std::nullopt;
    }
    const auto hours = number(zone.substr(1, 2));
    const auto minutes = number(zone.substr(3, 2));
    if (!hours || !minutes || *minutes > 59) {
        return std::nullopt;
    }
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return zone[0] == '-' ? -offset : offset;
}

// Of UTC. `clock`: "17:44:46".
std::optional<wall_time> instant(std::optional<int> year, std::optional<unsigned> month, std::optional<int> day,
                                 std::string_view clock) {
    if (clock.size() != 8 || clock[2] != ':' || clock[5] != ':') {
        return std::nullopt;
    }
    const auto hour = number(clock.substr(0, 2));
    const auto minute = number(clock.substr(3, 2));
    const auto second = number(clock.substr(6, 2));
    if (!day || !month || !year || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{*month},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) {
        return std::nullopt;
    }
    return wall_time{std::chrono::sys_days{date}} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second};
}

}  // namespace

std::optional<wall_time> parse_header_date(std::string_view text) {
    // "Fri, 24 May 2019 17:44:46 +0000"; the name of the day is not looked at.
    const auto comma = text.find(", ");
    if (comma != 3) {
        return std::nullopt;
    }
    text.remove_prefix(comma + 2);
    constexpr std::size_t fixed = 21;  // "24 May 2019 17:44:46 "
    if (text.size() <= fixed || text[2] != ' ' || text[6] != ' ' || text[11] != ' ' || text[20] != ' ') {
        return std::nullopt;
    }
    const auto zone = zone_offset(text.substr(fixed));
    const auto at = instant(number(text.substr(7, 4)), month_number(text.substr(3, 3)), number(text.substr(0, 2)),
                            text.substr(12, 8));
    return at && zone ? std::optional{*at - *zone} : std::nullopt;
}

std::optional<wall_time> parse_http_date(std::string_view text, wall_time now) {
    if (const auto usual = parse_header_date(text)) {
        return usual;
    }
    constexpr std::size_t old_form = 22;  // "24-May-19 17:44:46 GMT"
    constexpr std::size_t asctime = 24;   // "Fri May 24 17:44:46 2019", "Fri May  4 …"
    if (const auto comma = text.find(", "); comma != std::string_view::npos) {
        text.remove_prefix(comma + 2);
        if (text.size() != old_form || text[2] != '-' || text[6] != '-' || text[9] != ' ' || !text.ends_with(" GMT")) {
            return std::nullopt;
        }
        const auto digits = number(text.substr(7, 2));
        if (!digits) {
            return std::nullopt;
        }
        const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
        constexpr int century = 100;
        const int this_year = static_cast<int>(today.year());
        int year = this_year - this_year % century + *digits;
        year -= year > this_year + century / 2 ? century : 0;
        return instant(year, month_number(text.substr(3, 3)), number(text.substr(0, 2)), text.substr(10, 8));
    }
    if (text.size() != asctime || text[3] != ' ' || text[7] != ' ' || text[10] != ' ' || text[19] != ' ') {
        return std::nullopt;
    }
    return instant(number(text.substr(20)), month_number(text.substr(4, 3)),
                   number(text.substr(text[8] == ' ' ? 9 : 8, text[8] == ' ' ? 1 : 2)), text.substr(11, 8));
}

std::optional<wall_time> parse_iso_date(std::string_view text) {
    constexpr std::size_t whole = 19;  // "2019-05-24T17:44:46"
    if (text.size() <= whole || !text.ends_with('Z') || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':') {
        return std::nullopt;
    }
    const auto year = number(text.substr(0, 4));
    const auto month = number(text.substr(5, 2));
    const auto day = number(text.substr(8, 2));
    const auto hour = number(text.substr(11, 2));
    const auto minute = number(text.substr(14, 2));
    const auto second = number(text.substr(17, 2));
    if (!year || !month || !day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    auto fraction = text.substr(whole, text.size() - whole - 1);
    std::chrono::microseconds part{0};
    if (!fraction.empty()) {
        constexpr std::size_t finest = 6;
        const auto digits = fraction.substr(1, finest);
        const auto value = number(digits);
        if (fraction[0] != '.' || !value || !number(fraction.substr(1, 9))) {
            return std::nullopt;
        }
        part = std::chrono::microseconds{*value};
        for (auto missing = digits.size(); missing < finest; ++missing) {
            part *= 10;
        }
    }
    if (!date.ok()) {
        return std::nullopt;
    }
    return wall_time{std::chrono::sys_days{date}} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second} + part;
}

}  // namespace punctual::net::twilio
