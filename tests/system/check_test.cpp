// `punctuald check`: one line each, `ok` or `FAIL reason`, against real servers in every state that an operator meets.

#include "support/clinic.hpp"
#include "support/server_process.hpp"
#include "support/test_certificates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class check : public testing::Test {
protected:
    // The line of each part, without its name; every line that there is must be one of a part.
    std::map<std::string, std::string> lines(const program::environment& with) {
        const auto log = place.folder() / "check.log";
        std::filesystem::remove(log);
        program command{{place.program_path("punctuald"), "check"}, with, log};
        code = command.wait(60s).value_or(-1);
        said = command.output();
        std::map<std::string, std::string> found;
        std::istringstream in{said};
        for (std::string line; std::getline(in, line);) {
            const auto colon = line.find(": ");
            EXPECT_NE(colon, std::string::npos) << line;
            EXPECT_TRUE(found.emplace(line.substr(0, colon), line.substr(colon + 2)).second) << "twice: " << line;
        }
        return found;
    }
    std::map<std::string, std::string> lines(const program::environment& changes, program::environment with) {
        for (const auto& [name, value] : changes) {
            with[name] = value;
        }
        return lines(with);
    }

    clinic place{""};
    int code = 0;
    std::string said;
};

TEST_F(check, says_ok_of_a_clinic_that_is_right) {
    const auto good = lines({{"REDIS_URL", "redis://localhost"}}, place.whole_environment());
    EXPECT_EQ(code, 0) << said;
    for (const auto* what : {"configuration", "database", "clock", "twilio", "email", "templates"}) {
        ASSERT_TRUE(good.contains(what)) << what << "\n" << said;
        EXPECT_THAT(good.at(what), StartsWith("ok"));
    }
    EXPECT_THAT(good.at("configuration"), HasSubstr("not used: REDIS_URL"));
    EXPECT_TRUE(place.arrivals().empty());
}

TEST_F(check, names_what_mail_and_twilio_refuse_and_goes_on) {
    auto refused = lines({{"EMAIL_HOST_PASSWORD", "wrong-password"}, {"TWILIO_API_SECRET", "wrong-secret"}},
                         place.whole_environment());
    EXPECT_EQ(code, 1);
    EXPECT_THAT(refused["database"], StartsWith("ok"));
    EXPECT_THAT(refused["email"], AllOf(StartsWith("FAIL 535 "), HasSubstr("password")));
    EXPECT_THAT(refused["twilio"], StartsWith("FAIL "));
    EXPECT_THAT(refused["templates"], StartsWith("ok"));
    EXPECT_THAT(said, Not(HasSubstr("wrong-")));

    const certificate_authority other;
    auto untrusted =
        lines({{"EMAIL_CA_FILE", other.file()}, {"TWILIO_AUTH_TOKEN", "wrong-token"}}, place.whole_environment());
    EXPECT_EQ(code, 1);
    EXPECT_THAT(untrusted["email"], AllOf(StartsWith("FAIL "), HasSubstr("certificate")));
    EXPECT_THAT(untrusted["twilio"], StartsWith("ok"));
    EXPECT_THAT(untrusted["twilio auth token"], StartsWith("FAIL "));

    auto closed = lines({{"EMAIL_PORT", std::to_string(find_free_port())},
                         {"TWILIO_API_BASE_URL", "http://127.0.0.1:" + std::to_string(find_free_port())},
                         {"TWILIO_VIDEO_BASE_URL", "http://127.0.0.1:" + std::to_string(find_free_port())}},
                        place.whole_environment());
    EXPECT_EQ(code, 1);
    EXPECT_THAT(closed["email"], AllOf(StartsWith("FAIL "), HasSubstr("refused")));
    EXPECT_THAT(closed["twilio"], AllOf(StartsWith("FAIL "), HasSubstr("refused")));
}

TEST_F(check, names_what_is_wrong_with_the_database_and_goes_on) {
    const auto with_database = [&](const std::string& uri) {
        return lines({{"DATABASE_URL", uri}}, place.whole_environment());
    };
    place.postgres().create_database("empty");
    auto empty = with_database(place.postgres().uri("empty"));
    EXPECT_EQ(code, 1);
    EXPECT_THAT(empty["database"], AllOf(StartsWith("FAIL not migrated"), HasSubstr("punctuald migrate")));
    EXPECT_THAT(empty["clock"], StartsWith("ok"));
    EXPECT_THAT(empty["email"], StartsWith("ok"));

    place.sql("delete from punctual.migration where name = (select max(name) from punctual.migration)");
    const auto older = with_database(place.postgres().uri("clinic")).at("database");
    EXPECT_THAT(older, AllOf(StartsWith("FAIL not migrated: "), HasSubstr("--adapter standalone")));

    EXPECT_THAT(with_database(place.postgres().uri("absent"))["database"],
                AllOf(StartsWith("FAIL "), HasSubstr("\"absent\" does not exist")));

    place.postgres().stop(stop_mode::immediate);
    auto down = with_database(place.postgres().uri("clinic"));
    EXPECT_EQ(code, 1);
    EXPECT_THAT(down["database"], AllOf(StartsWith("FAIL "), HasSubstr("Connection refused")));
    EXPECT_THAT(down["clock"], StartsWith("FAIL cannot be compared"));
    EXPECT_THAT(down["templates"], StartsWith("ok"));
}

TEST_F(check, names_a_trigger_that_was_disabled) {
    place.sql("alter table punctual.appointment disable trigger user");
    const auto found = lines(place.whole_environment()).at("database");
    EXPECT_THAT(found, AllOf(StartsWith("FAIL "), HasSubstr("disabled")));
}

TEST_F(check, says_what_is_wrong_with_templates_and_with_the_configuration) {
    const auto folder = place.folder() / "templates";
    std::filesystem::create_directories(folder / "en");
    std::ofstream{folder / "en" / "reminder.sms.mustache"} << "See you soon";
    std::ofstream{place.folder() / "own.toml"} << "template_directory = \"" << folder.string() << "\"\n";
    const auto log = place.folder() / "templates.log";
    program command{{place.program_path("punctuald"), "check", "--config", (place.folder() / "own.toml").string()},
                    place.whole_environment(),
                    log};
    EXPECT_EQ(command.wait(60s), 1);
    EXPECT_THAT(command.output(), AllOf(HasSubstr("templates: FAIL "), HasSubstr("does not have the link")));

    auto wrong = place.whole_environment();
    wrong["PORT"] = "eighty";
    wrong["CLINIC_TIME_ZONE"] = "Mars";
    const auto other_log = place.folder() / "wrong.log";
    program refused{{place.program_path("punctuald"), "check"}, wrong, other_log};
    EXPECT_EQ(refused.wait(60s), 1);
    EXPECT_THAT(refused.output(), AllOf(HasSubstr("configuration: FAIL environment: PORT: found \"eighty\""),
                                        HasSubstr("configuration: FAIL environment: CLINIC_TIME_ZONE"),
                                        HasSubstr("database: FAIL not tried")));
}

}  // namespace
