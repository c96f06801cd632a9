#include "net/postgres/server_error.hpp"

#include "net/postgres/back_off.hpp"
#include "net/postgres/database.hpp"
#include "net/postgres/outage.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace punctual::net::postgres {
namespace {

using std::chrono::milliseconds;

TEST(server_error, tells_the_sqlstate_of_a_refusal_alone) {
    EXPECT_EQ(sqlstate(refusal("23505", "twice")), "23505");
    EXPECT_EQ(sqlstate(refusal("P0001", "")), "P0001");
    EXPECT_EQ(sqlstate(error{postgres_errc::outcome_unknown, "SQLSTATE 23505"}), "");
    EXPECT_EQ(sqlstate(error{postgres_errc::refused, "something else"}), "");
}

TEST(server_error, makes_one_bounded_line_of_any_text) {
    EXPECT_EQ(one_line(" FATAL:  no\n\tsuch\r\n database\n"), "FATAL: no such database");
    EXPECT_EQ(one_line(std::string(1000, 'x')).size(), 303U);
    EXPECT_EQ(one_line("\n \t"), "");
}

TEST(back_off, doubles_up_to_its_last_and_never_waits_longer) {
    back_off pauses{milliseconds{100}, milliseconds{500}};
    for (const auto longest : {100, 200, 400, 500, 500, 500}) {
        const auto pause = pauses.next();
        EXPECT_LE(pause, milliseconds{longest});
        EXPECT_GE(pause, milliseconds{longest / 2});
    }
    pauses.reset();
    EXPECT_LE(pauses.next(), milliseconds{100});
}

TEST(outage, is_news_when_the_reason_changes_and_after_it_was_over) {
    outage trouble;
    EXPECT_TRUE(trouble.is_new("refused"));
    EXPECT_FALSE(trouble.is_new("refused"));
    EXPECT_TRUE(trouble.is_new("no such database"));
    trouble.over();
    EXPECT_TRUE(trouble.is_new("no such database"));
}

}  // namespace
}  // namespace punctual::net::postgres
