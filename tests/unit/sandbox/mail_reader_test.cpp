#include "sandbox/mail_reader.hpp"

#include <gtest/gtest.h>

namespace punctual::sandbox {
namespace {

TEST(mail_reader, decodes_encoded_words_and_joins_neighbours) {
    EXPECT_EQ(decode_words("=?utf-8?q?Sm=C3=B8r?= =?UTF-8?B?cmVicsO4ZA==?= plain"), "Smørrebrød plain");
    EXPECT_EQ(decode_words("=?iso-8859-1?Q?J=F6rg_M?="), "Jörg M");
    EXPECT_EQ(decode_words("=?broken"), "=?broken");
}

TEST(mail_reader, unfolds_headers) {
    const auto headers = read_mail_headers("Subject: one\r\n two\r\nTo: a@b.c\r\n\r\nX: no\r\n");
    EXPECT_EQ(mail_header(headers, "subject"), "one two");
    EXPECT_EQ(mail_header(headers, "X"), "");
}

TEST(mail_reader, finds_the_parts_of_nested_multiparts) {
    const auto mail = read_mail(
        "Content-Type: multipart/mixed; boundary=\"out\"\r\n\r\npreamble\r\n--out\r\n"
        "Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nJ=C3=B6rg "
        "=\r\nx\r\n"
        "--in\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+aGk8L2I+\r\n--in--\r\n"
        "--out\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\n--out--\r\n");
    EXPECT_EQ(mail.text, "Jörg x");
    EXPECT_EQ(mail.html, "<b>hi</b>");
    EXPECT_EQ(mail.calendar, "BEGIN:VCALENDAR");
}

TEST(mail_reader, takes_a_mail_without_type_for_text) {
    EXPECT_EQ(read_mail("Subject: x\r\n\r\nhello\r\n").text, "hello\r\n");
}

TEST(mail_reader, survives_boundaries_that_never_come) {
    const auto mail = read_mail("Content-Type: multipart/mixed; boundary=x\r\n\r\nnothing\r\n");
    EXPECT_EQ(mail.text, "");
}

}  // namespace
}  // namespace punctual::sandbox
