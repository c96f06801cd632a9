#include "sandbox/options.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace punctual::sandbox {
namespace {

using namespace std::chrono_literals;

std::expected<sandbox_options, early_end> parse(std::initializer_list<const char*> arguments) {
    std::vector<const char*> all{"punctual-sandbox"};
    all.insert(all.end(), arguments);
    return parse_command_line(static_cast<int>(all.size()), all.data());
}

TEST(sandbox_options, has_defaults_for_everything) {
    const auto options = parse({});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->http_port, 8600);
    EXPECT_EQ(options->smtp_port, 2525);
    EXPECT_FALSE(options->smtps_port);
    EXPECT_EQ(options->world.room_minute, 1min);
    EXPECT_TRUE(is_sid(options->world.credentials.sid, "AC"));
}

TEST(sandbox_options, takes_what_it_is_given) {
    const auto options = parse({"--http-port", "0", "--smtps-port", "4650", "--room-minutes-as", "250ms",
                                "--api-secret", "s3cret", "--smtp-user", "me", "--smtp-password", "pw", "--print"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->http_port, 0);
    EXPECT_EQ(options->smtps_port, 4650);
    EXPECT_EQ(options->world.room_minute, 250ms);
    EXPECT_EQ(options->world.credentials.api_secret, "s3cret");
    EXPECT_EQ(options->smtp.user, "me");
    EXPECT_TRUE(options->print);
}

TEST(sandbox_options, ends_bad_usage_with_2_and_one_sentence) {
    for (const auto& wrong : std::vector<std::initializer_list<const char*>>{{"--nonsense"},
                                                                             {"--http-port", "70000"},
                                                                             {"--address", "0.0.0.0"},
                                                                             {"--address", "localhost"},
                                                                             {"--account-sid", "AC1"},
                                                                             {"--room-minutes-as", "1"},
                                                                             {"--smtp-user", "me"},
                                                                             {"--inbound-url", "localhost"}}) {
        const auto options = parse(wrong);
        ASSERT_FALSE(options) << *wrong.begin();
        EXPECT_EQ(options.error().exit_code, 2);
        EXPECT_TRUE(options.error().text.starts_with("punctual-sandbox: ")) << options.error().text;
        EXPECT_EQ(options.error().text.find('\n'), options.error().text.size() - 1) << options.error().text;
    }
}

TEST(sandbox_options, prints_help_and_version_with_0) {
    for (const auto* flag : {"--help", "--version"}) {
        const auto options = parse({flag});
        ASSERT_FALSE(options);
        EXPECT_EQ(options.error().exit_code, 0);
        EXPECT_NE(
            options.error().text.find(flag == std::string_view{"--help"} ? "--room-minutes-as" : "punctual-sandbox "),
            std::string::npos);
    }
}

}  // namespace
}  // namespace punctual::sandbox
