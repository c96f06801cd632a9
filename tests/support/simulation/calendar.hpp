#pragma once
// The nights in which clocks and dates are odd, and what clocks and calendars say in them: written down from the law
// of each place, not read from the zone data that the daemon reads. The oracle of the simulation's local words.

#include "domain/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace punctual::test {

// Places whose law is known here; "" is the clinic's, and so is one that does not exist.
inline constexpr std::array<std::string_view, 6> known_zones{
    "", "Australia/Sydney", "Australia/Lord_Howe", "Australia/Perth", "Australia/Brisbane", "Mars/Olympus_Mons"};

enum class season : std::uint8_t {
    plain,
    clocks_go_back,     // the first Sunday in April: an hour, half an hour on Lord Howe
    clocks_go_forward,  // the first Sunday in October
    year_end,
    leap_day,
};

// Half of the seeds live through one of them.
[[nodiscard]] season season_of(std::uint64_t seed);
// About the middle of the night from the odd day's eve to it; nullopt: plain. In UTC it is the eve's afternoon.
[[nodiscard]] std::optional<wall_time> night_of(season which);
// When a simulation of so many days begins: with its night in the middle.
[[nodiscard]] wall_time start_of(season which, int days);

// Local time minus UTC.
[[nodiscard]] std::chrono::minutes law_of(std::string_view zone, wall_time at);

// As English in Australia writes it.
struct clock_words {
    std::string date;  // "Sunday, 4 April", with the year where it is not this year's
    std::string time;  // "2:30 am"
    std::string zone;  // "AEDT", "UTC+10:30"
    bool today = false;
    bool tomorrow = false;

    bool operator==(const clock_words&) const = default;
};
[[nodiscard]] clock_words words_by_law(std::string_view zone, wall_time at, wall_time now);

}  // namespace punctual::test
