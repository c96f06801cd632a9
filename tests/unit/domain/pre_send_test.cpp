#include "domain/pre_send.hpp"

#include "unit/domain/fixtures.hpp"

#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;

const policy rules = default_policy();
constexpr configured_channels everything{.email = true, .whatsapp = true, .sms = true};

claimed_delivery claimed(kind what, channel by, role to = role::patient) {
    claimed_delivery row;
    row.kind = what;
    row.channel = by;
    row.recipient_role = to;
    row.what = image_at(two_pm).what;
    row.useless_after = two_pm + 1h;
    row.recipient.id = pat;
    row.recipient.role = to;
    row.recipient.email = "someone@example.org";
    row.recipient.phone = "0412 345 678";
    row.recipient.texts_enabled = true;
    return row;
}

std::optional<reason> check(const claimed_delivery& row, configured_channels configured = everything) {
    return pre_send_check(row, rules, two_pm - 1h, configured);
}

TEST(pre_send_check, lets_everything_pass_that_people_agreed_to) {
    for (const auto what : {kind::confirmation, kind::cancellation, kind::reschedule, reminder_kind(1)}) {
        for (const auto by : {channel::email, channel::whatsapp, channel::sms}) {
            EXPECT_EQ(check(claimed(what, by)), std::nullopt);
            EXPECT_EQ(check(claimed(what, by, role::psychologist)), std::nullopt);
        }
    }
}

TEST(pre_send_check, names_the_first_reason_in_the_contracts_order) {
    auto text = claimed(reminder_kind(0), channel::whatsapp);
    text.recipient.active = false;
    text.recipient.reminders_enabled = false;
    text.recipient.texts_enabled = false;
    text.recipient.opted_out = true;
    text.recipient.phone.clear();
    text.what.starts_at = two_pm - 2h;
    const configured_channels nothing;
    EXPECT_EQ(check(text, nothing), reason::inactive);
    text.recipient.active = true;
    EXPECT_EQ(check(text, nothing), reason::reminders_disabled);
    text.recipient.reminders_enabled = true;
    EXPECT_EQ(check(text, nothing), reason::no_consent);
    text.recipient.texts_enabled = true;
    EXPECT_EQ(check(text, nothing), reason::opted_out);
    text.recipient.opted_out = false;
    EXPECT_EQ(check(text, nothing), reason::no_address);
    text.recipient.phone = "1";
    EXPECT_EQ(check(text, nothing), reason::channel_not_configured);
    EXPECT_EQ(check(text), reason::already_started);
}

TEST(pre_send_check, looks_at_email_consent_before_the_address) {
    auto mail = claimed(kind::confirmation, channel::email);
    mail.recipient.email = " ";
    EXPECT_EQ(check(mail), reason::no_address);
    mail.recipient.email_enabled = false;
    EXPECT_EQ(check(mail), reason::email_disabled);
}

TEST(pre_send_check, goes_on_by_mail_after_a_stop) {
    auto mail = claimed(kind::confirmation, channel::email);
    mail.recipient.opted_out = true;
    mail.recipient.texts_enabled = false;
    EXPECT_EQ(check(mail), std::nullopt);
}

TEST(pre_send_check, applies_reminders_enabled_to_the_patients_reminders_alone) {
    auto row = claimed(reminder_kind(0), channel::email);
    row.recipient.reminders_enabled = false;
    EXPECT_EQ(check(row), reason::reminders_disabled);
    row.recipient_role = role::psychologist;
    EXPECT_EQ(check(row), std::nullopt);
    row.recipient_role = role::patient;
    for (const auto what : {kind::confirmation, kind::cancellation, kind::reschedule}) {
        row.kind = what;
        EXPECT_EQ(check(row), std::nullopt);
    }
}

TEST(pre_send_check, asks_consent_for_texts_of_psychologists_too) {
    auto text = claimed(reminder_kind(1), channel::sms, role::psychologist);
    text.recipient.texts_enabled = false;
    EXPECT_EQ(check(text), reason::no_consent);
}

TEST(pre_send_check, looks_at_the_very_channel) {
    const configured_channels no_whatsapp{.email = true, .whatsapp = false, .sms = true};
    EXPECT_EQ(check(claimed(kind::reschedule, channel::whatsapp), no_whatsapp), reason::channel_not_configured);
    EXPECT_EQ(check(claimed(kind::reschedule, channel::sms), no_whatsapp), std::nullopt);
}

TEST(pre_send_check, refuses_the_clinic_by_its_channel_alone) {
    auto alert = claimed(kind::staff_alert, channel::email, role::clinic);
    alert.recipient = person{};
    alert.recipient.active = false;
    EXPECT_EQ(check(alert, everything), std::nullopt);
    EXPECT_EQ(check(alert, {}), reason::channel_not_configured);
}

TEST(pre_send_check, lets_the_last_reminder_pass_until_its_grace_is_over) {
    const auto row = claimed(reminder_kind(2), channel::email);
    EXPECT_EQ(pre_send_check(row, rules, two_pm + 5min - 1us, everything), std::nullopt);
    EXPECT_EQ(pre_send_check(row, rules, two_pm + 5min, everything), reason::already_started);
    const auto notice = claimed(kind::confirmation, channel::email);
    EXPECT_EQ(pre_send_check(notice, rules, two_pm + 30min, everything), std::nullopt);
}

TEST(fallback_at, follows_the_reminders_rule) {
    EXPECT_EQ(fallback_at(claimed(reminder_kind(0), channel::whatsapp), rules, two_pm - 24h), two_pm - 24h + 30min);
    EXPECT_EQ(fallback_at(claimed(reminder_kind(1), channel::whatsapp), rules, two_pm - 1h), two_pm - 55min);
    EXPECT_EQ(fallback_at(claimed(reminder_kind(2), channel::whatsapp), rules, two_pm - 15min), two_pm - 13min);
}

TEST(fallback_at, is_for_whatsapp_alone) {
    EXPECT_EQ(fallback_at(claimed(reminder_kind(0), channel::sms), rules, two_pm - 24h), std::nullopt);
    EXPECT_EQ(fallback_at(claimed(reminder_kind(0), channel::email), rules, two_pm - 24h), std::nullopt);
}

TEST(fallback_at, of_a_notice_is_near_when_the_start_is_within_a_day) {
    const auto row = claimed(kind::cancellation, channel::whatsapp);
    EXPECT_EQ(fallback_at(row, rules, two_pm - 24h), two_pm - 24h + 5min);
    EXPECT_EQ(fallback_at(row, rules, two_pm - 24h - 1s), two_pm - 24h - 1s + 30min);
}

TEST(fallback_at, of_a_reschedule_looks_at_the_old_start_too) {
    auto row = claimed(kind::reschedule, channel::whatsapp);
    const auto accepted = two_pm - std::chrono::days{9};
    EXPECT_EQ(fallback_at(row, rules, accepted), accepted + 30min);
    row.before = row.what;
    row.before->starts_at = accepted + 2h;
    EXPECT_EQ(fallback_at(row, rules, accepted), accepted + 5min);
    row.before->starts_at = accepted - std::chrono::days{20};
    EXPECT_EQ(fallback_at(row, rules, accepted), accepted + 30min);
}

TEST(fallback_at, is_none_when_the_sms_would_be_useless) {
    auto row = claimed(reminder_kind(2), channel::whatsapp);
    row.useless_after = two_pm + 5min;
    EXPECT_EQ(fallback_at(row, rules, two_pm + 3min), std::nullopt);
    EXPECT_EQ(fallback_at(row, rules, two_pm + 3min - 1us), two_pm + 5min - 1us);
}

}  // namespace
}  // namespace punctual::domain
