// punctuald migrate.

#include "embedded/migrations.hpp"
#include "net/store/migrate.hpp"
#include "net/store/store_error.hpp"
#include "support/private_postgres.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

namespace punctual::test {
namespace {

using net::adapter;
using net::store_errc;

TEST(schema_migrate, runs_each_migration_once) {
    private_postgres server;
    const auto first = net::migrate(server.conninfo(), adapter::standalone);
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_EQ(first->applied, net::migration_names(adapter::standalone));
    const auto second = net::migrate(server.conninfo(), adapter::standalone);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_TRUE(second->applied.empty());
    EXPECT_EQ(second->present, first->applied.size());
    EXPECT_EQ(second->unknown, 0U);
}

TEST(schema_migrate, two_at_once_do_each_once) {
    private_postgres server;
    std::array<result<net::migration_report>, 3> reports;
    {
        std::vector<std::jthread> threads;
        threads.reserve(reports.size());
        for (auto& report : reports) {
            threads.emplace_back([&report, &server] { report = net::migrate(server.conninfo(), adapter::standalone); });
        }
    }
    std::size_t applied = 0;
    for (const auto& report : reports) {
        ASSERT_TRUE(report) << report.error().message();
        applied += report->applied.size();
    }
    EXPECT_EQ(applied, net::migration_names(adapter::standalone).size());
}

TEST(schema_migrate, a_changed_text_is_an_error_that_names_the_file) {
    private_postgres server;
    const std::array before{embedded::file{"core/0001_one.sql", "create table punctual.one()"}};
    const std::array after{embedded::file{"core/0001_one.sql", "create table punctual.two()"}};
    ASSERT_TRUE(net::migrate(server.conninfo(), adapter::standalone, before));
    const auto changed = net::migrate(server.conninfo(), adapter::standalone, after);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, store_errc::migration_changed);
    EXPECT_THAT(changed.error().detail, testing::HasSubstr("core/0001_one.sql"));
}

TEST(schema_migrate, a_failed_migration_leaves_nothing_of_itself_and_keeps_those_before) {
    private_postgres server;
    const std::array files{embedded::file{"core/0001_one.sql", "create table punctual.one()"},
                           embedded::file{"standalone/0002_two.sql", "create table punctual.two(); select 1/0"},
                           embedded::file{"django/0002_two.sql", "create table punctual.three()"}};
    const auto failed = net::migrate(server.conninfo(), adapter::standalone, files);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, store_errc::migration_failed);
    EXPECT_THAT(failed.error().detail, testing::HasSubstr("standalone/0002_two.sql: division by zero"));
    EXPECT_EQ(server.psql("select to_regclass('punctual.one') is not null, to_regclass('punctual.two') is null, "
                          "to_regclass('punctual.three') is null"),
              "t|t|t");
}

TEST(schema_migrate, the_order_is_by_number_across_the_folders) {
    private_postgres server;
    const std::array files{embedded::file{"core/0001_one.sql", "create table punctual.one()"},
                           embedded::file{"core/0003_three.sql", "drop table punctual.two"},
                           embedded::file{"standalone/0002_two.sql", "create table punctual.two()"}};
    const auto done = net::migrate(server.conninfo(), adapter::standalone, files);
    EXPECT_TRUE(done) << done.error().message();
}

TEST(schema_migrate, one_database_has_one_adapter) {
    private_postgres server;
    ASSERT_TRUE(net::migrate(server.conninfo(), adapter::standalone));
    const auto other = net::migrate(server.conninfo(), adapter::django);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, store_errc::other_adapter);
}

TEST(schema_migrate, no_error_holds_the_password) {
    for (const char* conninfo :
         {"postgresql://me:hunter2/x@localhost/db", "postgresql://me:hunter2@127.0.0.1:1/db",
          "host=127.0.0.1 port=1 password=hunter2", "password=hunter2 nonsense hunter2",
          "postgresql://me:hun@ter2hunter2@nowhere.invalid/db", "postgresql://me:1@127.0.0.1:hunter2/db"}) {
        const auto failed = net::migrate(conninfo, adapter::standalone);
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code, store_errc::cannot_connect);
        EXPECT_THAT(failed.error().message(), testing::Not(testing::HasSubstr("hunter2"))) << failed.error().message();
    }
}

}  // namespace
}  // namespace punctual::test
