// plan and explain against a database that is not as they need it: the cause in one sentence, and exit code 1.

#include "support/private_postgres.hpp"
#include "support/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct ended {
    int code = -1;
    std::string output;
};

class database_of_a_command : public testing::Test {
protected:
    ended run(const std::string& uri, std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), std::string{PUNCTUAL_BINARY_DIR} + "/punctuald");
        const auto log = postgres.directory() / "command.log";
        std::filesystem::remove(log);
        program one{arguments, {{"PATH", "/usr/bin:/bin"}, {"DATABASE_URL", uri}}, log};
        const auto code = one.wait(30s).value_or(-1);
        return {code, one.output()};
    }
    // One sentence on one line, without the password, and 1: of both commands.
    std::string sentence_of(const std::string& uri) const {
        const auto plan = run(uri, {"plan"});
        const auto explain = run(uri, {"explain", "1"});
        EXPECT_EQ(plan.code, 1);
        EXPECT_EQ(explain.code, 1);
        EXPECT_EQ(plan.output, explain.output);
        EXPECT_EQ(std::ranges::count(plan.output, '\n'), 1) << plan.output;
        EXPECT_THAT(plan.output, AllOf(StartsWith("punctuald: database: "), Not(HasSubstr("hunter2"))));
        return plan.output;
    }
    std::string address() const { return "127.0.0.1:" + std::to_string(postgres.port()); }

    private_postgres postgres{{.hba = {"host all guest 127.0.0.1/32 scram-sha-256"}}};
};

TEST_F(database_of_a_command, that_is_down_is_named_with_its_address) {
    const auto uri = postgres.uri();
    postgres.stop();
    EXPECT_THAT(sentence_of(uri),
                AllOf(HasSubstr("\"127.0.0.1\", port " + std::to_string(postgres.port())), HasSubstr("refused")));
}

TEST_F(database_of_a_command, that_refuses_the_password_says_so_and_does_not_tell_it) {
    postgres.psql("create role guest login password 'right'");
    EXPECT_THAT(sentence_of("postgresql://guest:hunter2@" + address() + "/postgres"),
                AllOf(HasSubstr("127.0.0.1"), HasSubstr("password authentication failed for user \"guest\"")));
}

TEST_F(database_of_a_command, that_speaks_no_tls_where_it_is_required_says_so) {
    EXPECT_THAT(sentence_of("postgresql://postgres:hunter2@" + address() + "/postgres?sslmode=require"),
                HasSubstr("SSL"));
}

TEST_F(database_of_a_command, that_is_not_there_is_named) {
    EXPECT_THAT(sentence_of("postgresql://postgres:hunter2@" + address() + "/absent"),
                HasSubstr("database \"absent\" does not exist"));
}

TEST_F(database_of_a_command, that_was_never_migrated_says_what_to_run) {
    EXPECT_THAT(sentence_of(postgres.uri()),
                AllOf(HasSubstr("not migrated"), HasSubstr("run punctuald migrate"), Not(HasSubstr("SQLSTATE"))));
}

TEST_F(database_of_a_command, that_gives_the_role_no_rights_says_where_they_are_told) {
    ASSERT_EQ(run(postgres.uri(), {"migrate"}).code, 0);
    postgres.psql("create role guest login password 'right'");
    EXPECT_THAT(sentence_of("postgresql://guest:right@" + address() + "/postgres"),
                AllOf(HasSubstr("permission denied for schema punctual"), HasSubstr("docs/operations.md")));
}

TEST_F(database_of_a_command, that_is_behind_names_the_migration) {
    ASSERT_EQ(run(postgres.uri(), {"migrate"}).code, 0);
    postgres.psql("delete from punctual.migration where name = 'standalone/0041_plain_booking.sql'");
    EXPECT_THAT(sentence_of(postgres.uri()),
                AllOf(HasSubstr("standalone/0041"), EndsWith("run punctuald migrate --adapter standalone\n")));
}

TEST_F(database_of_a_command, whose_row_no_visit_can_have_names_each_column) {
    ASSERT_EQ(run(postgres.uri(), {"migrate"}).code, 0);
    // As the clinic's own tables may: none of ours takes all of it.
    postgres.psql(
        "alter table punctual.appointment drop constraint if exists appointment_status_check;"
        "alter table punctual.appointment drop constraint if exists appointment_session_type_check;"
        "insert into punctual.person (full_name, role) values ('Robin', 'patient'), ('Sam', 'psychologist');"
        "insert into punctual.appointment (patient_id, psychologist_id, starts_at, duration_minutes, status) "
        "values (1, 2, '2500-01-01T00:00Z', 20000, 'perhaps')");
    for (const auto& command :
         std::vector<std::vector<std::string>>{{"explain", "1"}, {"plan", "--appointment", "1"}}) {
        const auto told = run(postgres.uri(), command);
        EXPECT_EQ(told.code, 1);
        EXPECT_THAT(told.output, AllOf(HasSubstr("appointment 1: "), HasSubstr("starts_at: found '2500-01-01"),
                                       HasSubstr("duration_minutes: found '20000', expected 0 to 10080"),
                                       HasSubstr("status: found 'perhaps', expected scheduled, confirmed"),
                                       Not(HasSubstr("session_type"))));
    }
    const auto absent = run(postgres.uri(), {"plan", "--appointment", "7"});
    EXPECT_EQ(absent.code, 1);
    EXPECT_THAT(absent.output, HasSubstr("appointment 7: there is no such row"));
}

TEST_F(database_of_a_command, serves_a_plan_without_a_secret_key) {
    ASSERT_EQ(run(postgres.uri(), {"migrate"}).code, 0);
    const auto told = run(postgres.uri(), {"plan"});
    EXPECT_EQ(told.code, 0) << told.output;
    EXPECT_THAT(told.output, StartsWith("0 messages from "));
}

TEST(appointment_id, that_is_none_is_refused_with_what_came_and_what_is_expected) {
    const private_postgres postgres;
    for (const std::string wrong : {"0", "-5", "abc", "1.5", "99999999999999999999", ""}) {
        for (const auto& arguments :
             std::vector<std::vector<std::string>>{{"explain", wrong}, {"plan", "--appointment", wrong}}) {
            auto command = arguments;
            command.insert(command.begin(), std::string{PUNCTUAL_BINARY_DIR} + "/punctuald");
            program one{command, {{"PATH", "/usr/bin:/bin"}}, postgres.directory() / "command.log"};
            EXPECT_EQ(one.wait(30s), 2) << wrong;
            EXPECT_THAT(one.output(), AllOf(HasSubstr("found \"" + wrong + "\""), HasSubstr("whole number from 1")));
            std::filesystem::remove(postgres.directory() / "command.log");
        }
    }
}

}  // namespace
