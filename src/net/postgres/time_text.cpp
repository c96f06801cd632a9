#include "net/postgres/time_text.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <limits>

namespace punctual::net::postgres {
namespace {

// std::chrono::year ends at 32767, timestamptz at 294276. Howard Hinnant, "chrono-compatible low-level
// date algorithms".
struct civil {
    std::int64_t year = 0;
    int month = 0;
    int day = 0;
};

std::int64_t days_from_civil(civil date) noexcept {
    const auto year = date.month <= 2 ? date.year - 1 : date.year;
    const auto era = (year >= 0 ? year : year - 399) / 400;
    const auto year_of_era = year - era * 400;
    const auto month_from_march = (date.month + 9) % 12;
    const auto day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    const auto day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

civil civil_from_days(std::int64_t days) noexcept {
    days += 719468;
    const auto era = (days >= 0 ? days : days - 146096) / 146097;
    const auto day_of_era = days - era * 146097;
    const auto year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const auto day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const auto month_from_march = (5 * day_of_year + 2) / 153;
    const auto day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    const auto month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    const auto year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    return {year, static_cast<int>(month), static_cast<int>(day)};
}

// Reads from the front of a text; the first mistake sticks.
class cursor {
public:
    explicit cursor(std::string_view text) noexcept : left_{text} {}

    std::int64_t digits(std::size_t least, std::size_t most) noexcept {
        std::size_t count = 0;
        std::int64_t number = 0;
        while (count < most && count < left_.size() && left_[count] >= '0' && left_[count] <= '9') {
            number = number * 10 + (left_[count] - '0');
            ++count;
        }
        ok_ = ok_ && count >= least;
        last_width_ = count;
        left_.remove_prefix(count);
        return number;
    }
    bool take(std::string_view what) noexcept {
        const bool found = left_.starts_with(what);
        if (found) {
            left_.remove_prefix(what.size());
        }
        return found;
    }
    void expect(std::string_view what) noexcept { ok_ = take(what) && ok_; }
    [[nodiscard]] std::size_t last_width() const noexcept { return last_width_; }
    [[nodiscard]] bool at_end() const noexcept { return ok_ && left_.empty(); }
    [[nodiscard]] bool ok() const noexcept { return ok_; }
    void fail() noexcept { ok_ = false; }

private:
    std::string_view left_;
    std::size_t last_width_ = 0;
    bool ok_ = true;
};

std::int64_t read_fraction(cursor& from) noexcept {
    if (!from.take(".")) {
        return 0;
    }
    auto micros = from.digits(1, 6);
    for (auto width = from.last_width(); width < 6; ++width) {
        micros *= 10;
    }
    return micros;
}

std::int64_t read_offset(cursor& from) noexcept {
    const bool west = from.take("-");
    if (!west) {
        from.expect("+");
    }
    auto seconds = from.digits(2, 2) * 3600;
    if (from.take(":")) {
        seconds += from.digits(2, 2) * 60;
        if (from.take(":")) {
            seconds += from.digits(2, 2);
        }
    }
    return west ? -seconds : seconds;
}

constexpr std::int64_t day_seconds = 86400;

}  // namespace

std::string write_time(wall_time when) {
    const auto micros = when.time_since_epoch().count();
    auto seconds = micros / 1'000'000;
    auto fraction = micros % 1'000'000;
    if (fraction < 0) {
        fraction += 1'000'000;
        --seconds;
    }
    auto days = seconds / day_seconds;
    auto of_day = seconds % day_seconds;
    if (of_day < 0) {
        of_day += day_seconds;
        --days;
    }
    const auto date = civil_from_days(days);
    const bool before_christ = date.year <= 0;
    std::array<char, 64> text{};
    const auto length =
        std::snprintf(text.data(), text.size(), "%04lld-%02d-%02d %02d:%02d:%02d.%06d+00%s",
                      static_cast<long long>(before_christ ? 1 - date.year : date.year), date.month, date.day,
                      static_cast<int>(of_day / 3600), static_cast<int>(of_day / 60 % 60),
                      static_cast<int>(of_day % 60), static_cast<int>(fraction), before_christ ? " BC" : "");
    return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<wall_time> read_time(std::string_view text) noexcept {
    cursor from{text};
    civil date;
    date.year = from.digits(4, 6);
    from.expect("-");
    date.month = static_cast<int>(from.digits(2, 2));
    from.expect("-");
    date.day = static_cast<int>(from.digits(2, 2));
    from.expect(" ");
    const auto hour = from.digits(2, 2);
    from.expect(":");
    const auto minute = from.digits(2, 2);
    from.expect(":");
    const auto second = from.digits(2, 2);
    const auto micros = read_fraction(from);
    const auto offset = read_offset(from);
    if (from.take(" BC")) {
        date.year = 1 - date.year;
    }
    if (!from.at_end() || date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31 || hour > 24 ||
        minute > 59 || second > 60) {
        return std::nullopt;
    }
    const auto seconds = days_from_civil(date) * day_seconds + hour * 3600 + minute * 60 + second - offset;
    constexpr auto limit = std::numeric_limits<std::int64_t>::max() / 1'000'000 - 1;
    if (seconds > limit || seconds < -limit) {
        return std::nullopt;
    }
    return wall_time{std::chrono::microseconds{seconds * 1'000'000 + micros}};
}

}  // namespace punctual::net::postgres
