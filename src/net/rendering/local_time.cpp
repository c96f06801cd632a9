#include "net/rendering/local_time.hpp"

#include <date/tz.h>
#include <unicode/dtptngen.h>
#include <unicode/locid.h>
#include <unicode/smpdtfmt.h>
#include <unicode/timezone.h>

#include <cstdlib>
#include <stdexcept>

namespace punctual::net::rendering {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

// The system's files list changes until 2037 and leave the rest to a rule that date::tz does not read.
constexpr std::chrono::year horizon{2037};

// The same moment of the latest year before the horizon in which that date falls on the same weekday:
// rules speak of "the first Sunday in October", so they give the same there.
std::chrono::sys_seconds before_horizon(std::chrono::sys_seconds at) {
    const auto day = std::chrono::floor<days>(at);
    const year_month_day date{day};
    if (date.year() < horizon) {
        return at;
    }
    // 29 February is looked up as the day before 1 March.
    const bool leap_day = date.month() == std::chrono::February && date.day() == std::chrono::day{29};
    const auto month_day = leap_day ? std::chrono::March / 1 : date.month() / date.day();
    const std::chrono::weekday wanted{leap_day ? day + days{1} : day};
    auto year = horizon;
    do {
        --year;
    } while (std::chrono::weekday{sys_days{year / month_day}} != wanted);
    const sys_days found = sys_days{year / month_day} - (leap_day ? days{1} : days{0});
    return found + (at - day);
}

const date::time_zone* find_zone(std::string_view name) {
    if (name.empty()) {
        return nullptr;
    }
    try {
        return date::locate_zone(name);
    } catch (const std::exception&) {
        return nullptr;
    }
}

std::string numeric(seconds offset) {
    const auto minutes = std::chrono::abs(std::chrono::duration_cast<std::chrono::minutes>(offset)).count();
    const auto two = [](long long value) { return (value < 10 ? "0" : "") + std::to_string(value); };
    return "UTC" + std::string{offset < seconds{0} ? "-" : "+"} + two(minutes / 60) + ":" + two(minutes % 60);
}

// "+1030" is what the data has for zones whose people use no letters.
std::string letters_of(const date::sys_info& info) {
    const bool numbered = info.abbrev.empty() || info.abbrev.front() == '+' || info.abbrev.front() == '-';
    return numbered ? numeric(info.offset) : info.abbrev;
}

std::optional<date::sys_info> info_at(std::string_view zone, wall_time at) {
    const auto* const found = find_zone(zone);
    if (found == nullptr) {
        return std::nullopt;
    }
    try {
        return found->get_info(before_horizon(std::chrono::floor<seconds>(at)));
    } catch (const std::exception&) {  // a file that cannot be read
        return std::nullopt;
    }
}

// ICU puts narrow and hard spaces into times; one of them makes an SMS of 160 characters one of 70.
std::string with_plain_spaces(icu::UnicodeString text) {
    for (int32_t i = 0; i < text.length(); ++i) {
        const char16_t c = text.charAt(i);
        if (c == 0x00A0 || c == 0x202F || c == 0x2009) {
            text.setCharAt(i, u' ');
        }
    }
    std::string out;
    text.toUTF8String(out);
    return out;
}

}  // namespace

std::optional<zone_reading> read_zone(std::string_view zone, wall_time at) {
    const auto info = info_at(zone, at);
    if (!info) {
        return std::nullopt;
    }
    return zone_reading{info->offset, letters_of(*info)};
}

std::optional<seconds> utc_offset(std::string_view zone, wall_time at) {
    const auto info = info_at(zone, at);
    return info ? std::optional<seconds>{info->offset} : std::nullopt;
}

std::string zone_data_complaint() {
    using namespace std::chrono_literals;
    const auto summer = utc_offset("Australia/Sydney", sys_days{2036y / 1 / 15});
    const auto winter = utc_offset("Australia/Sydney", sys_days{2036y / 7 / 15});
    if (!summer || !winter) {
        return "the system has no time zone data (package tzdata)";
    }
    if (*summer != 11h || *winter != 10h) {
        return "the system's time zone files stop early; they must list every change until 2037 (zic -b fat)";
    }
    return {};
}

struct date_words::formats {
    std::unique_ptr<icu::SimpleDateFormat> date, date_year, short_date, short_date_year, time;
};

date_words::date_words(std::string_view locale) : formats_{std::make_unique<formats>()} {
    UErrorCode status = U_ZERO_ERROR;
    auto place =
        icu::Locale::forLanguageTag(icu::StringPiece{locale.data(), static_cast<int32_t>(locale.size())}, status);
    if (U_FAILURE(status) != 0 || place.isBogus() != 0) {
        status = U_ZERO_ERROR;
        place = icu::Locale::getEnglish();
    }
    place.setKeywordValue("calendar", "gregorian", status);
    const std::unique_ptr<icu::DateTimePatternGenerator> patterns{
        icu::DateTimePatternGenerator::createInstance(place, status)};
    const auto make = [&](const char* skeleton) {
        if (U_FAILURE(status) != 0) {
            throw std::runtime_error{"ICU has no data for dates"};
        }
        auto made = std::make_unique<icu::SimpleDateFormat>(
            patterns->getBestPattern(icu::UnicodeString{skeleton, -1, US_INV}, status), place, status);
        // The instant is shifted before it gets here.
        made->setTimeZone(*icu::TimeZone::getGMT());
        return made;
    };
    formats_->date = make("EEEEdMMMM");
    formats_->date_year = make("EEEEdMMMMy");
    formats_->short_date = make("EEEdMMM");
    formats_->short_date_year = make("EEEdMMMy");
    formats_->time = make("jmm");
    if (U_FAILURE(status) != 0) {
        throw std::runtime_error{"ICU has no data for dates"};
    }
}

date_words::~date_words() = default;
date_words::date_words(date_words&&) noexcept = default;
date_words& date_words::operator=(date_words&&) noexcept = default;

std::optional<local_words> date_words::write(std::string_view zone, wall_time at, wall_time now) const {
    const auto reading = read_zone(zone, at);
    const auto offset_now = utc_offset(zone, now);
    if (!reading || !offset_now) {
        return std::nullopt;
    }
    const auto local = at + reading->offset;
    const auto day = std::chrono::floor<days>(local);
    const auto day_now = std::chrono::floor<days>(now + *offset_now);
    const bool other_year = year_month_day{day}.year() != year_month_day{day_now}.year();
    const auto shifted =
        static_cast<UDate>(std::chrono::floor<std::chrono::milliseconds>(local).time_since_epoch().count());
    const auto words = [shifted](const icu::SimpleDateFormat& format) {
        icu::UnicodeString text;
        format.format(shifted, text);
        return with_plain_spaces(std::move(text));
    };
    return local_words{.date = words(other_year ? *formats_->date_year : *formats_->date),
                       .short_date = words(other_year ? *formats_->short_date_year : *formats_->short_date),
                       .time = words(*formats_->time),
                       .zone = reading->letters,
                       .today = day == day_now,
                       .tomorrow = day == day_now + days{1}};
}

}  // namespace punctual::net::rendering
