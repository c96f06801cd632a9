#include "net/rendering/local_time.hpp"

#include <gtest/gtest.h>

namespace punctual::net::rendering {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

wall_time utc(int y, unsigned m, unsigned d, int hour, int minute = 0) {
    return sys_days{year{y} / std::chrono::month{m} / std::chrono::day{d}} + std::chrono::hours{hour} +
           std::chrono::minutes{minute};
}

std::string clock_of(std::string_view zone, wall_time at, wall_time now) {
    static const date_words words{"en-AU"};
    const auto said = words.write(zone, at, now);
    return said ? said->date + " " + said->time + " " + said->zone : "unknown";
}
std::string clock_of(std::string_view zone, wall_time at) {
    return clock_of(zone, at, at);
}

struct place_case {
    const char* zone;
    wall_time at;
    const char* words;
};

class places : public testing::TestWithParam<place_case> {};

TEST_P(places, tells_the_time_of_the_place) {
    EXPECT_EQ(clock_of(GetParam().zone, GetParam().at), GetParam().words);
}

INSTANTIATE_TEST_SUITE_P(
    australia, places,
    testing::Values(place_case{"Australia/Sydney", utc(2026, 11, 24, 3, 30), "Tuesday, 24 November 2:30 pm AEDT"},
                    place_case{"Australia/Sydney", utc(2026, 7, 1, 4), "Wednesday, 1 July 2:00 pm AEST"},
                    place_case{"Australia/Brisbane", utc(2026, 11, 24, 3, 30), "Tuesday, 24 November 1:30 pm AEST"},
                    place_case{"Australia/Perth", utc(2026, 11, 24, 3, 30), "Tuesday, 24 November 11:30 am AWST"},
                    place_case{"Australia/Adelaide", utc(2026, 11, 24, 3, 30), "Tuesday, 24 November 2:00 pm ACDT"},
                    place_case{"Australia/Adelaide", utc(2026, 7, 1, 4), "Wednesday, 1 July 1:30 pm ACST"},
                    place_case{"Australia/Lord_Howe", utc(2026, 7, 1, 4), "Wednesday, 1 July 2:30 pm UTC+10:30"},
                    place_case{"Australia/Lord_Howe", utc(2026, 11, 24, 3, 30),
                               "Tuesday, 24 November 2:30 pm UTC+11:00"},
                    place_case{"Australia/Eucla", utc(2026, 7, 1, 4), "Wednesday, 1 July 12:45 pm UTC+08:45"},
                    place_case{"America/Sao_Paulo", utc(2026, 7, 1, 4), "Wednesday, 1 July 1:00 am UTC-03:00"},
                    place_case{"UTC", utc(2026, 7, 1, 4), "Wednesday, 1 July 4:00 am UTC"}));

// Clocks go from 2:00 to 3:00 on 4 October 2026, and from 3:00 back to 2:00 on 4 April 2027.
INSTANTIATE_TEST_SUITE_P(
    nights_of_change, places,
    testing::Values(place_case{"Australia/Sydney", utc(2026, 10, 3, 15, 59), "Sunday, 4 October 1:59 am AEST"},
                    place_case{"Australia/Sydney", utc(2026, 10, 3, 16), "Sunday, 4 October 3:00 am AEDT"},
                    place_case{"Australia/Sydney", utc(2027, 4, 3, 15, 30), "Sunday, 4 April 2:30 am AEDT"},
                    place_case{"Australia/Sydney", utc(2027, 4, 3, 16, 30), "Sunday, 4 April 2:30 am AEST"},
                    place_case{"Australia/Lord_Howe", utc(2026, 10, 3, 15, 29), "Sunday, 4 October 1:59 am UTC+10:30"},
                    place_case{"Australia/Lord_Howe", utc(2026, 10, 3, 15, 30), "Sunday, 4 October 2:30 am UTC+11:00"},
                    place_case{"Australia/Lord_Howe", utc(2027, 4, 3, 14, 45), "Sunday, 4 April 1:45 am UTC+11:00"},
                    place_case{"Australia/Lord_Howe", utc(2027, 4, 3, 15, 15), "Sunday, 4 April 1:45 am UTC+10:30"},
                    place_case{"Australia/Brisbane", utc(2026, 10, 3, 16), "Sunday, 4 October 2:00 am AEST"}));

// The system's files end in 2037; the first Sunday in October 2040 is the 7th.
INSTANTIATE_TEST_SUITE_P(
    far_years, places,
    testing::Values(place_case{"Australia/Sydney", utc(2040, 10, 6, 15, 59), "Sunday, 7 October 1:59 am AEST"},
                    place_case{"Australia/Sydney", utc(2040, 10, 6, 16), "Sunday, 7 October 3:00 am AEDT"},
                    place_case{"Australia/Sydney", utc(2040, 2, 29, 1), "Wednesday, 29 February 12:00 pm AEDT"},
                    place_case{"Australia/Sydney", utc(2099, 7, 1, 4), "Wednesday, 1 July 2:00 pm AEST"},
                    place_case{"Australia/Sydney", utc(2100, 1, 1, 1), "Friday, 1 January 12:00 pm AEDT"}));

TEST(local_time, says_today_and_tomorrow_only_where_they_are) {
    const date_words words{"en-AU"};
    // 24 November 23:30 in Sydney, still the 24th 20:30 in Perth.
    const auto now = utc(2026, 11, 24, 12, 30);
    const auto at = utc(2026, 11, 24, 13, 30);
    EXPECT_TRUE(words.write("Australia/Sydney", at, now)->tomorrow);
    EXPECT_FALSE(words.write("Australia/Sydney", at, now)->today);
    EXPECT_TRUE(words.write("Australia/Perth", at, now)->today);
    EXPECT_FALSE(words.write("Australia/Perth", at, now)->tomorrow);
    EXPECT_FALSE(words.write("Australia/Perth", at + 48h, now)->tomorrow);
    EXPECT_FALSE(words.write("Australia/Perth", at - 24h, now)->today);
}

TEST(local_time, counts_days_by_the_offset_of_each_instant) {
    const date_words words{"en-AU"};
    // 23:30 AEST the evening before the change, and 23:30 AEDT on the day: 23 hours apart, a day apart.
    const auto now = utc(2026, 10, 3, 13, 30);
    const auto at = utc(2026, 10, 4, 12, 30);
    EXPECT_TRUE(words.write("Australia/Sydney", at, now)->tomorrow);
    EXPECT_EQ(words.write("Australia/Sydney", at, now)->time, "11:30 pm");
}

TEST(local_time, names_the_year_where_it_is_not_this_one) {
    // 31 December 2026 23:00 UTC: 2027 already in Sydney.
    EXPECT_EQ(clock_of("Australia/Sydney", utc(2026, 12, 31, 23), utc(2026, 12, 31, 1)),
              "Friday, 1 January 2027 10:00 am AEDT");
    EXPECT_EQ(clock_of("Australia/Sydney", utc(2026, 12, 31, 23), utc(2026, 12, 31, 14)),
              "Friday, 1 January 10:00 am AEDT");
    EXPECT_EQ(clock_of("UTC", utc(2026, 12, 31, 23), utc(2026, 12, 31, 14)), "Thursday, 31 December 11:00 pm UTC");
}

TEST(local_time, gives_no_words_for_an_unknown_zone) {
    for (const auto* const zone : {"", "Mars/Olympus", "../../etc/passwd", "australia/sydney ", "AEDT"}) {
        EXPECT_EQ(clock_of(zone, utc(2026, 7, 1, 4)), "unknown") << zone;
        EXPECT_FALSE(utc_offset(zone, utc(2026, 7, 1, 4)).has_value()) << zone;
    }
}

TEST(local_time, tells_the_offset_for_quiet_hours) {
    EXPECT_EQ(utc_offset("Australia/Lord_Howe", utc(2026, 7, 1, 4)), 10h + 30min);
    EXPECT_EQ(utc_offset("Australia/Sydney", utc(2026, 12, 1, 4)), 11h);
}

TEST(local_time, takes_its_words_from_the_locale) {
    const auto at = utc(2026, 11, 24, 3, 30);
    EXPECT_EQ(date_words{"en-US"}.write("Australia/Sydney", at, at)->date, "Tuesday, November 24");
    EXPECT_TRUE(date_words{"es"}.write("Australia/Sydney", at, at)->date.contains("noviembre"));
    EXPECT_FALSE(date_words{"not a locale"}.write("Australia/Sydney", at, at)->date.empty());
}

TEST(local_time, writes_plain_spaces_only) {
    const auto at = utc(2026, 11, 24, 3, 30);
    for (const auto* const locale : {"en-AU", "en-US", "en-GB", "en"}) {
        const auto said = date_words{locale}.write("Australia/Sydney", at, at);
        for (const char c : said->time + said->date + said->short_date) {
            EXPECT_LT(static_cast<unsigned char>(c), 0x80) << locale;
        }
    }
}

TEST(local_time, finds_the_zone_data_of_this_machine_sound) {
    EXPECT_EQ(zone_data_complaint(), "");
}

}  // namespace
}  // namespace punctual::net::rendering
