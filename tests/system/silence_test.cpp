// WhatsApp messages whose status callbacks never come: lost while the daemon was down, since Twilio calls once, or
// undeliverable because BACKEND_URL cannot be reached. Nobody gets a second reminder who has had the first.

#include "support/clinic.hpp"
#include "support/server_process.hpp"

#include <gtest/gtest.h>

namespace {

using namespace punctual::test;
using namespace std::chrono_literals;

// One reminder, 20 s before the start, and its SMS.
constexpr const char* plan = R"toml(
[[reminder]]
name = "reminder_15m"
before = "20s"
patient = ["whatsapp"]
psychologist = []
[messages.confirmation]
patient = []
psychologist = []
[messages.staff_alert]
clinic = []
[timing]
short_notice = "1s"
staff_alert_before = "1s"
last_reminder_grace = "5m"
[limits]
lease = "2s"
)toml";

constexpr auto limit = 30s;

class silence : public testing::Test {
protected:
    explicit silence(std::string_view fallback_after = "1s")
        : clinic_{std::string{plan}.insert(std::string_view{plan}.find("patient ="),
                                           "fallback_after = \"" + std::string{fallback_after} + "\"\n")} {}

    std::int64_t book() { return clinic_.book(patient_, psychologist_, 20'500ms); }
    std::string of(std::string_view channel, std::string_view columns) {
        return clinic_.sql("select " + std::string{columns} + " from punctual.delivery where channel = '" +
                           std::string{channel} + "'");
    }
    bool becomes(std::string_view channel, std::string_view columns, std::string_view value) {
        return becomes_true([&] { return of(channel, columns) == value; }, limit);
    }
    // As if nobody could be reached there.
    void let_no_callback_come() {
        clinic_.environment["BACKEND_URL"] = "http://127.0.0.1:" + std::to_string(find_free_port());
    }
    void order(std::string_view json) { ASSERT_EQ(clinic_.order(json).status / 100, 2); }

    clinic clinic_;
    std::int64_t patient_ = clinic_.add_patient();
    std::int64_t psychologist_ = clinic_.add_psychologist();
};

class silence_in_a_down_time : public silence {
protected:
    silence_in_a_down_time() : silence{"8s"} {}
};

TEST_F(silence_in_a_down_time, brings_no_second_reminder) {
    // Delivered some seconds after it was taken: by then nobody is there to be told.
    order(R"({"target":"message","channel":"whatsapp","status":"delivered","delay_ms":5000})");
    clinic_.start();
    book();
    ASSERT_TRUE(becomes("whatsapp", "state", "accepted")) << clinic_.daemon().output();
    clinic_.kill();
    ASSERT_TRUE(becomes_true(
        [&] { return clinic_.sandbox_get("/sandbox/messages.json").body.find("delivered") != std::string::npos; },
        limit));
    // Past its fallback_at.
    ASSERT_TRUE(becomes("whatsapp", "state, fallback_at < clock_timestamp()", "accepted|t"));
    clinic_.start();
    EXPECT_TRUE(becomes("sms", "state, reason, attempts", "skipped|whatsapp_delivered|0")) << clinic_.daemon().output();
    EXPECT_EQ(of("whatsapp", "state, provider_status, delivered_at is not null"), "delivered|delivered|t");
    EXPECT_EQ(clinic_.count("reminder_15m", "sms"), 0U);
    EXPECT_EQ(clinic_.count("reminder_15m", "whatsapp"), 1U);
}

TEST_F(silence, of_a_backend_that_nobody_reaches_brings_no_second_reminder) {
    let_no_callback_come();
    clinic_.start();
    book();
    EXPECT_TRUE(becomes("sms", "state, reason", "skipped|whatsapp_delivered")) << clinic_.daemon().output();
    EXPECT_EQ(of("whatsapp", "state, provider_status"), "delivered|delivered");
    EXPECT_EQ(clinic_.count("reminder_15m", "sms"), 0U);
}

TEST_F(silence, of_a_backend_that_nobody_reaches_keeps_no_failure_secret) {
    let_no_callback_come();
    order(R"({"target":"message","channel":"whatsapp","status":"undelivered","code":63024})");
    clinic_.start();
    book();
    EXPECT_TRUE(becomes_true([&] { return clinic_.count("reminder_15m", "sms") == 1; }, limit));
    EXPECT_EQ(of("whatsapp", "state, provider_status, error_code"), "failed|undelivered|63024");
    EXPECT_TRUE(becomes("sms", "state, reason", "accepted|whatsapp_silent"));
}

TEST_F(silence, that_is_true_brings_its_sms) {
    let_no_callback_come();
    order(R"({"target":"message","channel":"whatsapp","status":"sent"})");
    clinic_.start();
    book();
    EXPECT_TRUE(becomes_true([&] { return clinic_.count("reminder_15m", "sms") == 1; }, limit));
    EXPECT_EQ(of("whatsapp", "state"), "accepted");
}

// An account that deletes its messages, a Twilio that is sick: nobody goes without a reminder for that.
TEST_F(silence, that_twilio_says_nothing_of_brings_its_sms) {
    let_no_callback_come();
    clinic_.start();
    book();
    ASSERT_TRUE(becomes("whatsapp", "state", "accepted"));
    order(R"({"target":"request","on":"messages","method":"GET","action":"answer_before","status":503,"next":0})");
    EXPECT_TRUE(becomes_true([&] { return clinic_.count("reminder_15m", "sms") == 1; }, limit));
    EXPECT_EQ(of("whatsapp", "state"), "accepted");
}

}  // namespace
