#include "sandbox/smtp_session.hpp"

#include "sandbox/crypto.hpp"

#include <gtest/gtest.h>

#include <string>

namespace punctual::sandbox {
namespace {

using namespace std::chrono_literals;

struct smtp_session_test : testing::Test {
    smtp_options options;
    behaviours orders;

    smtp_session make(bool tls = false) { return {options, orders, tls}; }
    static std::string say(smtp_session& session, std::string_view bytes) { return session.feed(bytes).output; }
    static std::string codes(std::string_view output) {
        std::string found;
        while (!output.empty()) {
            if (output[3] == ' ') {
                found += std::string{output.substr(0, 3)} + ' ';
            }
            output.remove_prefix(output.find('\n') + 1);
        }
        return found;
    }
    // EHLO to the recipient.
    static void open_mail(smtp_session& session) {
        EXPECT_EQ(codes(say(session, "EHLO me\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\nDATA\r\n")),
                  "250 250 250 354 ");
    }
    void order(smtp_fault::kind what, int code = 450) {
        smtp_fault fault;
        fault.what = what;
        fault.code = code;
        orders.add(fault);
    }
};

TEST_F(smtp_session_test, offers_its_extensions) {
    auto session = make();
    const auto offer = say(session, "EHLO me\r\n");
    for (const auto* word : {"PIPELINING", "SIZE 26214400", "8BITMIME", "SMTPUTF8", "STARTTLS"}) {
        EXPECT_NE(offer.find(word), std::string::npos) << word;
    }
}

TEST_F(smtp_session_test, offers_auth_under_tls_alone) {
    options.user = "me";
    auto clear = make();
    EXPECT_EQ(say(clear, "EHLO me\r\n").find("AUTH"), std::string::npos);
    auto secure = make(true);
    EXPECT_NE(say(secure, "EHLO me\r\n").find("AUTH PLAIN LOGIN"), std::string::npos);
}

TEST_F(smtp_session_test, takes_a_mail_and_removes_the_doubled_dots) {
    auto session = make();
    open_mail(session);
    const auto step = session.feed("Subject: x\r\n\r\n..a\r\n...\r\nb\r\n.\r\n");
    EXPECT_EQ(codes(step.output), "250 ");
    ASSERT_EQ(step.mails.size(), 1U);
    EXPECT_EQ(step.mails[0].raw, "Subject: x\r\n\r\n.a\r\n..\r\nb\r\n");
    EXPECT_EQ(step.mails[0].from, "a@x.org");
    EXPECT_EQ(step.mails[0].to, (std::vector<std::string>{"b@y.org"}));
}

TEST_F(smtp_session_test, says_the_same_however_the_bytes_are_cut) {
    const std::string talk =
        "EHLO me\r\nMAIL FROM:<a@x.org> SIZE=20\r\nRCPT TO:<b@y.org>\r\nDATA\r\n.\r\nRSET\r\n"
        "MAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\nDATA\r\n..\r\nx\r\n.\r\nQUIT\r\n";
    auto whole = make();
    const auto expected = whole.feed(talk);
    for (std::size_t cut = 1; cut < talk.size(); ++cut) {
        auto session = make();
        const auto first = session.feed(std::string_view{talk}.substr(0, cut));
        const auto second = session.feed(std::string_view{talk}.substr(cut));
        EXPECT_EQ(first.output + second.output, expected.output) << cut;
        EXPECT_EQ(first.mails.size() + second.mails.size(), 2U) << cut;
        EXPECT_EQ((second.mails.empty() ? first : second).mails.back().raw, ".\r\nx\r\n") << cut;
    }
}

TEST_F(smtp_session_test, does_not_take_a_lone_dot_between_bare_line_feeds_for_the_end) {
    auto session = make();
    open_mail(session);
    EXPECT_EQ(session.feed("a\n.\nMAIL FROM:<evil@x.org>\r\n").output, "");
    EXPECT_EQ(codes(session.feed(".\r\n").output), "550 ");
}

TEST_F(smtp_session_test, forgets_what_was_pipelined_behind_starttls) {
    auto session = make();
    const auto step = session.feed("EHLO me\r\nSTARTTLS\r\nMAIL FROM:<evil@x.org>\r\n");
    EXPECT_TRUE(step.start_tls);
    EXPECT_EQ(codes(step.output), "250 220 ");
    session.tls_started();
    EXPECT_EQ(session.feed("").output, "");
    EXPECT_EQ(codes(say(session, "MAIL FROM:<a@x.org>\r\n")), "503 ");
}

TEST_F(smtp_session_test, checks_plain_credentials) {
    options.user = "me";
    options.password = "pässword";
    auto session = make(true);
    const auto right = base64(std::string{"\0me\0pässword", 13});
    const auto wrong = base64(std::string{"\0me\0password", 12});
    EXPECT_EQ(codes(say(session, "EHLO me\r\nMAIL FROM:<a@x.org>\r\n")), "250 530 ");
    EXPECT_EQ(codes(say(session, "AUTH PLAIN " + wrong + "\r\n")), "535 ");
    EXPECT_EQ(codes(say(session, "AUTH PLAIN\r\n" + right + "\r\nMAIL FROM:<a@x.org>\r\n")), "334 235 250 ");
}

TEST_F(smtp_session_test, checks_login_credentials) {
    options.user = "me";
    options.password = "secret";
    auto session = make(true);
    EXPECT_EQ(codes(say(session, "EHLO me\r\nAUTH LOGIN\r\n" + base64("me") + "\r\n" + base64("secret") + "\r\n")),
              "250 334 334 235 ");
}

TEST_F(smtp_session_test, refuses_credentials_in_clear) {
    options.user = "me";
    auto session = make();
    EXPECT_EQ(codes(say(session, "EHLO me\r\nAUTH PLAIN AAAA\r\n")), "250 538 ");
}

TEST_F(smtp_session_test, needs_smtputf8_for_other_addresses) {
    auto session = make();
    EXPECT_EQ(codes(say(session,
                        "EHLO me\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<jörg@y.org>\r\nRSET\r\n"
                        "MAIL FROM:<a@x.org> SMTPUTF8\r\nRCPT TO:<jörg@y.org>\r\n")),
              "250 250 553 250 250 250 ");
}

TEST_F(smtp_session_test, refuses_a_mail_announced_too_large) {
    options.size_limit = 100;
    auto session = make();
    EXPECT_EQ(codes(say(session, "EHLO me\r\nMAIL FROM:<a@x.org> SIZE=101\r\n")), "250 552 ");
}

TEST_F(smtp_session_test, refuses_a_mail_that_proves_too_large_and_keeps_little_of_it) {
    options.size_limit = 100;
    auto session = make();
    open_mail(session);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(session.feed("0123456789012345678901234567890123456789\r\n").output, "");
    }
    const auto step = session.feed(".\r\nNOOP\r\n");
    EXPECT_EQ(codes(step.output), "552 250 ");
    EXPECT_TRUE(step.mails.empty());
}

TEST_F(smtp_session_test, keeps_the_order_of_commands) {
    auto session = make();
    EXPECT_EQ(codes(say(session, "MAIL FROM:<a@x.org>\r\nEHLO me\r\nRCPT TO:<b@y.org>\r\nDATA\r\nHUH\r\nMAIL a\r\n")),
              "503 250 503 503 500 501 ");
}

TEST_F(smtp_session_test, greylists_as_often_as_ordered) {
    order(smtp_fault::kind::reply_rcpt);
    auto session = make();
    const std::string talk = "RSET\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\n";
    EXPECT_EQ(codes(say(session, "EHLO me\r\n" + talk + talk)), "250 250 250 450 250 250 250 ");
}

TEST_F(smtp_session_test, refuses_only_the_recipient_it_was_told) {
    smtp_fault fault;
    fault.code = 550;
    fault.to = "bad@y.org";
    fault.next = 0;
    orders.add(fault);
    auto session = make();
    EXPECT_EQ(codes(say(session, "EHLO me\r\nMAIL FROM:<a@x.org>\r\nRCPT TO:<b@y.org>\r\nRCPT TO:<bad@y.org>\r\n")),
              "250 250 250 550 ");
}

TEST_F(smtp_session_test, closes_with_421) {
    order(smtp_fault::kind::reply_mail, 421);
    auto session = make();
    const auto step = session.feed("EHLO me\r\nMAIL FROM:<a@x.org>\r\n");
    EXPECT_EQ(codes(step.output), "250 421 ");
    EXPECT_TRUE(step.close);
}

TEST_F(smtp_session_test, drops_after_the_dot_with_and_without_the_mail) {
    order(smtp_fault::kind::drop_before_accept);
    order(smtp_fault::kind::drop_after_accept);
    for (const std::size_t taken : {0U, 1U}) {
        auto session = make();
        open_mail(session);
        const auto step = session.feed("a\r\n.\r\n");
        EXPECT_TRUE(step.close);
        EXPECT_EQ(step.output, "");
        EXPECT_EQ(step.mails.size(), taken);
    }
}

TEST_F(smtp_session_test, waits_before_a_slow_answer) {
    smtp_fault fault;
    fault.what = smtp_fault::kind::slow_dot;
    fault.delay = 3s;
    orders.add(fault);
    auto session = make();
    open_mail(session);
    const auto step = session.feed("a\r\n.\r\nNOOP\r\n");
    EXPECT_EQ(step.delay, 3s);
    EXPECT_EQ(codes(step.output), "250 ");
    EXPECT_EQ(codes(session.feed("").output), "250 ");
}

TEST_F(smtp_session_test, closes_on_a_line_without_end) {
    auto session = make();
    EXPECT_TRUE(session.feed(std::string(20'000, 'a')).close);
}

}  // namespace
}  // namespace punctual::sandbox
