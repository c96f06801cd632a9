#include "domain/base64.hpp"
#include "support/smtp_session.hpp"

#include <gtest/gtest.h>

#include <string>

namespace punctual::net::smtp {
namespace {

using namespace punctual::test;

struct opened {
    bool idle = false;
    mail_outcome outcome;
};

opened open_with(const session_settings& settings, const smtp_transcript& turns,
                 std::size_t cut = transcript_player::never, std::size_t longest = transcript_player::never) {
    protocol session{settings};
    session.open(deadline::max());
    transcript_player player{turns, cut, longest};
    opened out;
    out.idle = player.play(session);
    out.outcome = session.outcome();
    EXPECT_TRUE(player.is_over());
    return out;
}

TEST(smtp_protocol, goes_through_starttls_and_auth_for_every_split) {
    const auto settings = starttls_settings();
    const auto turns = secure_opening("250-PIPELINING\r\n");
    for (std::size_t cut = 0; cut <= server_bytes(turns); ++cut) {
        const auto got = open_with(settings, turns, cut);
        ASSERT_TRUE(got.idle) << "cut at " << cut;
        ASSERT_EQ(got.outcome.verdict, mail_verdict::accepted);
        ASSERT_EQ(got.outcome.text, "TLS, AUTH PLAIN, PIPELINING");
    }
    EXPECT_TRUE(open_with(settings, turns, transcript_player::never, 1).idle);
}

TEST(smtp_protocol, begins_with_tls_when_it_is_implicit) {
    auto settings = clear_settings();
    settings.wanted = security::implicit_tls;
    const auto got = open_with(settings, smtp_transcript{tls_starts()} + clear_opening(""));
    EXPECT_TRUE(got.idle);
    EXPECT_EQ(got.outcome.text, "TLS");
}

TEST(smtp_protocol, forgets_what_was_offered_in_clear_text) {
    const auto settings = starttls_settings();
    protocol session{settings};
    session.open(deadline::max());
    transcript_player player{secure_opening("")};
    ASSERT_TRUE(player.play(session));
    EXPECT_FALSE(session.offered().pipelining);
    EXPECT_FALSE(session.offered().starttls);
}

TEST(smtp_protocol, throws_away_what_was_injected_behind_the_220) {
    auto turns = secure_opening("");
    turns[4].text += "250-evil\r\n250 AUTH LOGIN\r\n235 welcome\r\n";
    EXPECT_TRUE(open_with(starttls_settings(), turns).idle);
    // Half a reply that the parser has already taken in.
    turns[4].text = "220 go\r\n250-half";
    EXPECT_TRUE(open_with(starttls_settings(), turns).idle);
}

TEST(smtp_protocol, sends_no_auth_and_no_mail_when_starttls_was_stripped) {
    const auto got = open_with(starttls_settings(), clear_opening("250-AUTH PLAIN LOGIN\r\n"));
    EXPECT_FALSE(got.idle);
    EXPECT_EQ(got.outcome.verdict, mail_verdict::configuration);
}

struct refused_starttls {
    std::string answer;
    mail_verdict verdict;
};
class smtp_starttls : public testing::TestWithParam<refused_starttls> {};

TEST_P(smtp_starttls, refused_ends_the_session) {
    const auto turns = clear_opening("250-STARTTLS\r\n") +
                       smtp_transcript{client_says("STARTTLS\r\n"), server_says(GetParam().answer)};
    const auto got = open_with(starttls_settings(), turns);
    EXPECT_FALSE(got.idle);
    EXPECT_EQ(got.outcome.verdict, GetParam().verdict);
}

INSTANTIATE_TEST_SUITE_P(smtp_protocol, smtp_starttls,
                         testing::Values(refused_starttls{"454 4.7.0 TLS not available\r\n",
                                                          mail_verdict::retry_greylisted},
                                         refused_starttls{"502 5.5.1 no\r\n", mail_verdict::configuration},
                                         refused_starttls{"354 go on\r\n", mail_verdict::retry_greylisted},
                                         refused_starttls{"421 bye\r\n", mail_verdict::retry_greylisted}));

TEST(smtp_protocol, calls_a_refused_certificate_configuration) {
    auto settings = clear_settings();
    settings.wanted = security::implicit_tls;
    const auto got = open_with(settings, {certificate_refused()});
    EXPECT_FALSE(got.idle);
    EXPECT_EQ(got.outcome.verdict, mail_verdict::configuration);
    EXPECT_EQ(got.outcome.text, "certificate refused");
}

TEST(smtp_protocol, logs_in_by_login_when_there_is_no_plain) {
    auto settings = clear_settings();
    settings.user = "clinic";
    settings.password = "secret";
    settings.auth_in_clear = true;
    const auto turns = clear_opening("250-AUTH CRAM-MD5 LOGIN\r\n") +
                       smtp_transcript{client_says("AUTH LOGIN\r\n"), server_says("334 VXNlcm5hbWU6\r\n"),
                                       client_says("Y2xpbmlj\r\n"),   server_says("334 UGFzc3dvcmQ6\r\n"),
                                       client_says("c2VjcmV0\r\n"),   server_says("235 ok\r\n")};
    for (std::size_t cut = 0; cut <= server_bytes(turns); ++cut) {
        const auto got = open_with(settings, turns, cut);
        ASSERT_TRUE(got.idle);
        ASSERT_EQ(got.outcome.text, "clear text, AUTH LOGIN");
    }
}

TEST(smtp_protocol, waits_with_a_response_too_long_for_a_command_line) {
    auto settings = starttls_settings();
    settings.password = std::string(400, 'p');
    auto turns = secure_opening("");
    turns[8] = client_says("AUTH PLAIN\r\n");
    turns[9] = server_says("334 \r\n");
    turns.push_back(
        client_says(domain::to_base64(std::string(1, '\0') + "clinic" + '\0' + settings.password) + "\r\n"));
    turns.push_back(server_says("235 ok\r\n"));
    EXPECT_TRUE(open_with(settings, turns).idle);
}

TEST(smtp_protocol, sends_no_password_in_clear_text) {
    auto settings = clear_settings();
    settings.user = "clinic";
    settings.password = "secret";
    const auto got = open_with(settings, clear_opening("250-AUTH PLAIN LOGIN\r\n"));
    EXPECT_FALSE(got.idle);
    EXPECT_EQ(got.outcome.verdict, mail_verdict::configuration);
}

TEST(smtp_protocol, says_when_the_server_has_no_mechanism_of_ours) {
    auto settings = clear_settings();
    settings.user = "clinic";
    settings.auth_in_clear = true;
    for (const auto* offers : {"", "250-AUTH CRAM-MD5 GSSAPI\r\n"}) {
        EXPECT_EQ(open_with(settings, clear_opening(offers)).outcome.verdict, mail_verdict::configuration);
    }
}

TEST(smtp_protocol, never_repeats_what_the_server_says_of_a_refused_password) {
    auto turns = secure_opening("");
    turns.back() = server_says("535 5.7.8 clinic:secret is wrong\r\n");
    const auto got = open_with(starttls_settings(), turns);
    EXPECT_FALSE(got.idle);
    EXPECT_EQ(got.outcome.verdict, mail_verdict::configuration);
    EXPECT_EQ(got.outcome.code, 535);
    EXPECT_EQ(got.outcome.text.find("secret"), std::string::npos);
}

TEST(smtp_protocol, answers_no_more_challenges_than_plain_has) {
    auto turns = secure_opening("");
    turns.back() = server_says("334 \r\n");
    EXPECT_FALSE(open_with(starttls_settings(), turns).idle);
}

TEST(smtp_protocol, takes_an_early_235_to_login_for_a_mistake) {
    auto settings = clear_settings();
    settings.user = "clinic";
    settings.auth_in_clear = true;
    const auto turns =
        clear_opening("250-AUTH LOGIN\r\n") + smtp_transcript{client_says("AUTH LOGIN\r\n"), server_says("235 ok\r\n")};
    EXPECT_FALSE(open_with(settings, turns).idle);
}

TEST(smtp_protocol, falls_back_to_helo_only_where_neither_tls_nor_auth_is_wanted) {
    const smtp_transcript refused{server_says("220 old.test\r\n"), client_says("EHLO punctual.test\r\n"),
                                  server_says("502 what?\r\n")};
    const auto with_helo =
        refused + smtp_transcript{client_says("HELO punctual.test\r\n"), server_says("250 hello\r\n")};
    EXPECT_TRUE(open_with(clear_settings(), with_helo).idle);
    const auto secure = open_with(starttls_settings(), refused);
    EXPECT_FALSE(secure.idle);
    EXPECT_EQ(secure.outcome.verdict, mail_verdict::configuration);
}

struct opening_reply {
    std::string text;
    mail_verdict verdict;
};
class smtp_opening : public testing::TestWithParam<opening_reply> {};

TEST_P(smtp_opening, is_classified_at_the_greeting_and_at_ehlo) {
    const auto at_greeting = open_with(clear_settings(), {server_says(GetParam().text)});
    EXPECT_FALSE(at_greeting.idle);
    EXPECT_EQ(at_greeting.outcome.verdict, GetParam().verdict);
    auto settings = starttls_settings();
    const auto at_ehlo = open_with(
        settings, {server_says("220 hello\r\n"), client_says("EHLO punctual.test\r\n"), server_says(GetParam().text)});
    EXPECT_FALSE(at_ehlo.idle);
    EXPECT_EQ(at_ehlo.outcome.verdict, GetParam().verdict);
}

INSTANTIATE_TEST_SUITE_P(smtp_protocol, smtp_opening,
                         testing::Values(opening_reply{"421 4.3.2 busy\r\n", mail_verdict::retry_greylisted},
                                         opening_reply{"450 later\r\n", mail_verdict::retry_greylisted},
                                         opening_reply{"554 5.7.1 go away\r\n", mail_verdict::configuration},
                                         opening_reply{"354 what\r\n", mail_verdict::retry_greylisted},
                                         opening_reply{"999 what\r\n", mail_verdict::retry_greylisted},
                                         opening_reply{"HTTP/1.1 400 Bad Request\r\n",
                                                       mail_verdict::retry_greylisted}));

TEST(smtp_protocol, calls_a_connection_lost_at_any_step_of_the_opening_passing) {
    const auto turns = secure_opening("");
    for (std::size_t kept = 0; kept < turns.size(); ++kept) {
        smtp_transcript cut{turns.begin(), turns.begin() + static_cast<std::ptrdiff_t>(kept)};
        switch (turns[kept].what) {
            case smtp_turn::kind::server:
                cut.push_back(connection_drops());
                break;
            case smtp_turn::kind::client:
                cut.push_back(write_breaks(turns[kept].text, 3));
                break;
            default:
                continue;
        }
        const auto got = open_with(starttls_settings(), cut);
        EXPECT_FALSE(got.idle);
        EXPECT_EQ(got.outcome.verdict, mail_verdict::retry_connection) << "turn " << kept;
    }
}

TEST(smtp_protocol, refuses_a_server_that_talks_before_it_is_asked) {
    const auto got = open_with(clear_settings(), {server_says("220 hello\r\n250 and welcome\r\n")});
    EXPECT_FALSE(got.idle);
    EXPECT_EQ(got.outcome.verdict, mail_verdict::retry_greylisted);
}

TEST(smtp_protocol, gives_a_command_its_time_in_all_and_not_for_each_read) {
    const auto settings = clear_settings();
    protocol session{settings};
    session.open(deadline::max());
    const boot_time start = boot_time{} + std::chrono::hours{1};
    const auto until = session.next(start).until;
    EXPECT_EQ(until, start + settings.command_limit);
    session.received("220-drip\r\n");
    EXPECT_EQ(session.next(start + std::chrono::seconds{20}).until, until);
    session.received("220 done\r\n");
    EXPECT_EQ(session.next(start + std::chrono::seconds{25}).until,
              start + std::chrono::seconds{25} + settings.command_limit);
}

TEST(smtp_protocol, keeps_to_the_total_deadline) {
    const auto settings = clear_settings();
    protocol session{settings};
    const boot_time start = boot_time{} + std::chrono::hours{1};
    session.open(start + std::chrono::seconds{3});
    EXPECT_EQ(session.next(start).until, start + std::chrono::seconds{3});
}

}  // namespace
}  // namespace punctual::net::smtp
