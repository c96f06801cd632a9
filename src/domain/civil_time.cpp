#include "domain/civil_time.hpp"

#include <array>
#include <string_view>

namespace punctual::domain {
namespace {

constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct civil {
    std::chrono::year_month_day date;
    std::chrono::weekday weekday;
    std::chrono::hh_mm_ss<std::chrono::seconds> time;
};

civil split(wall_time at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    return {std::chrono::year_month_day{day}, std::chrono::weekday{day},
            std::chrono::hh_mm_ss<std::chrono::seconds>{seconds - day}};
}

std::string padded(long long value, std::size_t width) {
    auto text = std::to_string(value);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

}  // namespace

std::string internet_date(wall_time at) {
    const auto parts = split(at);
    std::string out{weekdays[parts.weekday.c_encoding()]};
    out += ", " + std::to_string(unsigned{parts.date.day()}) + " ";
    out += months[unsigned{parts.date.month()} - 1];
    out += " " + padded(int{parts.date.year()}, 4) + " " + padded(parts.time.hours().count(), 2) + ":" +
           padded(parts.time.minutes().count(), 2) + ":" + padded(parts.time.seconds().count(), 2) + " +0000";
    return out;
}

std::string calendar_stamp(wall_time at) {
    const auto parts = split(at);
    return padded(int{parts.date.year()}, 4) + padded(unsigned{parts.date.month()}, 2) +
           padded(unsigned{parts.date.day()}, 2) + "T" + padded(parts.time.hours().count(), 2) +
           padded(parts.time.minutes().count(), 2) + padded(parts.time.seconds().count(), 2) + "Z";
}

}  // namespace punctual::domain
