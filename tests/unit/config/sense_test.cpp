// Values that can be read and make no sense: each is refused with its key, what came and what is expected.

#include "unit/config/config_folder.hpp"

#include <gmock/gmock.h>

namespace {

using namespace punctual;
using config_sense = test::config_folder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string one_reminder = "[[reminder]]\nname = \"a\"\nbefore = \"2h\"\n";

TEST_F(config_sense, refuses_a_time_that_is_nothing_where_something_must_be_waited_for) {
    for (const auto& [table, key] : std::vector<std::pair<std::string, std::string>>{{"limits", "drain"},
                                                                                     {"limits", "lease"},
                                                                                     {"limits", "reconcile"},
                                                                                     {"limits", "connect_timeout"},
                                                                                     {"limits", "smtp_command_timeout"},
                                                                                     {"limits", "smtp_dot_timeout"},
                                                                                     {"limits", "twilio_timeout"},
                                                                                     {"timing", "staff_alert_before"},
                                                                                     {"timing", "notice_fallback_near"},
                                                                                     {"timing", "notice_fallback_far"},
                                                                                     {"video", "unused_room_timeout"},
                                                                                     {"video", "empty_room_timeout"}}) {
        const auto loaded = load_text("[" + table + "]\n" + key + " = \"0s\"\n");
        EXPECT_THAT(loaded.mistakes,
                    ElementsAre(AllOf(HasSubstr("line 2: " + table + "." + key + ": found \"0s\", expected "),
                                      HasSubstr("from \""))));
    }
    EXPECT_THAT(load_text(one_reminder + "patient = [\"email\"]\nfallback_after = \"0s\"\n").mistakes,
                ElementsAre(HasSubstr("reminder.fallback_after: found \"0s\", expected a duration from \"1s\"")));
}

TEST_F(config_sense, refuses_times_below_nothing_and_beyond_all_use_in_every_key) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> keys{
        {"timing",
         {"staff_alert_before", "nudge_after", "short_notice", "last_reminder_grace", "notice_near",
          "notice_fallback_near", "notice_fallback_far", "complete_in_person_after_end"}},
        {"video",
         {"room_before", "join_before", "join_after_end", "clean_up_after_end", "unused_room_timeout",
          "empty_room_timeout"}},
        {"quiet_hours", {"enough_notice"}},
        {"limits",
         {"connect_timeout", "smtp_command_timeout", "smtp_dot_timeout", "twilio_timeout", "lease", "drain",
          "reconcile"}}};
    for (const auto& [table, names] : keys) {
        for (const auto& key : names) {
            for (const std::string value : {"-5s", "36d", "1", "99999999999999999999s"}) {
                const auto loaded = load_text("[" + table + "]\n" + key + " = \"" + value + "\"\n");
                EXPECT_THAT(loaded.mistakes, ElementsAre(AllOf(HasSubstr(table + "." + key + ": found \"" + value),
                                                               HasSubstr(", expected "))));
            }
        }
    }
    for (const std::string key :
         {"smtp_connections", "twilio_connections", "email_per_second", "whatsapp_per_second", "sms_per_second"}) {
        for (const std::string value : {"-1", "1000000000000"}) {
            EXPECT_THAT(load_text("[limits]\n" + key + " = " + value + "\n").mistakes,
                        ElementsAre(HasSubstr("limits." + key + ": found " + value + ", expected a whole number")));
        }
    }
    // Two meet.
    EXPECT_THAT(load_text("[video]\nmax_participants = 1\n").mistakes,
                ElementsAre(HasSubstr("video.max_participants: found 1, expected a whole number from 2 to 50")));
}

TEST_F(config_sense, refuses_a_reminder_that_nobody_gets) {
    EXPECT_THAT(load_text(one_reminder).mistakes,
                ElementsAre(HasSubstr("line 1: reminder: found nobody who gets \"a\", expected channels for one of "
                                      "patient, psychologist, clinic")));
    EXPECT_THAT(load_text(one_reminder + "patient = []\nclinic = []\n").mistakes, SizeIs(1));
    EXPECT_THAT(load_text(one_reminder + "patient = [\"fax\"]\n").mistakes, ElementsAre(HasSubstr("\"fax\"")));
    EXPECT_THAT(load_text(one_reminder + "clinic = [\"email\"]\n").mistakes, IsEmpty());
}

TEST_F(config_sense, refuses_texts_to_those_who_have_no_number) {
    EXPECT_THAT(load_text(one_reminder + "clinic = [\"whatsapp\"]\n").mistakes,
                ElementsAre(HasSubstr("reminder.clinic: found an array of 1, expected [\"email\"]")));
    for (const std::string kind : {"confirmation", "cancellation", "reschedule", "staff_alert", "nudge"}) {
        EXPECT_THAT(load_text("[messages." + kind + "]\nclinic = [\"email\", \"sms\"]\n").mistakes,
                    ElementsAre(HasSubstr("messages." + kind + ".clinic: ")));
    }
    EXPECT_THAT(load_text("[messages.staff_alert]\npsychologist = [\"whatsapp\"]\n").mistakes,
                ElementsAre(HasSubstr("messages.staff_alert.psychologist: ")));
}

TEST_F(config_sense, refuses_to_tell_the_patient_that_she_was_not_reached) {
    EXPECT_THAT(load_text("[messages.staff_alert]\npatient = [\"email\"]\n").mistakes,
                ElementsAre(AllOf(HasSubstr("messages.staff_alert.patient: found "), HasSubstr("expected []"))));
    EXPECT_THAT(load_text("[messages.staff_alert]\npatient = []\n").mistakes, IsEmpty());
}

TEST_F(config_sense, doubts_a_fallback_that_comes_when_its_reminder_is_of_no_use_any_more) {
    const std::string to = "patient = [\"whatsapp\"]\n";
    const std::string next = "[[reminder]]\nname = \"b\"\nbefore = \"90m\"\n" + to;
    EXPECT_THAT(
        load_text(one_reminder + to + "fallback_after = \"30m\"\n" + next).doubts,
        ElementsAre(HasSubstr("reminder.fallback_after of \"a\": found \"30m\", expected less than \"30m\", since "
                              "the next reminder is due then")));
    EXPECT_THAT(load_text(one_reminder + to + "fallback_after = \"29m\"\n" + next).doubts, IsEmpty());
    EXPECT_THAT(load_text(one_reminder + to + next + "fallback_after = \"95m\"\n").doubts,
                ElementsAre(HasSubstr("expected less than \"95m\", since the reminder is of no use then")));
    EXPECT_THAT(
        load_text(one_reminder + to + next + "fallback_after = \"95m\"\n[timing]\nlast_reminder_grace = \"6m\"\n")
            .doubts,
        IsEmpty());
}

TEST_F(config_sense, doubts_values_that_contradict_each_other_and_takes_them) {
    const auto loaded = load_text(
        "[timing]\nnotice_fallback_near = \"10m\"\nnotice_fallback_far = \"9m\"\n"
        "[video]\njoin_after_end = \"3h\"\nroom_before = \"30m\"\nunused_room_timeout = \"20m\"\n"
        "[quiet_hours]\nmoved_to = \"23:30\"\n"
        "[session_page]\nfolder = \"/srv/page\"\nconnect_hosts = []\n");
    EXPECT_THAT(
        loaded.doubts,
        ElementsAre(
            HasSubstr(
                "timing.notice_fallback_near: found \"10m\", expected at most timing.notice_fallback_far (\"9m\")"),
            HasSubstr("video.join_after_end: found \"3h\", expected at most video.clean_up_after_end (\"2h\")"),
            HasSubstr("video.room_before: found \"30m\", expected at most video.unused_room_timeout (\"20m\")"),
            HasSubstr(
                "quiet_hours.moved_to: found \"23:30\", expected a time outside of the quiet hours, 21:00 to 08:00")));
    EXPECT_THAT(loaded.mistakes, ElementsAre(HasSubstr("session_page.connect_hosts: found nothing")));
}

TEST_F(config_sense, takes_quiet_hours_by_day_and_none_at_all) {
    EXPECT_THAT(load_text("[quiet_hours]\nfrom = \"12:00\"\nuntil = \"14:00\"\nmoved_to = \"11:00\"\n").doubts,
                IsEmpty());
    EXPECT_THAT(load_text("[quiet_hours]\nfrom = \"12:00\"\nuntil = \"14:00\"\nmoved_to = \"12:00\"\n").doubts,
                SizeIs(1));
    EXPECT_THAT(load_text("[quiet_hours]\nfrom = \"08:00\"\nuntil = \"08:00\"\n").doubts, IsEmpty());
}

TEST_F(config_sense, of_plan_and_send_test_needs_no_secret_key) {
    EXPECT_THAT(config::load({.file = {}, .environment = {}}, config::purpose::messages).mistakes, IsEmpty());
    const auto path = write("wrong.toml", "EMAIL_HOST = \"mail.example\"\n");
    EXPECT_THAT(config::load({.file = path, .environment = {}}, config::purpose::messages).mistakes,
                ElementsAre(HasSubstr("DEFAULT_FROM_EMAIL: found nothing")));
}

}  // namespace
