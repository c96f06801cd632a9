#include "sandbox/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace punctual::sandbox {
namespace {

using namespace std::chrono;

struct fields {
    year_month_day date;
    hh_mm_ss<microseconds> time;
    weekday day;
};

fields split(wall_time at) {
    const auto midnight = floor<days>(at);
    return {year_month_day{midnight}, hh_mm_ss<microseconds>{at - midnight}, weekday{midnight}};
}

std::string iso(wall_time at) {
    const auto [date, time, day] = split(at);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count());
}

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
    int value = 0;
    if (text.size() < from + count) {
        return std::nullopt;
    }
    const auto part = text.substr(from, count);
    const auto [end, ec] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (ec != std::errc{} || end != part.data() + part.size() || value < 0) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

std::string iso_seconds(wall_time at) {
    return iso(at) + 'Z';
}

std::string iso_millis(wall_time at) {
    return fmt::format("{}.{:03}Z", iso(at), split(at).time.subseconds().count() / 1000);
}

std::string iso_micros(wall_time at) {
    return fmt::format("{}.{:06}Z", iso(at), split(at).time.subseconds().count());
}

std::string rfc2822(wall_time at) {
    static constexpr std::array days_of_week{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto [date, time, day] = split(at);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", days_of_week[day.c_encoding()],
                       static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                       time.seconds().count());
}

std::optional<std::pair<wall_time, wall_time>> parse_span(std::string_view text) {
    const auto year = digits(text, 0, 4);
    const auto month = digits(text, 5, 2);
    const auto day = digits(text, 8, 2);
    if (!year || !month || !day || text[4] != '-' || text[7] != '-') {
        return std::nullopt;
    }
    const year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                              std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) {
        return std::nullopt;
    }
    const wall_time midnight = sys_days{date};
    if (text.size() == 10) {
        return std::pair{midnight, wall_time{midnight + days{1}}};
    }
    const auto hour = digits(text, 11, 2);
    const auto minute = digits(text, 14, 2);
    const auto second = digits(text, 17, 2);
    const bool shape = hour && minute && second && text[10] == 'T' && text[13] == ':' && text[16] == ':';
    if (!shape || *hour > 23 || *minute > 59 || *second > 60 || !text.ends_with('Z')) {
        return std::nullopt;
    }
    const auto fraction = text.substr(19, text.size() - 20);
    if (!fraction.empty() && (fraction.front() != '.' || !parse_number(fraction.substr(1)))) {
        return std::nullopt;
    }
    const wall_time at = midnight + hours{*hour} + minutes{*minute} + seconds{*second};
    return std::pair{at, wall_time{at + seconds{1}}};
}

std::optional<long> parse_number(std::string_view text) {
    long value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || text.front() == '-' || ec != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::optional<milliseconds> parse_duration(std::string_view text) {
    const auto unit_at = text.find_first_not_of("0123456789");
    if (unit_at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto count = parse_number(text.substr(0, unit_at));
    const auto unit = text.substr(unit_at);
    const long scale = unit == "ms" ? 1 : unit == "s" ? 1'000 : unit == "m" ? 60'000 : unit == "h" ? 3'600'000 : 0;
    if (!count || *count == 0 || *count > 1'000'000 || scale == 0) {
        return std::nullopt;
    }
    return milliseconds{*count * scale};
}

bool is_sid(std::string_view text, std::string_view prefix) noexcept {
    return text.size() == prefix.size() + 32 && text.starts_with(prefix) &&
           text.substr(prefix.size()).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string sid_maker::make(std::string_view prefix) {
    const auto high = random_();
    const auto low = random_();
    return fmt::format("{}{:016x}{:016x}", prefix, high, low);
}

}  // namespace punctual::sandbox
