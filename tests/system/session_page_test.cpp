// The page as people get it: served by the daemon, in a real browser, with tokens that the daemon made. The
// browser's part is web/session/tests/daemon; the page must have been built by web/session/build.

#include "support/clinic.hpp"
#include "support/server_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using testing::HasSubstr;

const std::filesystem::path page = std::filesystem::path{PUNCTUAL_SOURCE_DIR} / "web/session";

std::string table(std::uint16_t signalling) {
    return "[session_page]\nfolder = \"" + (page / "dist").string() +
           "\"\nsignalling_url = \"ws://127.0.0.1:" + std::to_string(signalling) + "/signaling\"\n";
}

// The links of one clinic's appointments, by what is the matter with them, as JSON.
class links {
public:
    explicit links(clinic& place) : place_{place} {}

    std::int64_t add(const std::string& name, std::int64_t patient, std::int64_t psychologist,
                     const std::string& starts, const std::string& more = "'telehealth', 'scheduled'") {
        const auto id = place_.sql(
            "insert into punctual.appointment (patient_id, psychologist_id, starts_at, session_type, "
            "status) values (" +
            std::to_string(patient) + ", " + std::to_string(psychologist) + ", now() + interval '" + starts + "', " +
            more + ") returning id");
        json_ << (json_.str().empty() ? "" : ",") << '"' << name << R"(":"/video-session/apt-)" << id
              << "-1790000000-abc123de\"";
        return std::stoll(id);
    }
    [[nodiscard]] std::string json() const { return "{" + json_.str() + "}"; }

private:
    clinic& place_;
    std::ostringstream json_;
};

TEST(session_page, joins_with_the_tokens_of_the_daemon_and_understands_its_refusals) {
    ASSERT_TRUE(std::filesystem::exists(page / "dist/index.html")) << "run web/session/build";
    const auto signalling = find_free_port();
    clinic place{table(signalling)};
    place.environment["FRONTEND_URL"] = "http://127.0.0.1:" + std::to_string(place.port());
    place.start();
    const auto patient = place.add_patient();
    const auto psychologist = place.add_psychologist();
    const auto stranger = place.add_patient("Somebody else");
    const auto manager = std::stoll(
        place.sql("insert into punctual.person (full_name, role) values ('Desk', 'practice_manager') returning id"));
    links all{place};
    const auto now = std::to_string(all.add("now", patient, psychologist, "5 minutes"));
    all.add("early", patient, psychologist, "50 minutes");
    all.add("late", patient, psychologist, "-5 hours");
    all.add("cancelled", patient, psychologist, "10 minutes", "'telehealth', 'cancelled'");
    all.add("in_person", patient, psychologist, "10 minutes", "'in_person', 'scheduled'");
    std::string room;
    ASSERT_TRUE(becomes_true(
        [&] {
            room = place.sql("select room_name from punctual.appointment_state where appointment_id = " + now);
            return !room.empty();
        },
        20s));

    std::ostringstream told;
    told << R"({"origin":"http://127.0.0.1:)" << place.port() << R"(","signalling":)" << signalling << R"(,"sandbox":")"
         << place.sandbox_url() << R"(","room":")" << room << R"(","links":)" << all.json()
         << R"(,"bearers":{"patient":")" << place.bearer(patient) << R"(","psychologist":")"
         << place.bearer(psychologist) << R"(","stranger":")" << place.bearer(stranger) << R"(","manager":")"
         << place.bearer(manager) << R"("}})";
    const char* path = std::getenv("PATH");
    program browser{{"/usr/bin/env", "node", "--test", (page / "tests/daemon/page.test.mjs").string()},
                    {{"PATH", path != nullptr ? path : "/usr/bin:/bin"},
                     {"HOME", place.folder().string()},
                     {"PUNCTUAL_CLINIC", told.str()}},
                    place.folder() / "browser.log"};
    EXPECT_EQ(browser.wait(120s).value_or(-1), 0) << browser.output();
    EXPECT_THAT(browser.output(), HasSubstr("joins with the daemon's token"));
    EXPECT_EQ(place.stop(), 0);
}

TEST(session_page, is_looked_at_by_check_and_needed_whole_at_the_start) {
    clinic place{"[session_page]\nfolder = \"/nowhere\"\n"};
    const auto run = [&](const char* what) {
        std::filesystem::remove(place.folder() / "run.log");
        program command{
            {place.program_path("punctuald"), what, "--config", (place.folder() / "punctual.toml").string()},
            place.whole_environment(),
            place.folder() / "run.log"};
        EXPECT_EQ(command.wait(60s).value_or(-1), 1) << what;
        return command.output();
    };
    EXPECT_THAT(run("check"),
                HasSubstr("session page: FAIL /nowhere: it cannot be read (No such file or directory)\n"));
    EXPECT_THAT(run("serve"),
                HasSubstr("session_page.folder: it cannot be read (No such file or directory), expected"));
}

}  // namespace
