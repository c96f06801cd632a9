#include "net/rendering/clinic_composer.hpp"

#include "net/rendering/gsm7.hpp"
#include "support/sample_delivery.hpp"

#include <gtest/gtest.h>

namespace punctual::net::rendering {
namespace {

using namespace std::chrono_literals;
using domain::channel;
using domain::kind;
using domain::reason;
using test::make_in_person;
using test::make_psychologist;
using test::sample_delivery;
using test::sample_now;
using test::sample_settings;

constexpr std::string_view link = "https://app.clinic.example/video-session/apt-123-1796000000-abc123de";

class clinic_composer : public testing::Test {
protected:
    void SetUp() override { remake(sample_settings()); }
    void remake(const composer_settings& settings) {
        auto made = make_composer(settings, log_);
        ASSERT_TRUE(made.has_value()) << made.error().message();
        composer_ = *std::move(made);
    }
    std::string sms(domain::claimed_delivery what) {
        what.channel = channel::sms;
        const auto text = composer_->compose_text(what, sample_now);
        return text ? text->body : "(nothing)";
    }
    std::string whatsapp(domain::claimed_delivery what) {
        what.channel = channel::whatsapp;
        const auto text = composer_->compose_text(what, sample_now);
        return text ? text->body : "(nothing)";
    }

    test::kept_log log_;
    std::unique_ptr<composer> composer_;
};

TEST_F(clinic_composer, has_no_complaint_about_its_own_templates) {
    EXPECT_EQ(check_templates(sample_settings()), std::vector<std::string>{});
}

TEST_F(clinic_composer, addresses_the_mail_to_one_recipient) {
    const auto mail = composer_->compose_mail(sample_delivery(kind::confirmation, 48h), sample_now);
    ASSERT_TRUE(mail.has_value());
    EXPECT_EQ(mail->from, "no-reply@clinic.example");
    EXPECT_EQ(mail->to, "jane@example.com");
    EXPECT_TRUE(mail->message.contains("\r\nFrom: Harbour Clinic <no-reply@clinic.example>\r\n"));
    EXPECT_TRUE(mail->message.contains("\r\nTo: Jane Citizen <jane@example.com>\r\n"));
    EXPECT_TRUE(mail->message.contains("\r\nReply-To: Harbour Clinic <hello@clinic.example>\r\n"));
    EXPECT_TRUE(mail->message.contains("\r\nSubject: Appointment with Harbour Clinic\r\n"));
    EXPECT_TRUE(mail->message.contains("Message-ID: <0f8fad5b-d9cb-469f-a165-70867728950e@clinic.example>"));
}

TEST_F(clinic_composer, invites_the_patient_and_only_to_what_changes_a_calendar) {
    const auto invites = [&](domain::claimed_delivery what) {
        return composer_->compose_mail(what, sample_now)->message.contains("text/calendar");
    };
    EXPECT_TRUE(invites(sample_delivery(kind::confirmation, 48h)));
    EXPECT_TRUE(invites(sample_delivery(kind::reschedule, 48h)));
    EXPECT_TRUE(invites(sample_delivery(kind::cancellation, 48h)));
    EXPECT_FALSE(invites(sample_delivery(domain::reminder_kind(0), 24h)));
    auto psychologist = sample_delivery(kind::confirmation, 48h);
    make_psychologist(psychologist);
    EXPECT_FALSE(invites(psychologist));
}

TEST_F(clinic_composer, refuses_an_address_that_cannot_be_mailed) {
    auto what = sample_delivery(kind::confirmation, 48h);
    what.recipient.email = "jane@example.com\r\nBcc: all@example.com";
    EXPECT_EQ(composer_->compose_mail(what, sample_now).error(), reason::no_address);
    EXPECT_EQ(composer_->explain_no_address(what), "the e-mail address is missing or cannot be mailed");
}

TEST_F(clinic_composer, sends_staff_alerts_to_the_clinic) {
    auto what = sample_delivery(kind::staff_alert, 30min);
    what.recipient = {};
    what.recipient_role = domain::role::clinic;
    const auto mail = composer_->compose_mail(what, sample_now);
    ASSERT_TRUE(mail.has_value());
    EXPECT_EQ(mail->to, "hello@clinic.example");
    EXPECT_TRUE(mail->message.contains("No message about the appointment today"));
}

TEST_F(clinic_composer, tells_the_patient_that_the_psychologist_is_waiting_with_the_link) {
    const auto what = sample_delivery(kind::nudge, -3min);
    const auto words = composer_->compose_words(what, sample_now);
    ASSERT_TRUE(words.has_value());
    EXPECT_EQ(words->subject, "Your psychologist is waiting");
    EXPECT_TRUE(words->text.contains("Your psychologist is waiting for you in the video room."));
    EXPECT_TRUE(words->text.contains(link));
    EXPECT_FALSE(words->text.contains("does not suit you"));
    EXPECT_TRUE(sms(what).contains(link));
}

TEST_F(clinic_composer, tells_the_clinic_which_patient_is_waiting) {
    auto what = sample_delivery(kind::nudge, -3min);
    what.recipient = {};
    what.recipient_role = domain::role::clinic;
    const auto words = composer_->compose_words(what, sample_now);
    ASSERT_TRUE(words.has_value());
    EXPECT_EQ(words->to, "hello@clinic.example");
    EXPECT_EQ(words->subject, "Appointment 123: the patient is waiting");
    EXPECT_TRUE(words->text.contains("Jane Citizen is waiting in the video room. Dr Lee Listener is not there yet."));
}

TEST_F(clinic_composer, cannot_mail_without_a_sender) {
    auto settings = sample_settings();
    settings.from.clear();
    remake(settings);
    EXPECT_EQ(composer_->compose_mail(sample_delivery(kind::confirmation, 48h), sample_now).error(),
              reason::channel_not_configured);
}

TEST_F(clinic_composer, puts_the_link_into_every_text_but_the_cancellation) {
    for (const auto which :
         {kind::confirmation, kind::reschedule, domain::reminder_kind(0), domain::reminder_kind(2)}) {
        EXPECT_TRUE(sms(sample_delivery(which, 20h)).contains(link)) << static_cast<int>(which);
    }
    EXPECT_FALSE(sms(sample_delivery(kind::cancellation, 20h)).contains("video-session"));
}

TEST_F(clinic_composer, puts_the_address_of_a_visit_in_person_and_no_link) {
    auto what = sample_delivery(domain::reminder_kind(1), 1h);
    make_in_person(what, "Room 4, Kings Lane");
    EXPECT_EQ(sms(what), "Harbour Clinic: your appointment is today at 1:00 pm AEDT. At: Room 4, Kings Lane");
    what.what.location.clear();
    EXPECT_TRUE(sms(what).ends_with("At: 1 Example Street, Sydney"));
}

TEST_F(clinic_composer, says_when_in_the_words_of_the_day) {
    EXPECT_TRUE(sms(sample_delivery(domain::reminder_kind(0), 24h)).contains("is tomorrow at 12:00 pm AEDT."));
    EXPECT_TRUE(sms(sample_delivery(domain::reminder_kind(0), 72h)).contains("is on Fri, 4 Dec at 12:00 pm AEDT."));
    EXPECT_TRUE(sms(sample_delivery(domain::reminder_kind(2), 15min)).contains("starts at 12:15 pm AEDT. Join here: "));
    EXPECT_TRUE(sms(sample_delivery(kind::confirmation, -5min)).contains("started today at 11:55 am AEDT."));
}

TEST_F(clinic_composer, speaks_in_the_recipients_zone) {
    auto what = sample_delivery(domain::reminder_kind(0), 24h);
    what.recipient.time_zone = "Australia/Perth";
    EXPECT_TRUE(sms(what).contains("tomorrow at 9:00 am AWST"));
    EXPECT_TRUE(log_.lines.empty());
}

TEST_F(clinic_composer, falls_back_to_the_clinics_zone_and_logs_the_id_alone) {
    auto what = sample_delivery(domain::reminder_kind(0), 24h);
    what.recipient.time_zone = "Mars/Olympus";
    EXPECT_TRUE(sms(what).contains("tomorrow at 12:00 pm AEDT"));
    ASSERT_EQ(log_.lines.size(), 1U);
    EXPECT_EQ(log_.lines[0], "unknown_time_zone person=7 delivery=0f8fad5b-d9cb-469f-a165-70867728950e");
}

TEST_F(clinic_composer, tells_old_and_new_of_a_move) {
    auto what = sample_delivery(kind::reschedule, 72h);
    what.before = what.what;
    what.before->starts_at -= 48h;
    EXPECT_TRUE(sms(what).contains("has moved from tomorrow at 12:00 pm AEDT to Fri, 4 Dec at 12:00 pm AEDT"));
}

TEST_F(clinic_composer, says_on_which_day_a_cancelled_visit_was) {
    auto what = sample_delivery(kind::cancellation, 72h);
    EXPECT_EQ(sms(what),
              "Harbour Clinic: your appointment on Fri, 4 Dec at 12:00 pm AEDT has been cancelled. For another "
              "time, please call (02) 9000 0000.");
    EXPECT_TRUE(composer_->compose_words(what, sample_now)
                    ->text.contains("Your appointment with Dr Lee Listener on Friday, 4 December at 12:00 pm AEDT has "
                                    "been cancelled."));
    what = sample_delivery(kind::cancellation, 2h);
    EXPECT_TRUE(sms(what).contains("your appointment today at 2:00 pm AEDT has been cancelled."));
    EXPECT_TRUE(composer_->compose_words(what, sample_now)
                    ->text.contains("with Dr Lee Listener today, Tuesday, 1 December, at 2:00 pm AEDT, has been"));
}

TEST_F(clinic_composer, says_what_has_changed_in_every_channel) {
    auto settings = sample_settings();
    settings.whatsapp_freeform = true;
    remake(settings);
    const auto all_say = [&](domain::claimed_delivery what, std::string_view words) {
        EXPECT_TRUE(sms(what).contains(words)) << sms(what);
        what.channel = channel::whatsapp;
        const auto whatsapp = composer_->compose_text(what, sample_now)->body;
        EXPECT_TRUE(whatsapp.contains(words)) << whatsapp;
        const auto mail = composer_->compose_words(what, sample_now)->text;
        EXPECT_TRUE(mail.contains(words)) << mail;
    };
    auto what = sample_delivery(kind::reschedule, 72h);
    what.before = what.what;
    all_say(what, "has changed. It is now with Dr Lee Listener.");
    EXPECT_TRUE(composer_->compose_words(what, sample_now)->text.contains("Your appointment on Friday, 4 December"));
    what.before->duration = 30min;
    all_say(what, "has changed. It now lasts 50 minutes");
    what.before->starts_at -= 24h;
    all_say(what, "It now lasts 50 minutes");
    what.before = what.what;
    what.before->session_type = domain::session_type::in_person;
    what.before->location = "Room 4";
    EXPECT_TRUE(sms(what).contains("has changed. It is now by video. Join here: "));
    make_in_person(what, "Room 5");
    EXPECT_TRUE(sms(what).ends_with("has changed. It is now at another place. At: Room 5"));
}

TEST_F(clinic_composer, does_not_take_what_nobody_sees_for_another_psychologist) {
    auto what = sample_delivery(kind::reschedule, 72h);
    what.before = what.what;
    what.before->location = "of a visit by video";
    EXPECT_FALSE(sms(what).contains("It is now"));
}

TEST_F(clinic_composer, asks_who_cannot_come_at_the_last_minute_to_call) {
    EXPECT_TRUE(composer_->compose_words(sample_delivery(domain::reminder_kind(2), 15min), sample_now)
                    ->text.contains("If you cannot come, please call (02) 9000 0000"));
    EXPECT_TRUE(composer_->compose_words(sample_delivery(domain::reminder_kind(1), 1h), sample_now)
                    ->text.contains("If this time does not suit you, please call (02) 9000 0000"));
}

TEST_F(clinic_composer, calls_another_length_a_change) {
    auto what = sample_delivery(kind::reschedule, 72h);
    what.before = what.what;
    what.before->duration = 30min;
    EXPECT_TRUE(sms(what).contains("has changed"));
    EXPECT_TRUE(composer_->compose_mail(what, sample_now)->message.contains("Before:  30 minutes long"));
}

TEST_F(clinic_composer, keeps_an_sms_in_two_segments_of_the_short_alphabet) {
    auto settings = sample_settings();
    settings.clinic_name = "The \u201cHarbour\u201d Clinic \U0001F600 " + std::string(150, 'x');
    settings.whatsapp_freeform = true;
    remake(settings);
    auto what = sample_delivery(kind::reschedule, 72h);
    what.before = what.what;
    what.before->starts_at -= 24h * 400;
    const auto body = sms(what);
    EXPECT_TRUE(is_gsm7(body));
    EXPECT_LE(sms_segments(body), 2U);
    EXPECT_TRUE(body.contains(link));
}

TEST_F(clinic_composer, lets_an_sms_expire_when_it_is_of_no_more_use) {
    auto what = sample_delivery(domain::reminder_kind(2), 15min, channel::sms);
    what.useless_after = sample_now + 20min + 900ms;
    EXPECT_EQ(composer_->compose_text(what, sample_now)->validity, 1'200s);
    what.useless_after = sample_now + 48h;
    EXPECT_EQ(composer_->compose_text(what, sample_now)->validity, 36'000s);
    what.useless_after = sample_now;
    EXPECT_EQ(composer_->compose_text(what, sample_now)->validity, 1s);
}

TEST_F(clinic_composer, asks_twilio_to_report_to_the_delivery) {
    const auto text =
        composer_->compose_text(sample_delivery(domain::reminder_kind(2), 15min, channel::sms), sample_now);
    EXPECT_EQ(text->to, "+61412345678");
    EXPECT_EQ(text->status_callback,
              "https://api.clinic.example/api/webhooks/twilio/messages/status/"
              "?delivery=0f8fad5b-d9cb-469f-a165-70867728950e");
}

TEST_F(clinic_composer, tells_why_a_phone_takes_no_texts) {
    auto what = sample_delivery(domain::reminder_kind(2), 15min, channel::sms);
    what.recipient.phone = "(02) 9374 4000";
    EXPECT_EQ(composer_->compose_text(what, sample_now).error(), reason::no_address);
    EXPECT_EQ(composer_->explain_no_address(what), "the phone is a landline");
}

TEST_F(clinic_composer, has_no_whatsapp_without_an_approved_template) {
    EXPECT_EQ(composer_->compose_text(sample_delivery(kind::cancellation, 48h, channel::whatsapp), sample_now).error(),
              reason::channel_not_configured);
}

TEST_F(clinic_composer, fills_an_approved_template_by_kind_and_language) {
    auto settings = sample_settings();
    settings.content["reminder_24h"][""] = {.sid = "HXany", .variables = {}};
    settings.content["reminder_24h"]["en"] = {.sid = "HXen", .variables = {"clinic", "when_short", "link"}};
    settings.content["reminder_1h"][""] = {.sid = "HX1h", .variables = {}};
    remake(settings);
    const auto chosen =
        composer_->compose_text(sample_delivery(domain::reminder_kind(0), 24h, channel::whatsapp), sample_now);
    EXPECT_EQ(chosen->content_sid, "HXen");
    EXPECT_EQ(chosen->body, "");
    EXPECT_EQ(chosen->content_variables,
              (std::map<std::string, std::string>{
                  {"1", "Harbour Clinic"}, {"2", "tomorrow at 12:00 pm AEDT"}, {"3", std::string{link}}}));
    const auto usual =
        composer_->compose_text(sample_delivery(domain::reminder_kind(1), 1h, channel::whatsapp), sample_now);
    EXPECT_EQ(usual->content_variables.at("1"), "Jane Citizen");
    EXPECT_EQ(usual->content_variables.at("3"), link);
}

TEST_F(clinic_composer, gives_meta_no_empty_or_gapped_variable) {
    auto settings = sample_settings();
    settings.content["reminder_24h"][""] = {.sid = "HXany", .variables = {}};
    remake(settings);
    auto what = sample_delivery(domain::reminder_kind(0), 24h, channel::whatsapp);
    what.recipient.full_name = "";
    EXPECT_EQ(composer_->compose_text(what, sample_now)->content_variables.at("1"), "-");
    what.recipient.full_name = "{{1}}      Jo\r\n\r\nx";
    EXPECT_EQ(composer_->compose_text(what, sample_now)->content_variables.at("1"), "{{1}} Jo x");
}

TEST_F(clinic_composer, writes_free_text_in_the_whatsapp_sandbox) {
    auto settings = sample_settings();
    settings.whatsapp_freeform = true;
    remake(settings);
    EXPECT_EQ(
        whatsapp(sample_delivery(domain::reminder_kind(0), 24h)),
        "Hello Jane Citizen, your appointment with Harbour Clinic is tomorrow, Wednesday, 2 December, at 12:00 pm "
        "AEDT.\n\nJoin here: " +
            std::string{link} + "\n\nReply C to confirm.");
}

TEST_F(clinic_composer, writes_free_text_only_to_who_wrote_to_this_sender_a_short_while_ago) {
    auto settings = sample_settings();
    settings.whatsapp_from = "+14155238886";
    remake(settings);
    auto what = sample_delivery(domain::reminder_kind(0), 24h, channel::whatsapp);
    const auto number = composer_->compose_text(sample_delivery(kind::nudge, 0h, channel::sms), sample_now)->to;
    EXPECT_EQ(whatsapp(what), "(nothing)");
    what.conversations = {{.number = number, .sender = "whatsapp:+14155238886"}};
    EXPECT_TRUE(whatsapp(what).contains(link));
    what.conversations[0].open = false;
    EXPECT_EQ(whatsapp(what), "(nothing)") << "the window has closed";
    what.conversations = {{.number = number, .sender = "whatsapp:+14155230000"}};
    EXPECT_EQ(whatsapp(what), "(nothing)") << "written to another sender";
    what.conversations = {{.number = "+61499999999", .sender = "whatsapp:+14155238886"}};
    EXPECT_EQ(whatsapp(what), "(nothing)") << "somebody else wrote";
    settings.whatsapp_from = "";
    remake(settings);
    what.conversations = {{.number = number, .sender = "whatsapp:+14155230000"}};
    EXPECT_TRUE(whatsapp(what).contains(link)) << "a sender of the messaging service";
}

TEST_F(clinic_composer, prefers_the_template_to_free_text) {
    auto settings = sample_settings();
    settings.content["reminder_24h"][""] = {.sid = "HXany", .variables = {}};
    remake(settings);
    auto what = sample_delivery(domain::reminder_kind(0), 24h, channel::whatsapp);
    what.conversations = {{.number = composer_->compose_text(what, sample_now)->to, .sender = "whatsapp:+14155238886"}};
    const auto text = composer_->compose_text(what, sample_now);
    EXPECT_EQ(text->content_sid, "HXany");
    EXPECT_TRUE(text->body.empty());
}

TEST_F(clinic_composer, tells_a_text_to_the_psychologist_no_patients_name) {
    auto what = sample_delivery(domain::reminder_kind(1), 1h);
    make_psychologist(what);
    EXPECT_FALSE(sms(what).contains("Jane"));
}

TEST_F(clinic_composer, names_the_patient_to_the_psychologist_by_mail) {
    auto what = sample_delivery(domain::reminder_kind(0), 24h);
    make_psychologist(what);
    const auto mail = composer_->compose_mail(what, sample_now);
    EXPECT_TRUE(mail->message.contains("Patient: Jane Citizen"));
    EXPECT_TRUE(mail->message.contains("Hello Dr Lee Listener,"));
}

TEST_F(clinic_composer, keeps_notes_and_reasons_to_itself) {
    auto what = sample_delivery(kind::cancellation, 24h);
    what.cancellation_reason = "hospitalised";
    EXPECT_FALSE(composer_->compose_mail(what, sample_now)->message.contains("hospitalised"));
    EXPECT_FALSE(sms(what).contains("hospitalised"));
}

TEST_F(clinic_composer, uses_the_same_words_for_a_reminder_of_another_plan) {
    auto settings = sample_settings();
    settings.reminders = {"two_days"};
    remake(settings);
    EXPECT_TRUE(sms(sample_delivery(domain::reminder_kind(0), 48h)).contains("is on Thu, 3 Dec"));
    EXPECT_TRUE(sms(sample_delivery(domain::reminder_kind(5), 48h)).contains("is on Thu, 3 Dec"));
}

TEST_F(clinic_composer, falls_back_to_the_clinics_language) {
    auto what = sample_delivery(domain::reminder_kind(0), 72h);
    what.recipient.locale = "tlh";
    EXPECT_TRUE(sms(what).contains("is on Fri, 4 Dec at 12:00 pm AEDT"));
    what.recipient.locale = "en";
    EXPECT_TRUE(sms(what).contains("is on Fri, 4 Dec at 12:00 pm AEDT"));
    what.recipient.locale = "en-US";
    EXPECT_TRUE(sms(what).contains("is on Fri, Dec 4 at 12:00 PM AEDT"));
}

TEST_F(clinic_composer, speaks_vietnamese_to_who_asks_for_it) {
    auto what = sample_delivery(domain::reminder_kind(0), 24h);
    what.recipient.locale = "vi-VN";
    EXPECT_EQ(sms(what), "Harbour Clinic: cuoc hen cua quy vi vao ngay mai luc 12:00 AEDT. Tham gia tai day: " +
                             std::string{link});
    EXPECT_TRUE(
        composer_->compose_words(what, sample_now)
            ->text.contains("Cuộc hẹn của quý vị với Dr Lee Listener sẽ diễn ra lúc 12:00 AEDT ngày mai, Thứ Tư, "
                            "2 tháng 12."));
    EXPECT_EQ(composer_->compose_words(what, sample_now)->subject, "Cuộc hẹn với Harbour Clinic");
}

TEST_F(clinic_composer, speaks_the_clinics_language_to_who_asks_for_none) {
    auto settings = sample_settings();
    settings.locale = "vi";
    remake(settings);
    auto what = sample_delivery(kind::cancellation, 72h);
    EXPECT_EQ(composer_->compose_words(what, sample_now)->subject, "Cuộc hẹn với Harbour Clinic đã được hủy");
    what.recipient.locale = "en-GB";
    EXPECT_EQ(composer_->compose_words(what, sample_now)->subject, "Appointment with Harbour Clinic cancelled");
}

TEST_F(clinic_composer, escapes_a_room_name_in_the_link) {
    auto what = sample_delivery(domain::reminder_kind(0), 72h);
    what.room_name = "a/b?c\"<d";
    EXPECT_TRUE(sms(what).contains("/video-session/a%2Fb%3Fc%22%3Cd"));
}

TEST(composer_settings, are_refused_with_the_name_of_what_is_wrong) {
    test::kept_log log;
    const auto complaint = [&](auto change) {
        auto settings = sample_settings();
        change(settings);
        const auto made = make_composer(settings, log);
        return made ? std::string{} : made.error().message();
    };
    EXPECT_TRUE(complaint([](auto& s) { s.time_zone = "Sydney"; }).contains("CLINIC_TIME_ZONE"));
    EXPECT_TRUE(complaint([](auto& s) { s.phone_region = "Australia"; }).contains("CLINIC_PHONE_REGION"));
    EXPECT_TRUE(complaint([](auto& s) { s.locale = "tlh"; }).contains("CLINIC_LOCALE"));
    EXPECT_TRUE(complaint([](auto& s) { s.from = "nobody"; }).contains("DEFAULT_FROM_EMAIL"));
    EXPECT_TRUE(complaint([](auto& s) { s.frontend_url = "javascript:alert(1)"; }).contains("FRONTEND_URL"));
    EXPECT_TRUE(complaint([](auto& s) { s.content["x"][""] = {"HX", {"nmae"}}; }).contains("nmae"));
    EXPECT_EQ(complaint([](auto&) {}), "");
}

}  // namespace
}  // namespace punctual::net::rendering
