#include "support/simulation/calendar.hpp"

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr wall_time plain_start{std::chrono::seconds{1'796'086'800}};  // 1 December 2026

constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};

sys_days first_sunday(year in, std::chrono::month of) {
    auto day = sys_days{in / of / 1};
    while (std::chrono::weekday{day} != std::chrono::Sunday) {
        day += days{1};
    }
    return day;
}

// Standard Time Act 1987 (NSW) and Lord Howe's: from the first Sunday in October, 2:00 standard time, to the first
// Sunday in April, 2:00 standard time in Sydney (3:00 on the clock) and 2:00 on the clock on Lord Howe.
bool summer(wall_time at, std::chrono::minutes standard, std::chrono::minutes ahead_in_april) {
    const auto in = year_month_day{std::chrono::floor<days>(at + standard)}.year();
    const wall_time back = first_sunday(in, std::chrono::April) + 2h - standard - ahead_in_april;
    const wall_time forward = first_sunday(in, std::chrono::October) + 2h - standard;
    return at < back || at >= forward;
}

std::string two_digits(long long value) {
    return (value < 10 ? "0" : "") + std::to_string(value);
}

}  // namespace

season season_of(std::uint64_t seed) {
    const auto which = seed % 8;
    return which < 5 ? static_cast<season>(which) : season::plain;
}

std::optional<wall_time> night_of(season which) {
    // 16:00 UTC is 2:00 or 3:00 in Sydney.
    const auto eve = [](year y, unsigned month, unsigned day) {
        return std::optional<wall_time>{sys_days{y / std::chrono::month{month} / std::chrono::day{day}} + 16h};
    };
    switch (which) {
        case season::plain:
            break;
        case season::clocks_go_back:
            return eve(2027y, 4, 3);
        case season::clocks_go_forward:
            return eve(2027y, 10, 2);
        case season::year_end:
            return eve(2027y, 12, 31);
        case season::leap_day:
            return eve(2028y, 2, 28);
    }
    return std::nullopt;
}

wall_time start_of(season which, int days_long) {
    const auto night = night_of(which);
    return night ? *night - days{days_long} / 2 : plain_start;
}

std::chrono::minutes law_of(std::string_view zone, wall_time at) {
    if (zone == "Australia/Perth") {
        return 8h;
    }
    if (zone == "Australia/Brisbane") {
        return 10h;
    }
    if (zone == "Australia/Lord_Howe") {
        return summer(at, 10h + 30min, 30min) ? 11h : 10h + 30min;
    }
    return summer(at, 10h, 0min) ? 11h : 10h;
}

clock_words words_by_law(std::string_view zone, wall_time at, wall_time now) {
    const auto offset = law_of(zone, at);
    const auto local = at + offset;
    const auto day = std::chrono::floor<days>(local);
    const auto day_now = std::chrono::floor<days>(now + law_of(zone, now));
    const year_month_day date{day};
    clock_words said;
    said.date = std::string{weekdays.at(std::chrono::weekday{day}.c_encoding())} + ", " +
                std::to_string(unsigned{date.day()}) + " " + std::string{months.at(unsigned{date.month()} - 1)};
    if (date.year() != year_month_day{day_now}.year()) {
        said.date += " " + std::to_string(int{date.year()});
    }
    const auto minutes = std::chrono::floor<std::chrono::minutes>(local - day).count();
    const auto hour = minutes / 60 % 12;
    said.time =
        std::to_string(hour == 0 ? 12 : hour) + ":" + two_digits(minutes % 60) + (minutes < 12 * 60 ? " am" : " pm");
    if (zone == "Australia/Lord_Howe") {
        said.zone = offset == 11h ? "UTC+11:00" : "UTC+10:30";
    } else if (zone == "Australia/Perth") {
        said.zone = "AWST";
    } else {
        said.zone = offset == 11h ? "AEDT" : "AEST";
    }
    said.today = day == day_now;
    said.tomorrow = day == day_now + days{1};
    return said;
}

}  // namespace punctual::test
