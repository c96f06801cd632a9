#include "net/postgres/database.hpp"
#include "net/postgres/row_set.hpp"
#include "support/made_rows.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace punctual::net::postgres {
namespace {

using test::made_rows;

wall_time at(std::int64_t micros) {
    return wall_time{std::chrono::microseconds{micros}};
}

// Reads the text as a time; nullopt when the reader refuses it.
std::optional<wall_time> time_of(const std::string& text) {
    const auto rows = made_rows({"t"}, {{text}});
    row_reader reader{rows, 0};
    const auto when = reader.time();
    return reader.ok() ? std::optional{when} : std::nullopt;
}

TEST(row_reader, reads_columns_from_left_to_right) {
    const auto rows =
        made_rows({"id", "small", "yes", "name", "when", "kind"},
                  {{"9223372036854775807", "-2147483648", "t", "", "2026-03-05 17:04:00.000001+00", "email"}});
    row_reader reader{rows, 0};
    EXPECT_EQ(reader.integer(), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(reader.small_integer(), std::numeric_limits<std::int32_t>::min());
    EXPECT_TRUE(reader.boolean());
    EXPECT_EQ(reader.string(), "");
    EXPECT_EQ(reader.time(), at(1'772'730'240'000'001));
    EXPECT_EQ(reader.word(), "email");
    EXPECT_TRUE(reader.ok());
}

TEST(row_reader, tells_null_from_empty) {
    const auto rows =
        made_rows({"a", "b", "c", "d", "e"}, {{std::nullopt, std::nullopt, std::nullopt, "", std::nullopt}});
    row_reader reader{rows, 0};
    EXPECT_EQ(reader.optional_integer(), std::nullopt);
    EXPECT_EQ(reader.optional_time(), std::nullopt);
    EXPECT_EQ(reader.optional_string(), std::nullopt);
    EXPECT_EQ(reader.optional_string(), std::optional<std::string>{""});
    EXPECT_EQ(reader.word(), "");
    EXPECT_TRUE(reader.ok());
}

TEST(row_reader, keeps_its_first_mistake_and_does_not_tell_the_value) {
    const auto rows = made_rows({"phone", "id"}, {{"0412345678x", "also wrong"}});
    row_reader reader{rows, 0};
    EXPECT_EQ(reader.integer(), 0);
    EXPECT_EQ(reader.integer(), 0);
    ASSERT_FALSE(reader.ok());
    EXPECT_EQ(reader.mistake()->code, postgres_errc::bad_result);
    EXPECT_EQ(reader.mistake()->detail, "column phone: expected an integer");
}

TEST(row_reader, refuses_null_where_a_value_is_needed) {
    const auto rows = made_rows({"id"}, {{std::nullopt}});
    row_reader reader{rows, 0};
    EXPECT_EQ(reader.string(), "");
    ASSERT_FALSE(reader.ok());
    EXPECT_EQ(reader.mistake()->detail, "column id: expected a value, found null");
}

TEST(row_reader, refuses_a_column_and_a_row_that_are_not_there) {
    const auto rows = made_rows({"id"}, {{"1"}});
    row_reader columns{rows, 0};
    EXPECT_EQ(columns.integer(), 1);
    EXPECT_EQ(columns.integer(), 0);
    EXPECT_EQ(columns.mistake()->detail, "column 2: absent");
    row_reader beyond{rows, 1};
    EXPECT_EQ(beyond.integer(), 0);
    EXPECT_FALSE(beyond.ok());
}

TEST(row_reader, refuses_numbers_that_do_not_fit) {
    for (const auto* text : {"9223372036854775808", "1.0", "", " 1", "1 ", "+1", "0x10"}) {
        const auto rows = made_rows({"id"}, {{text}});
        row_reader reader{rows, 0};
        EXPECT_EQ(reader.integer(), 0) << text;
        EXPECT_FALSE(reader.ok()) << text;
    }
    const auto rows = made_rows({"id"}, {{"2147483648"}});
    row_reader reader{rows, 0};
    EXPECT_EQ(reader.small_integer(), 0);
    EXPECT_FALSE(reader.ok());
}

TEST(row_reader, takes_the_callers_complaint_about_the_column_just_read) {
    const auto rows = made_rows({"id", "kind"}, {{"1", "telepathy"}});
    row_reader reader{rows, 0};
    EXPECT_EQ(reader.integer(), 1);
    EXPECT_EQ(reader.word(), "telepathy");
    reader.refuse("a session type");
    EXPECT_EQ(reader.mistake()->detail, "column kind: expected a session type");
}

TEST(row_reader, reads_times_to_the_microsecond_with_any_offset) {
    EXPECT_EQ(time_of("1970-01-01 00:00:00+00"), at(0));
    EXPECT_EQ(time_of("1970-01-01 00:00:00.5+00"), at(500'000));
    EXPECT_EQ(time_of("1969-12-31 23:59:59.999999+00"), at(-1));
    EXPECT_EQ(time_of("1970-01-01 10:30:00+10:30"), at(0));
    EXPECT_EQ(time_of("1969-12-31 16:00:00-08"), at(0));
    EXPECT_EQ(time_of("2024-02-29 12:00:00+00"), at(1'709'208'000'000'000));
    EXPECT_EQ(time_of("0001-01-01 00:00:00+00 BC"), at(-62'167'219'200'000'000));
    EXPECT_EQ(time_of("10000-01-01 00:00:00+00"), at(253'402'300'800'000'000));
}

TEST(row_reader, refuses_what_is_no_finite_time_with_an_offset) {
    for (const auto* text : {"infinity", "-infinity", "2026-03-05", "2026-03-05 10:00:00", "2026-13-05 10:00:00+00",
                             "294276-12-31 00:00:00+00", "2026-03-05T10:00:00Z", "now", "", "2026-03-05 10:00:00.+00",
                             "2026-03-05 10:00:00+00 AD"}) {
        EXPECT_EQ(time_of(text), std::nullopt) << text;
    }
}

TEST(row_set, is_empty_by_default) {
    const row_set none;
    EXPECT_EQ(none.size(), 0U);
    EXPECT_EQ(none.columns(), 0U);
    EXPECT_EQ(none.affected(), 0U);
    EXPECT_EQ(none.text(0, 0), std::nullopt);
    EXPECT_EQ(none.column_name(3), "");
}

}  // namespace
}  // namespace punctual::net::postgres
