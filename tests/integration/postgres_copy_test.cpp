// COPY … TO STDOUT (FORMAT binary) from a real server.

#include "support/postgres_fixture.hpp"

#include <stdexcept>

namespace punctual::test {
namespace {

using namespace net::postgres;

class postgres_copy : public postgres_fixture {
protected:
    postgres_copy() { start_client(options_for(server.conninfo())); }
    ~postgres_copy() override { stop_client(); }

    result<std::uint64_t> copy(std::string_view sql, std::function<void(database::copied_row)> each_row,
                               std::chrono::milliseconds time = std::chrono::seconds{20}) {
        return run(client->copy(sql, std::move(each_row), within(time)));
    }

    private_postgres server;
};

std::int64_t big_endian(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char byte : bytes) {
        number = number << 8U | static_cast<unsigned char>(byte);
    }
    return static_cast<std::int64_t>(number);
}

TEST_F(postgres_copy, tells_every_row_once_and_in_order) {
    std::int64_t expected = 0;
    const auto copied = copy(
        "COPY (SELECT g::bigint, CASE WHEN g % 3 = 0 THEN NULL ELSE repeat('é', (g % 7)::int) END "
        "FROM generate_series(0, 199999) AS g) TO STDOUT (FORMAT binary)",
        [&](database::copied_row row) {
            ASSERT_EQ(row.size(), 2U);
            ASSERT_EQ(big_endian(row[0].value()), expected);
            ASSERT_EQ(row[1].has_value(), expected % 3 != 0);
            if (row[1]) {
                ASSERT_EQ(row[1]->size(), static_cast<std::size_t>(expected % 7) * 2);
            }
            ++expected;
        });
    ASSERT_TRUE(copied) << copied.error().message();
    EXPECT_EQ(*copied, 200'000U);
    EXPECT_EQ(expected, 200'000);
}

TEST_F(postgres_copy, runs_beside_the_statements) {
    auto& other = places(1).front();
    ask_later("SELECT 1", {}, std::chrono::seconds{10}, other);
    const auto copied = copy("COPY (SELECT 1 FROM pg_sleep(0.1)) TO STDOUT (FORMAT binary)", [](auto) {});
    ASSERT_TRUE(copied);
    EXPECT_TRUE(other.has_value() && *other);
}

TEST_F(postgres_copy, reports_an_error_before_and_amid_the_rows) {
    const auto before = copy("COPY (SELECT nothing) TO STDOUT (FORMAT binary)", [](auto) {});
    ASSERT_FALSE(before);
    EXPECT_EQ(sqlstate(before.error()), "42703");
    std::size_t rows = 0;
    const auto amid =
        copy("COPY (SELECT 1 / (50000 - g) FROM generate_series(1, 100000) AS g) TO STDOUT (FORMAT binary)",
             [&](auto) { ++rows; });
    ASSERT_FALSE(amid);
    EXPECT_EQ(sqlstate(amid.error()), "22012");
    EXPECT_LT(rows, 50'000U);
}

TEST_F(postgres_copy, refuses_what_is_no_binary_copy) {
    const auto rows = copy("SELECT 1", [](auto) {});
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, postgres_errc::bad_result);
    const auto text = copy("COPY (SELECT 'text that is not binary at all') TO STDOUT", [](auto) {});
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, postgres_errc::bad_result);
}

TEST_F(postgres_copy, ends_at_its_deadline) {
    const auto slow =
        copy("COPY (SELECT pg_sleep(30)) TO STDOUT (FORMAT binary)", [](auto) {}, std::chrono::milliseconds{300});
    ASSERT_FALSE(slow);
    // Ours or the server's statement_timeout, whichever is first.
    EXPECT_TRUE(slow.error().code == postgres_errc::timed_out || sqlstate(slow.error()) == "57014")
        << slow.error().message();
}

TEST_F(postgres_copy, is_not_stopped_any_more_when_whoever_takes_the_rows_has_thrown) {
    EXPECT_THROW(static_cast<void>(copy("COPY (SELECT 1) TO STDOUT (FORMAT binary)",
                                        [](auto) { throw std::runtime_error{"a row"}; })),
                 std::runtime_error);
    client->stop_copies();
    EXPECT_TRUE(ask("SELECT 1"));
}

TEST_F(postgres_copy, ends_at_once_when_copies_are_stopped_and_statements_go_on) {
    std::optional<result<std::uint64_t>> copied;
    work.spawn("copy", store_into(client->copy(
                                      "COPY (SELECT 1 FROM pg_sleep(60)) TO STDOUT (FORMAT binary)", [](auto) {},
                                      within(std::chrono::seconds{60})),
                                  copied));
    ASSERT_TRUE(turn_until([&] {
        return server.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active'") !=
               "0";
    }));
    client->stop_copies();
    ASSERT_TRUE(turn_until([&] { return copied.has_value(); }, std::chrono::seconds{5}));
    ASSERT_FALSE(*copied);
    EXPECT_EQ(copied->error().code, postgres_errc::cancelled);
    EXPECT_TRUE(ask("SELECT 1"));
    const auto later = copy("COPY (SELECT 1) TO STDOUT (FORMAT binary)", [](auto) {});
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().code, postgres_errc::cancelled);
}

}  // namespace
}  // namespace punctual::test
