// What people call themselves arrives as text and does nothing else (faults I6 to I8).

#include "domain/plain_text.hpp"
#include "domain/utf8.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "support/sample_delivery.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace punctual::net::rendering {
namespace {

using namespace std::chrono_literals;
using test::sample_delivery;
using test::sample_now;

// Undoes quoted-printable and base64 far enough to search in.
std::string decoded_quoted(std::string text) {
    for (auto at = text.find("=\r\n"); at != std::string::npos; at = text.find("=\r\n", at)) {
        text.erase(at, 3);
    }
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool hex = text[i] == '=' && i + 2 < text.size() &&
                         std::isxdigit(static_cast<unsigned char>(text[i + 1])) != 0 &&
                         std::isxdigit(static_cast<unsigned char>(text[i + 2])) != 0;
        if (hex) {
            out.push_back(static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16)));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

class hostile_names : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        auto settings = test::sample_settings();
        settings.whatsapp_freeform = true;
        auto made = make_composer(settings, log_);
        ASSERT_TRUE(made.has_value()) << made.error().message();
        composer_ = *std::move(made);
        what_ = sample_delivery(domain::reminder_kind(0), 24h);
        what_.recipient.full_name = GetParam();
        what_.patient_name = GetParam();
        what_.psychologist_name = GetParam();
    }

    test::kept_log log_;
    std::unique_ptr<composer> composer_;
    domain::claimed_delivery what_;
};

TEST_P(hostile_names, leave_one_header_block_of_known_headers) {
    const auto mail = composer_->compose_mail(what_, sample_now);
    ASSERT_TRUE(mail.has_value());
    std::string_view head = mail->message;
    head = head.substr(0, head.find("\r\n\r\n") + 2);
    std::vector<std::string> names;
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        ASSERT_NE(end, std::string_view::npos);
        EXPECT_LE(end, 76U);
        if (head.front() != ' ') {
            names.emplace_back(head.substr(0, head.find(':')));
        }
        head.remove_prefix(end + 2);
    }
    EXPECT_EQ(names, (std::vector<std::string>{"Date", "From", "To", "Reply-To", "Subject", "Message-ID",
                                               "Auto-Submitted", "MIME-Version", "Content-Type"}));
    EXPECT_TRUE(domain::utf8::is_ascii(mail->message));
    EXPECT_FALSE(mail->message.contains("\r\n.\r\n"));
    EXPECT_FALSE(mail->message.contains('\0'));
}

TEST_P(hostile_names, arrive_as_written_in_whatsapp) {
    what_.channel = domain::channel::whatsapp;
    const auto text = composer_->compose_text(what_, sample_now);
    ASSERT_TRUE(text.has_value());
    const auto name = domain::clean_line(GetParam());
    EXPECT_TRUE(text->body.starts_with("Hello " + name + ", your appointment with")) << text->body;
}

TEST_P(hostile_names, are_escaped_in_html) {
    const auto mail = composer_->compose_mail(what_, sample_now);
    const auto html = decoded_quoted(mail->message.substr(mail->message.find("text/html")));
    EXPECT_FALSE(html.contains("<script"));
    EXPECT_FALSE(html.contains("<img"));
    EXPECT_FALSE(html.contains("\" onload"));
    // The name put in no tag of its own: as many opening brackets as with a plain one.
    auto plain = what_;
    plain.recipient.full_name = plain.patient_name = plain.psychologist_name = "Jane";
    const auto other = composer_->compose_mail(plain, sample_now);
    const auto plain_html = decoded_quoted(other->message.substr(other->message.find("text/html")));
    if (mail->message.contains(
            "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable")) {
        EXPECT_EQ(std::ranges::count(html, '<'), std::ranges::count(plain_html, '<'));
    }
}

INSTANTIATE_TEST_SUITE_P(names, hostile_names,
                         testing::Values("Robert'); DROP TABLE patients;--", "Jo\r\nBcc: all@example.com\r\n\r\nHello",
                                         "{{clinic}}", "{{{clinic}}}", "{{#for_patient}}x{{/for_patient}}",
                                         "<script>alert(1)</script>", "<img src=x onerror=y>", "\" onload=\"x", "'><b>",
                                         "&amp;", "%s%n%x", ".", "\r\n.\r\nMAIL FROM:<x>", std::string("a\0b", 3),
                                         std::string(1'200, 'W'), std::string(300, '.'),
                                         "\U0001F600\U0001F468\u200D\U0001F469",
                                         "\u05d3\u05d5\u05d3 \u05db\u05d4\u05df", "Jo\u202Eevil", "\xFF\xFE\xC0\xAF",
                                         "=?utf-8?q?x?=", "a\\\"b", "x@y, z@w", "\x1E\x1Ex",
                                         "--=_0f8fad5b-d9cb-469f-a165-70867728950e_a--"));

}  // namespace
}  // namespace punctual::net::rendering
