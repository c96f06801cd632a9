#include "net/postgres/database.hpp"
#include "net/postgres/time_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <limits>
#include <random>

namespace punctual::net::postgres {
namespace {

wall_time at(std::int64_t micros) {
    return wall_time{std::chrono::microseconds{micros}};
}

std::string only(const parameters& with) {
    return with.values().front().value();
}

TEST(parameters, writes_each_type_as_text) {
    parameters with;
    with.add("it's").add(std::int64_t{-5}).add(true).add(false).add_null().add(at(1));
    const auto values = with.values();
    ASSERT_EQ(values.size(), 6U);
    EXPECT_EQ(values[0], "it's");
    EXPECT_EQ(values[1], "-5");
    EXPECT_EQ(values[2], "t");
    EXPECT_EQ(values[3], "f");
    EXPECT_EQ(values[4], std::nullopt);
    EXPECT_EQ(values[5], "1970-01-01 00:00:00.000001+00");
}

TEST(parameters, quotes_every_text_of_an_array) {
    const std::array<std::string, 7> nasty{"", "NULL", "a,b", "{}", "\"", "\\", " \t\n'é"};
    EXPECT_EQ(only(parameters{}.add_array(std::span<const std::string>{nasty})),
              "{\"\",\"NULL\",\"a,b\",\"{}\",\"\\\"\",\"\\\\\",\" \t\n'é\"}");
}

TEST(parameters, writes_nulls_and_numbers_of_an_array_bare) {
    const std::array<std::optional<std::int64_t>, 3> numbers{1, std::nullopt, std::numeric_limits<std::int64_t>::min()};
    EXPECT_EQ(only(parameters{}.add_array(std::span<const std::optional<std::int64_t>>{numbers})),
              "{1,NULL,-9223372036854775808}");
    EXPECT_EQ(only(parameters{}.add_array(std::span<const std::int64_t>{})), "{}");
}

TEST(parameters, writes_arrays_of_times) {
    const std::array<std::optional<wall_time>, 2> times{at(0), std::nullopt};
    EXPECT_EQ(only(parameters{}.add_array(std::span<const std::optional<wall_time>>{times})),
              "{\"1970-01-01 00:00:00.000000+00\",NULL}");
}

TEST(time_text, reads_back_what_it_writes) {
    std::mt19937_64 random{20260305};
    std::uniform_int_distribution<std::int64_t> any{-200'000'000'000'000'000, 9'000'000'000'000'000'000};
    for (int i = 0; i < 100'000; ++i) {
        const auto when = at(any(random));
        ASSERT_EQ(read_time(write_time(when)), when) << write_time(when);
    }
}

TEST(time_text, agrees_with_chrono_on_every_day_of_eight_centuries) {
    using std::chrono::sys_days;
    for (auto day = sys_days{std::chrono::year{1600} / 1 / 1}; day < sys_days{std::chrono::year{2400} / 1 / 1};
         day += std::chrono::days{1}) {
        const std::chrono::year_month_day date{day};
        std::array<char, 40> expected{};
        const auto length = std::snprintf(expected.data(), expected.size(), "%04d-%02u-%02u 00:00:00.000000+00",
                                          static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                          static_cast<unsigned>(date.day()));
        ASSERT_EQ(write_time(wall_time{day}), std::string_view(expected.data(), static_cast<std::size_t>(length)));
    }
}

}  // namespace
}  // namespace punctual::net::postgres
