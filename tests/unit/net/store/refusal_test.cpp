#include "net/store/refusal.hpp"

#include "net/postgres/server_error.hpp"
#include "net/store/store_error.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace punctual::net {
namespace {

error refused(std::string_view state) {
    return to_store_error(postgres::refusal(state, "why"));
}

TEST(refusal, is_of_the_moment_when_the_server_may_take_it_later) {
    for (const auto* state : {"40P01", "53100", "53200", "55P03", "57014", "58030"}) {
        EXPECT_TRUE(is_of_the_moment(refused(state))) << state;
        EXPECT_FALSE(is_of_the_row(refused(state))) << state;
    }
}

TEST(refusal, is_of_the_row_when_something_in_it_is_refused) {
    for (const auto* state : {"22021", "23505", "23514", "54000", "P0001"}) {
        EXPECT_TRUE(is_of_the_row(refused(state))) << state;
        EXPECT_FALSE(is_of_the_moment(refused(state))) << state;
    }
}

TEST(refusal, is_of_neither_when_the_statement_itself_is_refused) {
    for (const auto* state : {"42501", "42P01", "0A000"}) {
        EXPECT_FALSE(is_of_the_row(refused(state))) << state;
        EXPECT_FALSE(is_of_the_moment(refused(state))) << state;
    }
}

TEST(refusal, is_of_neither_when_there_was_none) {
    const error away{store_errc::not_connected, "SQLSTATE 23505"};
    EXPECT_FALSE(is_of_the_row(away));
    EXPECT_FALSE(is_of_the_moment(away));
}

}  // namespace
}  // namespace punctual::net
