#pragma once
// An instant in the words of a place: date, time and the letters of its zone (domain rules §2.8).
// Offsets come from the system's zone data, words from ICU, and neither from the other: ICU's own
// zone data is older than the system's. It reads no clock and no TZ of the process.

#include "domain/time.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace punctual::net::rendering {

struct zone_reading {
    std::chrono::seconds offset{};  // local time minus UTC
    std::string letters;            // "AEDT"; a zone without letters: "UTC+10:30"
};

// nullopt for a name that the system's zone data does not have. From 2037 on the zone's present rules
// are taken to go on.
[[nodiscard]] std::optional<zone_reading> read_zone(std::string_view zone, wall_time at);
// The same without the letters; quiet hours ask this.
[[nodiscard]] std::optional<std::chrono::seconds> utc_offset(std::string_view zone, wall_time at);
// What is wrong with the system's zone data, "" when it is sound. Files in the "slim" form end where
// only a rule goes on, and date::tz does not read the rule.
[[nodiscard]] std::string zone_data_complaint();

struct local_words {
    std::string date;        // "Tuesday 24 November", with the year where it is not this year's
    std::string short_date;  // "Tue 24 Nov", likewise
    std::string time;        // "2:30 pm"
    std::string zone;        // "AEDT"
    bool today = false;      // true there, at `now`
    bool tomorrow = false;

    bool operator==(const local_words&) const = default;
};

// The words of one locale. Building one costs milliseconds, using it microseconds: keep it.
class date_words {
public:
    // BCP 47; what ICU does not know falls back to its parent.
    explicit date_words(std::string_view locale);
    ~date_words();
    date_words(date_words&&) noexcept;
    date_words& operator=(date_words&&) noexcept;

    // nullopt for an unknown zone.
    [[nodiscard]] std::optional<local_words> write(std::string_view zone, wall_time at, wall_time now) const;

private:
    struct formats;
    std::unique_ptr<formats> formats_;
};

}  // namespace punctual::net::rendering
