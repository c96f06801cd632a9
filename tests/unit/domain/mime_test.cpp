#include "domain/mime.hpp"

#include "domain/mime_encoding.hpp"
#include "domain/utf8.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;

mail_draft plain_draft() {
    mail_draft draft;
    draft.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    draft.id_domain = "clinic.example";
    draft.from = {"Harbour Clinic", "no-reply@clinic.example"};
    draft.to = {"Jane Citizen", "jane@example.com"};
    draft.subject = "Appointment with Harbour Clinic";
    draft.date = wall_time{1'796'086'800s};
    draft.text = "Hello Jane,\n\nsee you.\n";
    draft.html = "<p>Hello Jane</p>\n";
    return draft;
}

std::string header_part(const std::string& message) {
    return message.substr(0, message.find("\r\n\r\n") + 2);
}

// The longest line, and whether every line ends in CRLF and is seven-bit.
struct shape {
    std::size_t longest = 0;
    bool clean = true;
};
shape shape_of(std::string_view message) {
    shape out;
    out.clean = utf8::is_ascii(message) && message.ends_with("\r\n");
    std::size_t column = 0;
    for (std::size_t i = 0; i < message.size(); ++i) {
        if (message[i] == '\n') {
            out.clean = out.clean && i > 0 && message[i - 1] == '\r';
            out.longest = std::max(out.longest, column - 1);
            column = 0;
        } else {
            out.clean =
                out.clean && message[i] != '\0' && (message[i] != '\r' || message.substr(i).starts_with("\r\n"));
            ++column;
        }
    }
    return out;
}

TEST(mime, writes_the_standard_headers) {
    const auto head = header_part(write_mail(plain_draft()));
    EXPECT_TRUE(head.contains("Date: Tue, 1 Dec 2026 01:00:00 +0000\r\n"));
    EXPECT_TRUE(head.contains("From: Harbour Clinic <no-reply@clinic.example>\r\n"));
    EXPECT_TRUE(head.contains("To: Jane Citizen <jane@example.com>\r\n"));
    EXPECT_TRUE(head.contains("Message-ID: <0f8fad5b-d9cb-469f-a165-70867728950e@clinic.example>\r\n"));
    EXPECT_TRUE(head.contains("Auto-Submitted: auto-generated\r\n"));
    EXPECT_TRUE(head.contains("MIME-Version: 1.0\r\n"));
    EXPECT_FALSE(head.contains("In-Reply-To"));
}

TEST(mime, names_the_first_mail_of_the_conversation) {
    auto draft = plain_draft();
    draft.thread = "11111111-d9cb-469f-a165-70867728950e";
    const auto head = header_part(write_mail(draft));
    EXPECT_TRUE(head.contains("In-Reply-To: <11111111-d9cb-469f-a165-70867728950e@clinic.example>\r\n"));
    EXPECT_TRUE(head.contains("References: <11111111-d9cb-469f-a165-70867728950e@clinic.example>\r\n"));
}

TEST(mime, gives_the_same_bytes_for_the_same_draft) {
    EXPECT_EQ(write_mail(plain_draft()), write_mail(plain_draft()));
}

TEST(mime, makes_one_line_of_a_name_with_line_ends) {
    auto draft = plain_draft();
    draft.to.name = "Jo\r\nBcc: all@example.com\r\n\r\nbody";
    draft.subject = "Hi\nX-Evil: 1";
    const auto head = header_part(write_mail(draft));
    EXPECT_FALSE(head.contains("\r\nBcc:"));
    EXPECT_FALSE(head.contains("\r\nX-Evil:"));
    EXPECT_TRUE(head.contains("Subject: Hi X-Evil: 1\r\n"));
}

TEST(mime, quotes_a_name_with_specials) {
    EXPECT_EQ(mailbox_header("To", {R"(Robert'); DROP "x\)", "r@example.com"}),
              "To: \"Robert'); DROP \\\"x\\\\\" <r@example.com>\r\n");
}

TEST(mime, encodes_what_looks_like_an_encoded_word) {
    const auto header = text_header("Subject", "=?utf-8?q?evil?= name");
    EXPECT_FALSE(header.contains("=?utf-8?q?evil?="));
    EXPECT_TRUE(header.starts_with("Subject: =?UTF-8?B?"));
}

TEST(mime, never_folds_inside_a_plain_name) {
    std::string name;
    for (int i = 0; i < 15; ++i) {
        name += "Dr. Jane, ";
    }
    const auto header = mailbox_header("To", {name, "r@example.com"});
    EXPECT_TRUE(header.starts_with("To: =?UTF-8?B?"));
    EXPECT_LE(shape_of(header).longest, 76U);
}

TEST(mime, leaves_out_the_name_when_there_is_none) {
    EXPECT_EQ(mailbox_header("To", {"", "r@example.com"}), "To: r@example.com\r\n");
}

TEST(mime, folds_a_long_subject_at_its_words) {
    std::string subject;
    for (int i = 0; i < 30; ++i) {
        subject += "appointment ";
    }
    const auto header = text_header("Subject", subject);
    EXPECT_LE(shape_of(header).longest, 76U);
    EXPECT_TRUE(header.contains("\r\n appointment"));
}

TEST(mime, keeps_lines_short_and_seven_bit_whatever_people_are_called) {
    for (const auto& name :
         {std::string(1'500, 'x'), std::string(300, '"'), std::string{"\U0001F600\U0001F600 Zo\u00eb"},
          std::string{"\u05d3\u05d5\u05d3 "} + std::string(400, '.'), std::string{"\xFF\xFE bad"}, std::string{"."},
          std::string("a\0b", 3)}) {
        auto draft = plain_draft();
        draft.to.name = name;
        draft.subject = "Appointment with " + name;
        draft.text = "Hello " + name + ",\n.\n..\nFrom here\n" + name + "\n";
        draft.html = "<p>" + name + "</p>";
        draft.calendar = invitation{"REQUEST", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"};
        const auto found = shape_of(write_mail(draft));
        EXPECT_TRUE(found.clean);
        EXPECT_LE(found.longest, 76U);
    }
}

TEST(mime, hides_dots_and_from_at_the_start_of_a_line) {
    EXPECT_EQ(quoted_printable(".\r\nFrom me\r\na.\r\n"), "=2E\r\n=46rom me\r\na.\r\n");
}

TEST(mime, makes_crlf_of_every_line_end) {
    EXPECT_EQ(quoted_printable("a\nb\rc\r\nd"), "a\r\nb\r\nc\r\nd\r\n");
}

TEST(mime, encodes_blanks_at_the_end_of_a_line) {
    EXPECT_EQ(quoted_printable("a \nb\t"), "a=20\r\nb=09\r\n");
}

TEST(mime, uses_the_whole_line_of_quoted_printable) {
    EXPECT_EQ(quoted_printable(std::string(76, 'x')), std::string(76, 'x') + "\r\n");
    EXPECT_EQ(quoted_printable(std::string(77, 'x')), std::string(75, 'x') + "=\r\nxx\r\n");
}

TEST(mime, splits_no_character_between_encoded_words) {
    std::string text;
    for (int i = 0; i < 60; ++i) {
        text += "\U0001F600";
    }
    const auto words = encoded_words(text, 9);
    EXPECT_LE(shape_of(std::string(9, 'x') + words + "\r\n").longest, 76U);
    // Each word decodes by itself to whole characters: 4 bytes each, so 4/3 of a multiple of 4.
    std::size_t at = 0;
    std::size_t count = 0;
    while ((at = words.find("=?UTF-8?B?", at)) != std::string::npos) {
        const auto end = words.find("?=", at);
        const auto body = words.substr(at + 10, end - at - 10);
        const auto padding = static_cast<std::size_t>(std::ranges::count(body, '='));
        EXPECT_EQ((body.size() / 4 * 3 - padding) % 4, 0U);
        at = end;
        ++count;
    }
    EXPECT_GT(count, 3U);
}

TEST(mime, puts_the_invitation_inside_and_beside_the_text) {
    auto draft = plain_draft();
    draft.calendar = invitation{"CANCEL", "BEGIN:VCALENDAR\r\n"};
    const auto message = write_mail(draft);
    EXPECT_TRUE(message.contains("Content-Type: multipart/mixed;"));
    EXPECT_TRUE(message.contains("Content-Type: text/calendar; charset=utf-8; method=CANCEL\r\n"));
    EXPECT_TRUE(message.contains("Content-Disposition: attachment; filename=\"invite.ics\"\r\n"));
}

}  // namespace
}  // namespace punctual::domain
