#include "unit/config/config_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace punctual;
using config_loader = test::config_folder;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST_F(config_loader, takes_every_value_of_the_example_as_the_default) {
    const auto example = std::filesystem::path{PUNCTUAL_SOURCE_DIR} / "config/punctual.toml";
    const auto loaded = config::load({.file = example, .environment = {}}, config::purpose::database);
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    EXPECT_EQ(loaded.settings, config::settings{});
}

TEST_F(config_loader, lets_the_environment_win_over_the_file) {
    const auto loaded = load_text("PORT = 9000\nCLINIC_NAME = \"File\"\n", {{"PORT", "9001"}});
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    EXPECT_EQ(loaded.settings.http.port, 9001);
    EXPECT_EQ(loaded.settings.clinic.name, "File");
}

TEST_F(config_loader, reads_a_secret_from_a_named_file_without_its_line_end) {
    const auto path = write("token", "the-token\n");
    const auto loaded = load_environment({{"TWILIO_AUTH_TOKEN_FILE", path.string()}, {"TWILIO_ACCOUNT_SID", "AC1"}});
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    EXPECT_EQ(loaded.settings.twilio.auth_token, "the-token");
}

TEST_F(config_loader, reads_a_systemd_credential_under_both_spellings) {
    write("secret_key", "credential-with-underscore");
    write("email-host", "mail.example");
    const auto loaded = config::load(
        {.file = {},
         .environment = {{"CREDENTIALS_DIRECTORY", folder.string()}, {"DEFAULT_FROM_EMAIL", "a@clinic.example"}}},
        config::purpose::serve);
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    EXPECT_EQ(loaded.settings.http.secret_key, "credential-with-underscore");
    EXPECT_EQ(loaded.settings.email.host, "mail.example");
}

TEST_F(config_loader, complains_of_a_named_file_that_cannot_be_read) {
    const auto loaded = load_environment({{"TWILIO_AUTH_TOKEN_FILE", (folder / "absent").string()}});
    ASSERT_THAT(loaded.mistakes, SizeIs(1));
    EXPECT_THAT(loaded.mistakes[0], HasSubstr("TWILIO_AUTH_TOKEN_FILE"));
}

TEST_F(config_loader, tells_all_mistakes_at_once_with_key_finding_and_expectation) {
    const auto loaded =
        load_text("colour = \"red\"\n[video]\nroom_before = 15\n", {{"PORT", "seventy"}, {"FRONTEND_URL", "clinic"}});
    ASSERT_THAT(loaded.mistakes, SizeIs(4));
    EXPECT_THAT(loaded.mistakes[0], HasSubstr("line 1: colour: unknown key"));
    EXPECT_THAT(loaded.mistakes[1], HasSubstr("line 3: video.room_before: found 15, expected a duration"));
    EXPECT_THAT(loaded.mistakes[2], HasSubstr("PORT: found \"seventy\", expected a port"));
    EXPECT_THAT(loaded.mistakes[3], HasSubstr("FRONTEND_URL: found \"clinic\", expected"));
}

TEST_F(config_loader, names_the_line_of_broken_toml) {
    const auto loaded = load_text("PORT = 8000\nPORT = = 1\n");
    ASSERT_THAT(loaded.mistakes, SizeIs(1));
    EXPECT_THAT(loaded.mistakes[0], HasSubstr("line 2"));
}

TEST_F(config_loader, complains_of_toml_on_which_its_parser_asserts) {
    const auto loaded = load_text("[`\nb = \"");
    ASSERT_THAT(loaded.mistakes, SizeIs(1));
    EXPECT_THAT(loaded.mistakes[0], HasSubstr("cannot be read"));
}

TEST_F(config_loader, never_tells_a_secret) {
    const auto loaded =
        config::load({.file = {}, .environment = {{"SECRET_KEY", "too-short"}}}, config::purpose::serve);
    ASSERT_THAT(loaded.mistakes, SizeIs(1));
    EXPECT_THAT(loaded.mistakes[0], HasSubstr("9 characters"));
    EXPECT_THAT(loaded.mistakes[0], Not(HasSubstr("too-short")));
}

TEST_F(config_loader, requires_the_secret_key_for_serving_alone) {
    EXPECT_THAT(config::load({}, config::purpose::serve).mistakes, SizeIs(1));
    EXPECT_THAT(config::load({}, config::purpose::database).mistakes, IsEmpty());
}

TEST_F(config_loader, notes_the_keys_of_the_old_stack_and_ignores_them) {
    const auto loaded =
        load_text("REDIS_URL = \"redis://x\"\n", {{"EMAIL_BACKEND", "smtp"}, {"REDIS_URL", "redis://y"}});
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    EXPECT_THAT(loaded.notes,
                ElementsAre(Field(&config::note::name, "EMAIL_BACKEND"), Field(&config::note::name, "REDIS_URL")));
}

TEST_F(config_loader, takes_the_old_name_of_the_sms_sender) {
    EXPECT_EQ(load_environment({{"TWILIO_PHONE_NUMBER", "+61400000000"}}).settings.twilio.sms_from, "+61400000000");
}

TEST_F(config_loader, lets_the_new_name_of_the_sms_sender_win) {
    const auto both = load_environment({{"TWILIO_SMS_FROM", "+61400000001"}, {"TWILIO_PHONE_NUMBER", "+61400000002"}});
    EXPECT_EQ(both.settings.twilio.sms_from, "+61400000001");
    const auto file = load_text("TWILIO_SMS_FROM = \"+61400000001\"\n", {{"TWILIO_PHONE_NUMBER", "+61400000002"}});
    EXPECT_EQ(file.settings.twilio.sms_from, "+61400000002") << "the environment stands over the file";
}

TEST_F(config_loader, complains_of_both_kinds_of_tls_in_a_file_too) {
    const auto loaded = load_text(
        "EMAIL_HOST = \"h\"\nDEFAULT_FROM_EMAIL = \"a@b.example\"\nEMAIL_USE_TLS = true\n"
        "EMAIL_USE_SSL = true\n");
    ASSERT_THAT(loaded.mistakes, SizeIs(1));
    EXPECT_THAT(loaded.mistakes[0], HasSubstr("EMAIL_USE_SSL"));
}

TEST_F(config_loader, refuses_addresses_ports_and_files_that_cannot_serve) {
    EXPECT_THAT(load_environment({{"LISTEN_ADDRESS", "localhost"}}).mistakes, SizeIs(1));
    EXPECT_THAT(load_environment({{"LISTEN_ADDRESS", "::1"}}).mistakes, IsEmpty());
    EXPECT_THAT(load_environment({{"EMAIL_PORT", "0"}}).mistakes, SizeIs(1));
    EXPECT_THAT(load_environment({{"TWILIO_CA_FILE", (folder / "absent.pem").string()}}).mistakes, SizeIs(1));
}

TEST_F(config_loader, refuses_plain_http_to_twilio_but_for_loopback) {
    EXPECT_THAT(load_environment({{"TWILIO_API_BASE_URL", "http://api.twilio.com"}}).mistakes, SizeIs(1));
    EXPECT_THAT(load_environment({{"TWILIO_API_BASE_URL", "http://127.0.0.1.example.com"}}).mistakes, SizeIs(1));
    EXPECT_THAT(load_environment({{"TWILIO_API_BASE_URL", "http://127.0.0.1:9999"}}).mistakes, IsEmpty());
}

TEST_F(config_loader, refuses_a_password_over_a_clear_connection_to_another_host) {
    const std::map<std::string, std::string> clear{{"EMAIL_HOST", "mail.example"},
                                                   {"EMAIL_USE_TLS", "false"},
                                                   {"EMAIL_HOST_USER", "u"},
                                                   {"EMAIL_HOST_PASSWORD", "p"},
                                                   {"DEFAULT_FROM_EMAIL", "a@clinic.example"}};
    EXPECT_THAT(load_environment(clear).mistakes, SizeIs(1));
    auto local = clear;
    local["EMAIL_HOST"] = "127.0.0.1";
    EXPECT_THAT(load_environment(local).mistakes, IsEmpty());
}

TEST_F(config_loader, takes_ssl_alone_as_no_starttls) {
    const auto loaded = load_environment({{"EMAIL_USE_SSL", "true"}});
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    EXPECT_FALSE(loaded.settings.email.use_tls);
}

TEST_F(config_loader, reads_a_reminder_plan_of_its_own_longest_offset_first) {
    const auto loaded = load_text(R"(
[[reminder]]
name = "reminder_15m"
before = "2s"
patient = ["email"]
[[reminder]]
name = "reminder_24h"
before = "8s"
patient = ["email", "whatsapp"]
)");
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    const auto& reminders = loaded.settings.rules.reminders;
    ASSERT_THAT(reminders, SizeIs(2));
    EXPECT_EQ(reminders[0].name, "reminder_24h");
    EXPECT_EQ(reminders[0].before, 8s);
    EXPECT_EQ(reminders[1].before, 2s);
}

TEST_F(config_loader, waits_as_long_for_a_silent_whatsapp_message_as_is_usual_where_the_plan_does_not_say) {
    const auto loaded = load_text(
        "[[reminder]]\npatient = [\"email\"]\nname = \"a\"\nbefore = \"2d\"\n[[reminder]]\npatient = [\"email\"]\nname "
        "= \"b\"\nbefore = \"1h\"\n"
        "[[reminder]]\npatient = [\"email\"]\nname = \"c\"\nbefore = \"8s\"\n[[reminder]]\npatient = [\"email\"]\nname "
        "= \"d\"\nbefore = \"7s\"\n"
        "fallback_after = \"1s\"\n");
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    std::vector<std::chrono::seconds> silences;
    for (const auto& rule : loaded.settings.rules.reminders) {
        silences.push_back(rule.fallback_after);
    }
    EXPECT_EQ(silences, (std::vector<std::chrono::seconds>{30min, 5min, 2min, 1s}));
}

TEST_F(config_loader, refuses_reminders_of_one_name_and_names_of_other_kinds) {
    EXPECT_THAT(load_text("[[reminder]]\npatient = [\"email\"]\nname = \"a\"\nbefore = \"1h\"\n[[reminder]]\npatient = "
                          "[\"email\"]\nname = \"a\"\nbefore = \"2h\"\n")
                    .mistakes,
                SizeIs(1));
    EXPECT_THAT(load_text("[[reminder]]\npatient = [\"email\"]\nname = \"confirmation\"\nbefore = \"1h\"\n").mistakes,
                SizeIs(1));
}

TEST_F(config_loader, collects_content_sids_of_file_and_environment) {
    const auto loaded =
        load_text("[whatsapp_content_sid.en]\nreminder_1h = \"HX2\"\n", {{"TWILIO_CONTENT_SID_REMINDER_24H", "HX1"}});
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    EXPECT_EQ(loaded.settings.twilio.content_sids.at("").at("reminder_24h"), "HX1");
    EXPECT_EQ(loaded.settings.twilio.content_sids.at("en").at("reminder_1h"), "HX2");
}

TEST_F(config_loader, complains_of_a_configuration_file_that_is_not_there) {
    const auto loaded = config::load({.file = folder / "absent.toml", .environment = {}}, config::purpose::database);
    ASSERT_THAT(loaded.mistakes, SizeIs(1));
    EXPECT_THAT(loaded.mistakes[0], HasSubstr("No such file"));
}

TEST_F(config_loader, lets_the_clinic_s_environment_speak_over_the_example_s_defaults) {
    const std::string example = "TWILIO_SMS_FROM = \"\"\nEMAIL_USE_TLS = true\nEMAIL_USE_SSL = false\n";
    const auto loaded = load_text(example, {{"TWILIO_PHONE_NUMBER", "+61400000002"}, {"EMAIL_USE_SSL", "True"}});
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    EXPECT_EQ(loaded.settings.twilio.sms_from, "+61400000002");
    EXPECT_TRUE(loaded.settings.email.use_ssl);
    EXPECT_FALSE(loaded.settings.email.use_tls);
    const auto back = load_text("EMAIL_USE_SSL = true\nEMAIL_USE_TLS = false\n", {{"EMAIL_USE_TLS", "True"}});
    EXPECT_THAT(back.mistakes, IsEmpty());
    EXPECT_FALSE(back.settings.email.use_ssl);
}

TEST_F(config_loader, reads_the_messages_a_second_of_each_channel) {
    const auto loaded = load_text("[limits]\nemail_per_second = 100\nwhatsapp_per_second = 80\nsms_per_second = 10\n");
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    EXPECT_EQ(loaded.settings.per_second, (config::rate_settings{.email = 100, .whatsapp = 80, .sms = 10}));
}

TEST_F(config_loader, limits_no_channel_by_default) {
    EXPECT_EQ(load_text("").settings.per_second, config::rate_settings{});
    EXPECT_EQ(config::rate_settings{}.email, 0U);
}

}  // namespace
