// What others wrote, in the places where their own programs read it back: messages that are forwarded to the clinic,
// the variables of WhatsApp's templates, and SMS. Read by Python's email, json and urllib.
// PUNCTUAL_MAILS=folder keeps them for npm's mailparser (tests/scripts/mailparser_test).

#include "domain/utf8.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "net/twilio/text_request.hpp"
#include "support/difficult_texts.hpp"
#include "support/mail_folder.hpp"
#include "support/sample_delivery.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <cstdlib>
#include <fstream>

namespace punctual::net::rendering {
namespace {

using namespace std::chrono_literals;
using test::sample_now;

class outside_readers : public testing::Test {
protected:
    outside_readers() {
        auto settings = test::sample_settings();
        settings.content["reminder_24h"][""] = {.sid = "HX0123456789abcdef0123456789abcdef", .variables = {}};
        composer_ = make_composer(settings, log_).value();
        if (const char* const kept = std::getenv("PUNCTUAL_MAILS")) {  // NOLINT(concurrency-mt-unsafe)
            folder_ = std::filesystem::path{kept} / "forwarded";
        } else {
            folder_ = mails_.path();
        }
        std::filesystem::create_directories(folder_);
    }

    void expect(const std::string& name, std::string_view text) {
        wanted_[name] = boost::json::string{domain::utf8::repair(text)};
    }
    void write(const std::string& name, std::string_view text) {
        std::ofstream{folder_ / name, std::ios::binary} << text;
    }
    // Zero, or what the reader says.
    int read(const std::string& what) {
        write("wanted.json", boost::json::serialize(wanted_));
        const std::string readers = PUNCTUAL_SOURCE_DIR "/tests/readers/";
        const auto folder = folder_.string();
        const auto facts = folder + "/facts.json";
        const auto first = what == "mails" ? "/usr/bin/python3 -B " + readers + "read_mails.py " + folder + " >" + facts
                                           : "echo {} >" + facts;
        const auto command = "export PYTHONIOENCODING=utf-8; " + first + " && /usr/bin/python3 -B " + readers +
                             "check_outside.py " + what + " " + folder + " <" + facts;
        return std::system(command.c_str());  // NOLINT(cert-env33-c,concurrency-mt-unsafe)
    }

    test::kept_log log_;
    test::mail_folder mails_;
    std::filesystem::path folder_;
    std::unique_ptr<composer> composer_;
    boost::json::object wanted_;
};

TEST_F(outside_readers, find_in_a_forwarded_message_what_was_written_and_nothing_else) {
    std::size_t number = 0;
    for (const auto& text : test::difficult_texts()) {
        for (const bool as_name : {false, true}) {
            const auto name = fmt::format("{:03}-{}.eml", ++number, as_name ? "name" : "message");
            const inbound_words what{.key = fmt::format("SM{:032x}", number),
                                     .number = "+61412345678",
                                     .people = {as_name ? text : "Jane Citizen"},
                                     .text = as_name ? "Can you call me?" : text,
                                     .attachments = "0",
                                     .received_at = sample_now};
            const auto mail = composer_->compose_forward(what, sample_now);
            ASSERT_TRUE(mail.has_value());
            EXPECT_EQ(mail->to, "hello@clinic.example");
            write(name, mail->message);
            expect(name, text);
        }
    }
    EXPECT_EQ(read("mails"), 0);
}

TEST_F(outside_readers, find_in_template_variables_and_sms_what_was_written_and_nothing_else) {
    const twilio::senders from{
        .whatsapp_from = "whatsapp:+14155238886", .sms_from = "+61480000000", .messaging_service_sid = {}};
    std::size_t number = 0;
    for (const auto& text : test::difficult_texts()) {
        for (const auto by : {domain::channel::whatsapp, domain::channel::sms}) {
            auto what = test::sample_delivery(domain::reminder_kind(0), 24h, by);
            what.recipient.full_name = what.patient_name = what.psychologist_name = text;
            test::make_in_person(what, text);
            const auto message = composer_->compose_text(what, sample_now);
            ASSERT_TRUE(message.has_value());
            const auto form = twilio::message_form(from, *message);
            ASSERT_TRUE(form.has_value());
            const auto name = fmt::format("{:03}-{}.form", ++number, domain::to_string(by));
            write(name, *form);
            expect(name, text);
        }
    }
    EXPECT_EQ(read("forms"), 0);
}

}  // namespace
}  // namespace punctual::net::rendering
