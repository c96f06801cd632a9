// What an operator asks on the command line: plan, explain, send-test.

#include "support/clinic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct ended {
    int code = -1;
    std::string output;
};

ended run(const clinic& where, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), where.program_path("punctuald"));
    program one{arguments, where.whole_environment(), where.folder() / "subcommand.log"};
    const auto code = one.wait(30s).value_or(-1);
    return {code, one.output()};
}

TEST(plan, prints_the_very_text_of_each_message_to_come_and_writes_nothing) {
    clinic clinic{""};
    clinic.start();
    const auto patient = clinic.add_patient();
    const auto id = std::to_string(clinic.book(patient, clinic.add_psychologist(false), 48h));
    ASSERT_TRUE(clinic.arrives("confirmation", 2, 5s)) << clinic.daemon().output();
    const auto rows = clinic.sql("select md5(string_agg(d::text, ',' order by id)) from punctual.delivery d");

    const auto all = run(clinic, {"plan", "--appointment", id});
    EXPECT_EQ(all.code, 0) << all.output;
    const auto link = "https://front.example/video-session/" +
                      clinic.sql("select room_name from punctual.appointment_state where appointment_id = " + id);
    EXPECT_THAT(all.output, AllOf(HasSubstr("reminder_24h by email to patient"), HasSubstr("to: robin@patient.example"),
                                  HasSubstr("subject: "), HasSubstr(link)));
    EXPECT_THAT(all.output, HasSubstr("reminder_15m by whatsapp to patient"));
    EXPECT_THAT(all.output, HasSubstr("to: +61491570156"));
    EXPECT_THAT(all.output, HasSubstr("reminder_1h by whatsapp to psychologist 2\n    skipped: no_consent"));
    EXPECT_THAT(all.output, Not(HasSubstr("confirmation")));
    EXPECT_THAT(all.output, HasSubstr("9 messages from"));

    const auto at = clinic.sql(
        "select to_char((starts_at - interval '2 hours') at time zone 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from punctual.appointment where id = " +
        id);
    const auto late = run(clinic, {"plan", "--at", at});
    EXPECT_EQ(late.code, 0) << late.output;
    EXPECT_THAT(late.output, AllOf(HasSubstr("reminder_1h"), HasSubstr("reminder_15m")));

    EXPECT_EQ(clinic.sql("select md5(string_agg(d::text, ',' order by id)) from punctual.delivery d"), rows);
    EXPECT_EQ(clinic.arrivals().size(), 2U);
}

TEST(plan, shows_the_notices_of_changes_that_no_daemon_has_taken_up) {
    clinic clinic{""};
    const auto id = std::to_string(clinic.book(clinic.add_patient(), clinic.add_psychologist(), 30h));
    const auto booked = run(clinic, {"plan", "--appointment", id});
    EXPECT_EQ(booked.code, 0) << booked.output;
    EXPECT_THAT(booked.output, AllOf(HasSubstr("confirmation by email to patient"), HasSubstr("(.ics)")));
    EXPECT_EQ(clinic.sql("select count(*) from punctual.change where handled_at is not null and person_id is null"),
              "0");
}

TEST(plan, refuses_a_time_without_its_offset) {
    clinic clinic{""};
    const auto wrong = run(clinic, {"plan", "--at", "2026-11-24 09:00"});
    EXPECT_EQ(wrong.code, 2);
    EXPECT_THAT(wrong.output, AllOf(HasSubstr("--at"), HasSubstr("2026-11-24 09:00"), HasSubstr("offset")));
}

TEST(explain, tells_what_was_sent_what_was_skipped_and_what_is_to_come) {
    clinic clinic{""};
    clinic.start();
    const auto id = std::to_string(clinic.book(clinic.add_patient(), clinic.add_psychologist(), 2h));
    ASSERT_TRUE(clinic.arrives("confirmation", 2, 5s)) << clinic.daemon().output();
    ASSERT_EQ(clinic.stop(), 0);

    const auto told = run(clinic, {"explain", id});
    EXPECT_EQ(told.code, 0) << told.output;
    EXPECT_THAT(told.output, HasSubstr("appointment " + id + ", version 1: telehealth, scheduled"));
    EXPECT_THAT(told.output, HasSubstr("email     patient 1, version 1: accepted by the provider at"));
    EXPECT_THAT(told.output, HasSubstr("booked_inside_window (its minute had passed when this was booked)"));
    EXPECT_THAT(told.output, HasSubstr("reminder_1h    email     patient, version 1: planned"));
    EXPECT_THAT(told.output, Not(HasSubstr("robin@")));
}

TEST(explain, gives_no_room_a_name_by_looking) {
    clinic clinic{""};
    const auto id = clinic.book(clinic.add_patient(), clinic.add_psychologist(), 48h);
    const auto told = run(clinic, {"explain", std::to_string(id)});
    EXPECT_EQ(told.code, 0) << told.output;
    EXPECT_THAT(told.output, HasSubstr("telehealth"));
    EXPECT_EQ(clinic.sql("select count(*) from punctual.appointment_state where room_name is not null"), "0");
}

TEST(explain, says_that_nothing_is_known_of_an_appointment_that_never_was) {
    clinic clinic{""};
    const auto told = run(clinic, {"explain", "99"});
    EXPECT_EQ(told.code, 1);
    EXPECT_THAT(told.output, HasSubstr("appointment 99: no message was ever planned for it: there is no such row"));
    EXPECT_EQ(run(clinic, {"explain", "ninety"}).code, 2);
}

TEST(send_test, sends_one_message_by_each_channel_and_prints_the_answer) {
    clinic clinic{""};
    const auto mail = run(clinic, {"send-test", "email", "--to", "operator@harbour.example"});
    EXPECT_EQ(mail.code, 0) << mail.output;
    EXPECT_THAT(mail.output, HasSubstr("accepted: 250"));
    for (const std::string channel : {"sms", "whatsapp"}) {
        const auto text = run(clinic, {"send-test", channel, "--to", "0491 570 159"});
        EXPECT_EQ(text.code, 0) << text.output;
        EXPECT_THAT(text.output, HasSubstr("accepted: "));
    }
    ASSERT_EQ(clinic.arrivals().size(), 3U);
    EXPECT_EQ(clinic.arrivals()[0].to, "operator@harbour.example");
    EXPECT_THAT(clinic.arrivals()[0].subject, HasSubstr("Test message from Harbour Psychology"));
}

TEST(send_test, fails_with_what_the_provider_said) {
    clinic clinic{""};
    clinic.environment["EMAIL_HOST_PASSWORD"] = "wrong";
    const auto refused = run(clinic, {"send-test", "email", "--to", "operator@harbour.example"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.output, HasSubstr("not accepted: 535"));
    const auto address = run(clinic, {"send-test", "email", "--to", "nobody"});
    EXPECT_EQ(address.code, 1);
    EXPECT_THAT(address.output, AllOf(HasSubstr("--to"), HasSubstr("nobody")));
    EXPECT_EQ(run(clinic, {"send-test", "pigeon", "--to", "coop"}).code, 2);
    EXPECT_TRUE(clinic.arrivals().empty());
}

}  // namespace
