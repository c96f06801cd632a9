// The SMTP client against two real servers with TLS and AUTH: aiosmtpd and Postfix.

#include "support/mail_server.hpp"
#include "support/smtp_fixture.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace punctual::net::smtp {
namespace {

using namespace punctual::test;
using enum mail_verdict;
using server_kind = mail_server::kind;

// Everything that transparency is about: dots, a smuggled end, an unfinished line, bare line ends.
const std::string tricky_message =
    "From: Clinic <clinic@example.com>\r\nTo: ann@example.com\r\nSubject: tricky\r\n"
    "Message-ID: <1@example.com>\r\nDate: Thu, 29 Feb 2024 10:00:00 +0000\r\n\r\n"
    ".\r\n..\r\n.leading\r\nin.side\r\n\n.\nMAIL FROM:<evil@example.com>\n\r.\rDATA\r\n"
    "trailing space \r\n\ttab\r\n" +
    std::string(900, 'x') + "\r\n\r\n.\r\nunfinished";

// As RFC 5321 has it arrive.
const std::string tricky_message_received =
    "From: Clinic <clinic@example.com>\r\nTo: ann@example.com\r\nSubject: tricky\r\n"
    "Message-ID: <1@example.com>\r\nDate: Thu, 29 Feb 2024 10:00:00 +0000\r\n\r\n"
    ".\r\n..\r\n.leading\r\nin.side\r\n\r\n.\r\nMAIL FROM:<evil@example.com>\r\n\r\n.\r\nDATA\r\n"
    "trailing space \r\n\ttab\r\n" +
    std::string(900, 'x') + "\r\n\r\n.\r\nunfinished\r\n";

class smtp_server : public smtp_fixture, public testing::WithParamInterface<server_kind> {
protected:
    [[nodiscard]] client_options with_password(std::uint16_t port, security wanted) const {
        auto out = options(port, wanted);
        out.user = "clinic";
        out.password = "s3cret pass";
        return out;
    }

    // Postfix puts a Received header before what it was given.
    static std::string without_trace(const std::string& content) {
        return content.substr(content.find("From: Clinic"));
    }

    mail_server server{GetParam(), authority};
};

TEST_P(smtp_server, gets_a_tricky_message_byte_by_byte_over_starttls) {
    auto sender = make_client(with_password(server.starttls_port(), security::starttls));
    const auto got = send(*sender, {"clinic@example.com", "ann@example.com", tricky_message});
    ASSERT_EQ(got.verdict, accepted) << got.code << ' ' << got.text;
    EXPECT_EQ(got.queue_id.empty(), GetParam() == server_kind::aiosmtpd);
    const auto arrived = server.next_mail();
    EXPECT_EQ(without_trace(arrived.content), tricky_message_received);
    EXPECT_TRUE(arrived.envelope.starts_with("clinic@example.com "));
    EXPECT_TRUE(arrived.envelope.ends_with("\nann@example.com\n"));
}

TEST_P(smtp_server, gets_many_mails_over_kept_connections_of_implicit_tls) {
    auto sender = make_client(with_password(server.tls_port(), security::implicit_tls));
    for (int number = 0; number < 20; ++number) {
        auto what = mail_number(number);
        what.message = "From: Clinic <clinic@example.com>\r\n" + what.message;
        const auto got = send(*sender, std::move(what));
        ASSERT_EQ(got.verdict, accepted) << got.code << ' ' << got.text;
    }
    std::set<std::string> bodies;
    for (int number = 0; number < 20; ++number) {
        bodies.insert(without_trace(server.next_mail().content));
    }
    EXPECT_EQ(bodies.size(), 20U);
}

TEST_P(smtp_server, refuses_a_wrong_password) {
    for (const bool implicit : {false, true}) {
        auto with = with_password(implicit ? server.tls_port() : server.starttls_port(),
                                  implicit ? security::implicit_tls : security::starttls);
        with.password = "wrong";
        auto sender = make_client(with);
        const auto got = send(*sender, mail_number(1));
        EXPECT_EQ(got.verdict, configuration);
        EXPECT_EQ(got.code, 535);
    }
}

TEST_P(smtp_server, refuses_a_recipient_and_takes_the_next) {
    auto sender = make_client(with_password(server.starttls_port(), security::starttls));
    auto unknown = mail_number(1);
    unknown.to = "unknown@example.com";
    const auto refused = send(*sender, std::move(unknown));
    EXPECT_EQ(refused.verdict, bad_address);
    EXPECT_EQ(refused.code, 550);
    EXPECT_EQ(refused.text.find("example.com"), std::string::npos) << refused.text;
    auto later = mail_number(2);
    later.to = "later@example.com";
    EXPECT_EQ(send(*sender, std::move(later)).verdict, retry_greylisted);
    EXPECT_EQ(send(*sender, mail_number(3)).verdict, accepted);
    EXPECT_TRUE(server.next_mail().envelope.ends_with("\nann3@example.com\n"));
}

TEST_P(smtp_server, is_not_asked_about_a_message_larger_than_its_size) {
    auto sender = make_client(with_password(server.starttls_port(), security::starttls));
    auto large = mail_number(1);
    for (int line = 0; line < 2000; ++line) {
        large.message += std::string(60, 'x') + "\r\n";
    }
    const auto got = send(*sender, std::move(large));
    EXPECT_EQ(got.verdict, bad_message);
    EXPECT_EQ(got.code, 0);
}

TEST_P(smtp_server, takes_addresses_beyond_ascii) {
    auto sender = make_client(with_password(server.starttls_port(), security::starttls));
    auto what = mail_number(1);
    what.to = "j\xc3\xb6rg@example.com";
    const auto got = send(*sender, std::move(what));
    ASSERT_EQ(got.verdict, accepted) << got.code << ' ' << got.text;
    EXPECT_TRUE(server.next_mail().envelope.ends_with("\nj\xc3\xb6rg@example.com\n"));
}

TEST_P(smtp_server, passes_a_check) {
    auto starttls = make_client(with_password(server.starttls_port(), security::starttls));
    const auto first = run(starttls->check(within(std::chrono::seconds{20})));
    EXPECT_EQ(first.verdict, accepted);
    EXPECT_TRUE(first.text.starts_with("TLS, AUTH PLAIN")) << first.text;
    auto implicit = make_client(with_password(server.tls_port(), security::implicit_tls));
    const auto second = run(implicit->check(within(std::chrono::seconds{20})));
    EXPECT_TRUE(
        second.text.starts_with(GetParam() == server_kind::postfix ? "TLS, AUTH PLAIN, PIPELINING" : "TLS, AUTH LOGIN"))
        << second.text;
}

TEST_P(smtp_server, is_refused_when_its_issuer_is_unknown) {
    auto with = with_password(server.starttls_port(), security::starttls);
    network = make_connector(context, "");
    const auto sender = make_mailer(context, *network, *log, with);
    EXPECT_EQ(send(*sender, mail_number(1)).verdict, configuration);
}

INSTANTIATE_TEST_SUITE_P(debian, smtp_server, testing::Values(server_kind::aiosmtpd, server_kind::postfix),
                         [](const auto& which) {
                             return which.param == server_kind::postfix ? "postfix" : "aiosmtpd";
                         });

}  // namespace
}  // namespace punctual::net::smtp
