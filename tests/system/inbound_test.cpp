// What patients write, and what staff have sent again, through the whole daemon.

#include "support/clinic.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class inbound_texts : public testing::Test {
protected:
    inbound_texts() {
        clinic.start();
        patient = clinic.add_patient();
        psychologist = clinic.add_psychologist();
        id = std::to_string(clinic.book(patient, psychologist, 10min));
    }

    // From the patient's phone, to the number that the WhatsApp messages come from.
    void write(std::string_view body) {
        const auto answer = clinic.sandbox_post(
            "/sandbox/inbound", R"({"channel":"whatsapp","from":"+61491570156","to":"+14155238886","body":")" +
                                    std::string{body} + R"("})");
        EXPECT_EQ(answer.status, 201) << answer.body;
    }
    [[nodiscard]] bool becomes(std::string_view query, std::string_view value) const {
        return becomes_true([&] { return clinic.sql(query) == value; }, 30s);
    }
    [[nodiscard]] const arrival* forwarded() const {
        const auto& all = clinic.arrivals();
        const auto found = std::ranges::find(all, "desk@harbour.example", &arrival::to);
        return found == all.end() ? nullptr : &*found;
    }

    test::clinic clinic{""};
    std::int64_t patient = 0;
    std::int64_t psychologist = 0;
    std::string id;
};

TEST_F(inbound_texts, confirm_stop_start_and_reach_the_clinic) {
    // Booked ten minutes ahead: the confirmation goes by text too.
    ASSERT_TRUE(
        becomes("select count(*) from punctual.delivery where channel = 'whatsapp' and state = 'delivered'", "1"))
        << clinic.daemon().output();
    write("c");
    EXPECT_TRUE(becomes("select status from punctual.appointment", "confirmed")) << clinic.daemon().output();

    write("Sorry, can you call me? <b>{{name}}</b>");
    ASSERT_TRUE(becomes_true([&] { return forwarded() != nullptr; }, 30s)) << clinic.daemon().output();
    EXPECT_THAT(forwarded()->subject, HasSubstr("Message from a patient"));
    EXPECT_THAT(forwarded()->body, HasSubstr("can you call me?"));
    EXPECT_TRUE(
        becomes("select count(*) from punctual.webhook where effect = 'forward' and handled_at is not null", "1"));

    write("STOP");
    EXPECT_TRUE(becomes("select count(*) from punctual.opt_out where revoked_at is null", "1"));
    clinic.sql("update punctual.appointment set starts_at = starts_at + interval '1 hour'");
    EXPECT_TRUE(
        becomes("select state || ' ' || reason from punctual.delivery where kind = 'reschedule' "
                "and channel = 'whatsapp'",
                "skipped opted_out"))
        << clinic.daemon().output();
    EXPECT_TRUE(clinic.arrives("reschedule", 2, 30s)) << "the mails go on";

    write("start");
    EXPECT_TRUE(becomes("select count(*) from punctual.opt_out where revoked_at is null", "0"));
    clinic.sql("update punctual.appointment set starts_at = starts_at + interval '1 hour'");
    EXPECT_TRUE(
        becomes("select count(*) from punctual.delivery where kind = 'reschedule' and channel = 'whatsapp' "
                "and state = 'delivered'",
                "1"))
        << clinic.daemon().output();
    EXPECT_THAT(clinic.daemon().output(), testing::Not(HasSubstr("call me")));
    EXPECT_EQ(clinic.stop(), 0);
}

TEST_F(inbound_texts, are_forwarded_after_a_restart_and_a_message_is_sent_again_for_staff) {
    ASSERT_TRUE(clinic.arrives("confirmation", 3, 30s)) << clinic.daemon().output();
    clinic.stop();
    clinic.sql(
        "insert into punctual.webhook (source, key, form, number, effect) "
        "values ('message_inbound', 'SM1', 'Body=am+I+late%3F&NumMedia=2', '', 'forward')");
    clinic.start();
    ASSERT_TRUE(becomes_true([&] { return forwarded() != nullptr; }, 30s)) << clinic.daemon().output();
    EXPECT_THAT(forwarded()->body, HasSubstr("am I late?"));

    const auto staff = std::stoll(
        clinic.sql("insert into punctual.person (full_name, role) values ('Desk', 'practice_manager') returning id"));
    const auto delivery = clinic.sql(
        "select id from punctual.delivery where kind = 'confirmation' and channel = 'email' "
        "and recipient_role = 'patient'");
    const auto path = "/api/appointments/" + id + "/deliveries/" + delivery + "/resend/";
    EXPECT_EQ(clinic.post(path, patient).status, 403);
    EXPECT_EQ(clinic.post(path, staff).status, 202);
    EXPECT_TRUE(clinic.arrives("confirmation", 4, 30s)) << clinic.daemon().output();
    EXPECT_TRUE(becomes("select state || ' ' || resent_by from punctual.delivery where id = '" + delivery + "'",
                        "accepted " + std::to_string(staff)));
    EXPECT_EQ(clinic.stop(), 0);
}

// No approved template: WhatsApp is for answers alone.
TEST_F(inbound_texts, are_answered_in_free_text_for_a_day) {
    clinic.stop();
    clinic.environment["TWILIO_WHATSAPP_FREEFORM"] = "false";
    clinic.start();
    const auto moved = [this] {
        clinic.sql("update punctual.appointment set starts_at = starts_at + interval '1 hour'");
    };
    moved();
    ASSERT_TRUE(becomes_true([this] { return clinic.count("reschedule", "sms") == 1; }, 30s))
        << clinic.daemon().output();
    EXPECT_EQ(clinic.count("reschedule", "whatsapp"), 0U);
    write("Thanks");
    ASSERT_TRUE(becomes("select count(*) from punctual.last_inbound", "1"));
    moved();
    ASSERT_TRUE(becomes_true([this] { return clinic.count("reschedule", "whatsapp") == 1; }, 30s))
        << clinic.daemon().output();
    EXPECT_TRUE(becomes(
        "select state from punctual.delivery where kind = 'reschedule' and channel = 'whatsapp' and version = 3",
        "delivered"));
    EXPECT_EQ(clinic.count("reschedule", "sms"), 1U);
    clinic.sql("update punctual.last_inbound set at = now() - interval '24 hours'");
    moved();
    EXPECT_TRUE(becomes_true([this] { return clinic.count("reschedule", "sms") == 2; }, 30s))
        << clinic.daemon().output();
    EXPECT_EQ(clinic.count("reschedule", "whatsapp"), 1U);
    EXPECT_EQ(clinic.stop(), 0);
}

}  // namespace
}  // namespace punctual::test
