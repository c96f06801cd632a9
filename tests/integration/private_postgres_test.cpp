#include "support/private_postgres.hpp"

#include <gtest/gtest.h>

namespace punctual::test {
namespace {

TEST(private_postgres, answers_and_comes_back_after_a_crash_with_what_was_committed) {
    private_postgres server;
    server.psql("CREATE TABLE kept(id int); INSERT INTO kept VALUES (7), (8)");
    const auto before = server.pid();
    server.restart(stop_mode::immediate);
    EXPECT_NE(server.pid(), before);
    EXPECT_EQ(server.psql("SELECT id FROM kept ORDER BY 1"), "7\n8");
}

TEST(private_postgres, makes_databases_of_their_own) {
    private_postgres server;
    server.create_database("other");
    EXPECT_EQ(server.psql("SELECT current_database()", "other"), "other");
    EXPECT_THROW(server.psql("SELECT 1/0"), std::runtime_error);
}

TEST(private_postgres, leaves_nothing_behind) {
    std::filesystem::path directory;
    {
        private_postgres server;
        directory = server.directory();
        ASSERT_TRUE(std::filesystem::exists(directory));
    }
    EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST(private_postgres, gives_a_standby_that_can_be_promoted_to_a_higher_timeline) {
    private_postgres server{{.standby = true}};
    EXPECT_EQ(server.psql("SELECT pg_is_in_recovery()"), "t");
    server.promote();
    EXPECT_EQ(server.psql("SELECT timeline_id FROM pg_control_checkpoint()"), "2");
}

}  // namespace
}  // namespace punctual::test
