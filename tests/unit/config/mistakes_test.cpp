// What a wrong configuration is answered with: every mistake at once, with key, finding and expectation,
// and never a secret.

#include "unit/config/config_folder.hpp"

#include "config/names.hpp"
#include "config/shown.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

namespace {

using namespace punctual;
using config_mistakes = test::config_folder;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

std::string joined(const std::vector<std::string>& lines) {
    std::string all;
    for (const auto& line : lines) {
        all += line + "\n";
    }
    return all;
}

TEST_F(config_mistakes, of_the_clinic_and_of_files_come_with_all_others) {
    const auto loaded = load_text("template_directory = \"absent\"\n[limits]\ndrain = \"2w\"\n",
                                  {{"CLINIC_TIME_ZONE", "Mars/Olympus"},
                                   {"CLINIC_PHONE_REGION", "ZZ"},
                                   {"CLINIC_LOCALE", "xx-YY"},
                                   {"DATABASE_URL", "postgresql://user:hunter2@/x?nonsense=1"},
                                   {"PORT", "70000"}});
    EXPECT_THAT(loaded.mistakes, SizeIs(7));
    const auto all = joined(loaded.mistakes);
    EXPECT_THAT(all, HasSubstr("CLINIC_TIME_ZONE: found \"Mars/Olympus\", expected a time zone"));
    EXPECT_THAT(all, HasSubstr("CLINIC_PHONE_REGION: found \"ZZ\", expected a country"));
    EXPECT_THAT(all, HasSubstr("CLINIC_LOCALE: found \"xx-YY\", expected a language that there are templates in: en"));
    EXPECT_THAT(all, HasSubstr("DATABASE_URL: found 39 characters, expected a libpq URI"));
    EXPECT_THAT(all, HasSubstr("PORT: found \"70000\""));
    EXPECT_THAT(all, HasSubstr("limits.drain: found \"2w\", expected a duration"));
    EXPECT_THAT(all, Not(HasSubstr("hunter2")));
}

TEST_F(config_mistakes, of_a_template_folder_name_it) {
    const auto loaded = load_text("template_directory = \"/nowhere/at/all\"\n");
    EXPECT_THAT(loaded.mistakes, ElementsAre(StartsWith("template_directory: found \"/nowhere/at/all\"")));
}

TEST_F(config_mistakes, in_an_array_name_the_word_and_those_allowed) {
    const auto loaded =
        load_text("[messages.confirmation]\npatient = [\"fax\"]\npsychologist = [\"email\", \"email\"]\n");
    EXPECT_THAT(loaded.mistakes,
                ElementsAre(AllOf(HasSubstr("line 2: messages.confirmation.patient: found \"fax\""),
                                  HasSubstr("\"email\", \"whatsapp\", \"sms\"")),
                            HasSubstr("line 3: messages.confirmation.psychologist: found \"email\" twice")));
}

TEST_F(config_mistakes, of_a_folder_in_place_of_a_file_say_so) {
    const auto loaded = config::load({.file = folder, .environment = {}}, config::purpose::database);
    EXPECT_THAT(loaded.mistakes, ElementsAre(AllOf(StartsWith("--config: "), HasSubstr("it is a folder"))));
}

TEST_F(config_mistakes, of_a_secrets_file_that_is_empty_a_folder_or_absent_are_one_each) {
    for (const auto& path : {write("empty", "\r\n").string(), folder.string(), (folder / "absent").string()}) {
        const auto loaded =
            config::load({.file = {}, .environment = {{"SECRET_KEY_FILE", path}}}, config::purpose::serve);
        EXPECT_THAT(loaded.mistakes, ElementsAre(StartsWith("environment: SECRET_KEY_FILE: found \"" + path + "\"")));
    }
}

TEST_F(config_mistakes, do_not_tell_a_secret_put_where_its_file_belongs) {
    const auto loaded = load_environment({{"TWILIO_AUTH_TOKEN_FILE", "0123456789abcdef0123456789abcdef"}});
    EXPECT_THAT(loaded.mistakes, ElementsAre(AllOf(HasSubstr("32 characters"), Not(HasSubstr("0123456789")))));
}

TEST_F(config_mistakes, of_a_secret_with_a_control_character_do_not_tell_it) {
    const auto path = write("key", "first-half-of-it\nsecond-half-of-it\n");
    const auto loaded =
        config::load({.file = {}, .environment = {{"SECRET_KEY_FILE", path.string()}}}, config::purpose::serve);
    EXPECT_THAT(loaded.mistakes,
                ElementsAre(AllOf(HasSubstr("SECRET_KEY_FILE: found 34 characters"), Not(HasSubstr("half")))));
}

TEST_F(config_mistakes, of_no_secret_key_are_told_as_nothing) {
    const auto loaded = config::load({.file = {}, .environment = {{"SECRET_KEY", ""}}}, config::purpose::serve);
    EXPECT_THAT(loaded.mistakes, ElementsAre(HasSubstr("SECRET_KEY: found nothing")));
}

TEST_F(config_mistakes, of_syntax_tell_nothing_of_the_text) {
    for (const auto* line : {"SECRET_KEY = tru-hidden\n", "SECRET_KEY = hidden\n", "SECRET_KEY = \"hidden\n",
                             "SECRET_KEY = 0xhidden\n", "SECRET_KEY = \"\"\"hidden\n"}) {
        const auto loaded = load_text(line);
        EXPECT_THAT(loaded.mistakes, ElementsAre(AllOf(HasSubstr("punctual.toml line "), Not(HasSubstr("hidden")),
                                                       Not(HasSubstr("saw")))));
    }
}

TEST_F(config_mistakes, of_a_repeated_key_name_it) {
    const auto loaded = load_text("PORT = 1\nPORT = 2\n");
    EXPECT_THAT(loaded.mistakes, ElementsAre(AllOf(HasSubstr("line 2"), HasSubstr("PORT"))));
}

TEST_F(config_mistakes, of_unknown_keys_are_told_in_every_table) {
    for (const auto* table : {"messages", "messages.confirmation", "timing", "quiet_hours", "video", "limits"}) {
        const auto loaded = load_text("[" + std::string{table} + "]\ncolour = 1\n");
        EXPECT_THAT(loaded.mistakes, ElementsAre(HasSubstr("line 2: " + std::string{table} +
                                                           ".colour: unknown key, expected one of: ")));
    }
    EXPECT_THAT(load_text("[[reminder]]\nname = \"a\"\nbefore = \"1h\"\ncolour = 1\npatient = [\"email\"]\n").mistakes,
                ElementsAre(HasSubstr("line 4: reminder.colour: unknown key")));
    EXPECT_THAT(load_text("port = 1\n[colours]\nred = 1\n").mistakes,
                ElementsAre(HasSubstr("line 2: colours: unknown key"), HasSubstr("line 1: port: unknown key")));
}

TEST_F(config_mistakes, of_wrong_types_are_told_in_every_table) {
    for (const auto* line : {"[timing]\nshort_notice = 15\n",
                             "[quiet_hours]\nfrom = 21\n",
                             "[quiet_hours]\nenough_notice = \"90s\"\n",
                             "[video]\nwrite_no_show = \"yes\"\n",
                             "[video]\nmax_participants = 0\n",
                             "[video]\nmedia_region = \"\"\n",
                             "[limits]\nlease = \"1s\"\n",
                             "[limits]\nsmtp_connections = 201\n",
                             "[limits]\ntwilio_connections = 1.5\n",
                             "[limits]\nemail_per_second = -1\n",
                             "[limits]\nwhatsapp_per_second = 10001\n",
                             "[limits]\nsms_per_second = \"10\"\n",
                             "timing = 1\n",
                             "messages = []\n",
                             "reminder = 1\n",
                             "reminder = [1]\n",
                             "template_directory = true\n",
                             "whatsapp_content_sid = \"HX1\"\n",
                             "[whatsapp_content_sid.en]\nreminder_1h = \"HY1\"\n",
                             "[whatsapp_content_sid.en]\nreminder_1 = \"HX1\"\n",
                             "[whatsapp_content_sid.e]\nreminder_1h = \"HX1\"\n",
                             "PORT = 8000.5\n",
                             "CLINIC_NAME = [\"a\"]\n",
                             "LOG_LEVEL = 2026-01-01\n",
                             "[video]\njoin_before = \"36d\"\n"}) {
        EXPECT_THAT(load_text(line).mistakes, ElementsAre(AllOf(HasSubstr(" line "), HasSubstr("expected")))) << line;
    }
}

TEST_F(config_mistakes, of_a_reminder_plan_name_what_came) {
    const std::string to = "patient = [\"email\"]\n";
    const std::string good = "[[reminder]]\nname = \"a\"\nbefore = \"2h\"\n" + to;
    const auto plan = [&](const std::string& more) { return load_text(good + "[[reminder]]\n" + to + more).mistakes; };
    EXPECT_THAT(plan("name = \"a\"\nbefore = \"1h\"\n"),
                ElementsAre(HasSubstr("reminder.name: found \"a\", expected a name of its own")));
    EXPECT_THAT(
        plan("name = \"staff_alert\"\nbefore = \"1h\"\n"),
        ElementsAre(HasSubstr("reminder.name: found \"staff_alert\", expected a name that no other message has")));
    EXPECT_THAT(plan("name = \"Reminder 1h\"\nbefore = \"1h\"\n"), ElementsAre(HasSubstr("found \"Reminder 1h\"")));
    EXPECT_THAT(plan("name = \"" + std::string(41, 'x') + "\"\nbefore = \"1h\"\n"),
                ElementsAre(HasSubstr("at most 40")));
    EXPECT_THAT(plan("before = \"1h\"\n"), ElementsAre(HasSubstr("reminder.name: found nothing")));
    EXPECT_THAT(plan("name = \"b\"\n"), ElementsAre(HasSubstr("reminder.before: found nothing")));
    EXPECT_THAT(plan("name = \"b\"\nbefore = \"0s\"\n"), ElementsAre(HasSubstr("reminder.before: found \"0s\"")));
    EXPECT_THAT(plan("name = \"b\"\nbefore = \"36d\"\n"),
                ElementsAre(HasSubstr("expected a duration from \"1s\" to \"35d\"")));
    EXPECT_THAT(plan("name = \"b\"\nbefore = \"2h\"\n"), ElementsAre(HasSubstr("a time of its own")));
}

TEST_F(config_mistakes, of_every_named_setting_are_found) {
    const std::string endless(100'000, 'x');
    const std::map<std::string, std::vector<std::string>> junk{
        {"DATABASE_URL", {"", " ", "clinic", "postgresql://h:0/x", "postgresql://h:99999/x", "host=a port=x", endless}},
        {"LISTEN_ADDRESS", {"", "localhost", "1.2.3", "127.0.0.1:80", endless}},
        {"PORT", {"", "-1", "65536", "8000 ", "0x50", "eighty", endless}},
        {"SECRET_KEY",
         {"", "short", std::string(15, 'x'), std::string(20, ' '), "a-good-long-one\r\nwith-lines", endless}},
        {"TWILIO_ACCOUNT_SID", {"AC", "SK1", "AC 1", "AC1\n", endless}},
        {"TWILIO_AUTH_TOKEN", {"a\nb", endless}},
        {"TWILIO_API_KEY", {"AC1", "SK", endless}},
        {"TWILIO_API_SECRET", {"a\rb", endless}},
        {"TWILIO_WHATSAPP_FROM", {"0491570156", "whatsapp:", "sms:+61491570156", "+6149157o156", endless}},
        {"TWILIO_SMS_FROM", {"whatsapp:+61491570156", "+61", "+0491570156", "a sender with a long name", endless}},
        {"TWILIO_PHONE_NUMBER", {"whatsapp:+61491570156", "+61 491 570 156", endless}},
        {"TWILIO_MESSAGING_SERVICE_SID", {"AC1", endless}},
        {"TWILIO_WHATSAPP_FREEFORM", {"", "maybe", "2", endless}},
        {"TWILIO_API_BASE_URL", {"", "ftp://x", "https://", "https://u:p@x", "http://x", endless}},
        {"TWILIO_VIDEO_BASE_URL", {"", "video.twilio.com", "https://x?y=z", endless}},
        {"TWILIO_CA_FILE", {"a\nb", "/absent.pem"}},
        {"EMAIL_HOST", {"smtp://mail", "mail:587", "mail example", "-mail", "a..b", endless}},
        {"EMAIL_PORT", {"", "0", "65536", "smtp"}},
        {"EMAIL_USE_TLS", {"", "starttls"}},
        {"EMAIL_USE_SSL", {"", "tls"}},
        {"EMAIL_HOST_USER", {"a\nb", endless}},
        {"EMAIL_HOST_PASSWORD", {"a\nb", endless}},
        {"DEFAULT_FROM_EMAIL",
         {"clinic", "a@b@c", "a@b.example\r\nBcc: x@y.example", "a@b.example, c@d.example", endless}},
        {"EMAIL_CA_FILE", {"a\nb", "/absent.pem"}},
        {"FRONTEND_URL", {"", "clinic", "ftp://x", "https://x?y", "https://u:p@x", "https://x:0", "https://x:99999"}},
        {"BACKEND_URL", {"", "/api", "https://x#y", "http://x:99999"}},
        {"CLINIC_NAME", {"", "  ", "a\r\nb", "\xff\xfe", endless}},
        {"CLINIC_EMAIL", {"desk", "Desk <desk@clinic.example>", "a@b.example\n", endless}},
        {"CLINIC_PHONE", {"a\nb", endless}},
        {"CLINIC_ADDRESS", {"a\nb", "\xc3", endless}},
        {"CLINIC_TIME_ZONE", {"", "Mars", "australia/sydney", "/etc/hostname", "../zone", "Australia", endless}},
        {"CLINIC_PHONE_REGION", {"", "au", "AUS", "ZZ", "61", endless}},
        {"CLINIC_LOCALE", {"", "e", "en AU", "-", "en-", "../en", "fr", endless}},
        {"VIDEO_IDENTITY", {"", "email", "ID-EMAIL"}},
        {"LOG_LEVEL", {"", "loud", "INFO"}},
        {"TWILIO_CONTENT_SID_REMINDER_1H", {"1", "HX", "HX 1", endless}},
    };
    for (const auto& setting : config::named_settings()) {
        EXPECT_TRUE(junk.contains(std::string{setting.name})) << setting.name << " is not tried";
    }
    for (const auto& [name, values] : junk) {
        for (const auto& value : values) {
            // Only what serving needs looks at files, and takes its time.
            const bool of_files = name == "CLINIC_LOCALE" || name.ends_with("_CA_FILE");
            const auto what_for = of_files ? config::purpose::serve : config::purpose::database;
            const auto loaded = config::load(
                {.file = {},
                 .environment = {{name, value},
                                 {"SECRET_KEY", name == "SECRET_KEY" ? value : "a-secret-key-of-the-front-end"}}},
                what_for);
            ASSERT_THAT(loaded.mistakes, ElementsAre(AllOf(HasSubstr(name + ": found "), HasSubstr(", expected "),
                                                           Not(HasSubstr("\n")), Not(HasSubstr("\r")))))
                << name << "=" << value.substr(0, 40);
            EXPECT_LT(loaded.mistakes.front().size(), 400U) << name;
        }
    }
}

TEST_F(config_mistakes, of_secrets_never_quote_them) {
    for (const auto& setting : config::named_settings()) {
        if (setting.secret) {
            const std::string name{setting.name};
            const auto loaded = load_environment({{name, "hid\nden"}, {"SECRET_KEY", "a-secret-key-of-the-front-end"}});
            EXPECT_THAT(joined(loaded.mistakes), AllOf(HasSubstr(name), Not(HasSubstr("hid")))) << name;
        }
    }
}

TEST_F(config_mistakes, of_a_null_character_in_the_file_are_found) {
    EXPECT_THAT(load_text("CLINIC_NAME = \"a\\u0000b\"\n").mistakes,
                ElementsAre(HasSubstr("CLINIC_NAME: found \"a\\x00b\"")));
    EXPECT_THAT(load_text("LISTEN_ADDRESS = \"127.0.0.1\\u0000\"\n").mistakes, SizeIs(1));
}

TEST_F(config_mistakes, of_authorities_that_are_none_are_told) {
    const auto text = write("readme.txt", "nothing of the kind");
    const auto broken = write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    EXPECT_THAT(load_environment({{"EMAIL_CA_FILE", text.string()}, {"TWILIO_CA_FILE", broken.string()}}).mistakes,
                ElementsAre(HasSubstr("EMAIL_CA_FILE: found"), HasSubstr("TWILIO_CA_FILE: found")));
}

TEST_F(config_mistakes, of_an_account_without_its_credentials_are_told) {
    EXPECT_THAT(load_environment({{"TWILIO_ACCOUNT_SID", "AC1"}}).mistakes,
                ElementsAre(HasSubstr("TWILIO_AUTH_TOKEN, TWILIO_API_KEY: found neither, expected one of them")));
    // One that was refused is not missing too.
    EXPECT_THAT(load_environment({{"TWILIO_ACCOUNT_SID", "AC1"}, {"TWILIO_API_KEY", "wrong"}}).mistakes, SizeIs(1));
}

TEST_F(config_mistakes, are_not_told_twice) {
    const auto loaded = load_environment({{"EMAIL_HOST", "mail.example"},
                                          {"DEFAULT_FROM_EMAIL", "nobody"},
                                          {"TWILIO_API_KEY", "wrong"},
                                          {"TWILIO_API_SECRET", "secret"}});
    EXPECT_THAT(loaded.mistakes, SizeIs(2)) << joined(loaded.mistakes);
}

TEST_F(config_mistakes, are_not_made_of_a_secret_that_comes_twice_but_a_note_is) {
    const auto path = write("key", "the-key-of-the-file-is-not-used\n");
    const auto loaded =
        load_environment({{"SECRET_KEY", "the-key-of-the-environment"}, {"SECRET_KEY_FILE", path.string()}});
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    EXPECT_EQ(loaded.settings.http.secret_key, "the-key-of-the-environment");
    ASSERT_THAT(loaded.notes, SizeIs(1));
    EXPECT_EQ(loaded.notes[0].name, "SECRET_KEY_FILE");
    EXPECT_EQ(loaded.notes[0].why, "SECRET_KEY is set too");
}

TEST_F(config_mistakes, are_not_made_of_a_template_for_a_reminder_of_another_plan) {
    const auto loaded = load_environment({{"TWILIO_CONTENT_SID_REMINDER_2H", "HX1"}});
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    ASSERT_THAT(loaded.notes, SizeIs(1));
    EXPECT_EQ(loaded.notes[0].name, "TWILIO_CONTENT_SID_REMINDER_2H");
}

TEST_F(config_mistakes, of_letters_outside_quotes_name_their_line) {
    EXPECT_THAT(load_text("# é\nCLINIC_NAME = 'Ğ'\nPORT = Ğ\n").mistakes,
                ElementsAre(AllOf(HasSubstr("line 3"), HasSubstr("not ASCII"))));
    EXPECT_THAT(load_text("CLINIC_NAME = \"Zoë \\\" Ğ\" # é\nCLINIC_ADDRESS = \"\"\"Ğ'é\"\"\"\n").mistakes, IsEmpty());
    EXPECT_THAT(load_text("\xef\xbb\xbf"
                          "PORT = 8001\n")
                    .mistakes,
                IsEmpty());
}

TEST(config_shown, hides_the_user_and_password_of_a_url) {
    EXPECT_EQ(config::shown("ftp://user:p@ss@host/x"), "\"ftp://...@host/x\"");
    EXPECT_EQ(config::shown("http://host/a@b"), "\"http://host/a@b\"");
}

TEST(config_shown, cuts_and_keeps_to_one_line) {
    EXPECT_EQ(config::shown("a\r\n\x1b[2J"), "\"a\\x0d\\x0a\\x1b[2J\"");
    EXPECT_LT(config::shown(std::string(10'000, 'x')).size(), 100U);
    EXPECT_EQ(config::shown(""), "nothing");
}

}  // namespace
