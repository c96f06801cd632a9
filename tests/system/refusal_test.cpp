// What punctuald does with a configuration that it cannot use (faults P11): one line a mistake, exit code 1, no secret
// and no sign of a start. No database is there.

#include "support/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class refusal : public testing::Test {
protected:
    refusal() {
        auto pattern = (std::filesystem::temp_directory_path() / "punctual-refusal-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
    }
    ~refusal() override { std::filesystem::remove_all(folder); }

    // What it said; every line of it must be a sentence of the program's.
    std::string said(const program::environment& with, std::vector<std::string> arguments = {}) {
        arguments.insert(arguments.begin(), std::string{PUNCTUAL_BINARY_DIR} + "/punctuald");
        const auto log = folder / "said.log";
        std::filesystem::remove(log);
        program command{std::move(arguments), with, log};
        code = command.wait(30s).value_or(-1);
        return command.output();
    }
    static std::ptrdiff_t lines(const std::string& text) { return std::ranges::count(text, '\n'); }

    std::filesystem::path folder;
    int code = 0;
};

TEST_F(refusal, of_a_missing_empty_or_short_secret) {
    const auto missing = said({});
    EXPECT_EQ(code, 1);
    EXPECT_EQ(lines(missing), 1);
    EXPECT_THAT(missing, AllOf(StartsWith("punctuald: "), HasSubstr("SECRET_KEY: found nothing")));
    const auto empty = said({{"SECRET_KEY", ""}});
    EXPECT_EQ(code, 1);
    EXPECT_EQ(lines(empty), 1);
    const auto weak = said({{"SECRET_KEY", "swordfish"}});
    EXPECT_EQ(code, 1);
    EXPECT_EQ(lines(weak), 1);
    EXPECT_THAT(weak, AllOf(HasSubstr("found 9 characters"), Not(HasSubstr("swordfish"))));
}

TEST_F(refusal, of_a_bad_port_an_unknown_key_and_files_that_cannot_be_read_all_at_once) {
    std::ofstream{folder / "own.toml"} << "colour = \"red\"\nEMAIL_HOST_PASSWORD = [\"swordfish\"]\n";
    const auto all = said({{"PORT", "99999"}, {"SECRET_KEY_FILE", (folder / "absent").string()}},
                          {"serve", "--config", (folder / "own.toml").string()});
    EXPECT_EQ(code, 1);
    EXPECT_EQ(lines(all), 4) << all;
    EXPECT_THAT(all, AllOf(HasSubstr("PORT: found \"99999\""), HasSubstr("colour: unknown key"),
                           HasSubstr("SECRET_KEY_FILE: found"), HasSubstr("EMAIL_HOST_PASSWORD: found an array"),
                           Not(HasSubstr("swordfish"))));
}

TEST_F(refusal, of_a_configuration_that_is_a_folder_or_absent) {
    for (const auto& path : {folder.string(), (folder / "absent.toml").string()}) {
        const auto one = said({{"SECRET_KEY", "0123456789abcdef"}}, {"--config", path});
        EXPECT_EQ(code, 1);
        EXPECT_EQ(lines(one), 1) << one;
        EXPECT_THAT(one, AllOf(StartsWith("punctuald: --config: found "), HasSubstr("expected a readable TOML file")));
    }
}

TEST_F(refusal, of_bad_usage_has_another_exit_code) {
    const auto one = said({{"SECRET_KEY", "short"}}, {"--configuration", "x"});
    EXPECT_EQ(code, 2);
    EXPECT_EQ(lines(one), 1) << one;
}

}  // namespace
