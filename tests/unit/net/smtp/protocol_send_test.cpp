#include "support/smtp_session.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace punctual::net::smtp {
namespace {

using namespace punctual::test;
using enum mail_verdict;

const std::string mail_line = "MAIL FROM:<clinic@example.com>\r\n";
const std::string rcpt_line = "RCPT TO:<ann@example.com>\r\n";
const std::string envelope = mail_line + rcpt_line + "DATA\r\n";

struct sent {
    bool idle = false;
    bool stale = false;
    mail_outcome outcome;
};

struct sending {
    mail what = some_mail();
    std::string offers = "250-PIPELINING\r\n";
    bool kept = false;
    deadline write_until = deadline::max();
    std::size_t cut = transcript_player::never;  // of the part after the opening
};

sent send_with(const smtp_transcript& turns, const sending& how = {}) {
    const auto settings = clear_settings();
    protocol session{settings};
    session.open(deadline::max());
    transcript_player opening{clear_opening(how.offers)};
    EXPECT_TRUE(opening.play(session));
    session.send(how.what, how.write_until, deadline::max(), how.kept);
    transcript_player player{turns, how.cut};
    sent out;
    out.idle = player.play(session);
    out.stale = session.was_stale();
    out.outcome = session.outcome();
    EXPECT_TRUE(player.is_over());
    return out;
}

const smtp_transcript pipelined_success{
    client_says(envelope), server_says("250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with .\r\n"),
    client_says(some_mail_on_the_wire), server_says("250 2.0.0 Ok: queued as ABC123\r\n")};

const smtp_transcript stepwise_success{client_says(mail_line),
                                       server_says("250 Ok\r\n"),
                                       client_says(rcpt_line),
                                       server_says("250-one\r\n250 Ok\r\n"),
                                       client_says("DATA\r\n"),
                                       server_says("354 go\r\n"),
                                       client_says(some_mail_on_the_wire),
                                       server_says("250 Ok\r\n")};

TEST(smtp_protocol, writes_the_envelope_at_once_where_pipelining_is_offered) {
    for (std::size_t cut = 0; cut <= server_bytes(pipelined_success); ++cut) {
        sending how;
        how.cut = cut;
        const auto got = send_with(pipelined_success, how);
        ASSERT_TRUE(got.idle) << "cut at " << cut;
        ASSERT_EQ(got.outcome.verdict, accepted);
        ASSERT_EQ(got.outcome.code, 250);
        ASSERT_EQ(got.outcome.queue_id, "ABC123");
    }
}

TEST(smtp_protocol, waits_for_each_reply_where_pipelining_is_not_offered) {
    for (std::size_t cut = 0; cut <= server_bytes(stepwise_success); ++cut) {
        sending how;
        how.offers = "";
        how.cut = cut;
        const auto got = send_with(stepwise_success, how);
        ASSERT_TRUE(got.idle) << "cut at " << cut;
        ASSERT_EQ(got.outcome.verdict, accepted);
    }
}

TEST(smtp_protocol, sends_one_mail_after_another_on_a_connection) {
    const auto settings = clear_settings();
    protocol session{settings};
    session.open(deadline::max());
    transcript_player player{clear_opening("250-PIPELINING\r\n") + pipelined_success + pipelined_success};
    ASSERT_TRUE(player.play(session));
    for (int mail = 0; mail < 2; ++mail) {
        session.send(some_mail(), deadline::max(), deadline::max(), mail > 0);
        ASSERT_TRUE(player.play(session));
        ASSERT_EQ(session.outcome().verdict, accepted);
    }
    EXPECT_TRUE(player.is_over());
}

TEST(smtp_protocol, names_size_and_body_where_they_are_offered) {
    sending how;
    how.offers = "250-SIZE 1000\r\n250-8BITMIME\r\n250-PIPELINING\r\n";
    how.what.message = "caf\xc3\xa9\r\n";
    const auto got = send_with(
        {client_says("MAIL FROM:<clinic@example.com> SIZE=7 BODY=8BITMIME\r\n" + rcpt_line + "DATA\r\n"),
         server_says("250 a\r\n250 b\r\n354 c\r\n"), client_says("caf\xc3\xa9\r\n.\r\n"), server_says("250 d\r\n")},
        how);
    EXPECT_EQ(got.outcome.verdict, accepted);
}

TEST(smtp_protocol, asks_for_smtputf8_only_where_an_address_needs_it) {
    sending how;
    how.offers = "250-SMTPUTF8\r\n";
    how.what.to = "j\xc3\xb6rg@example.com";
    const auto got = send_with(
        {client_says("MAIL FROM:<clinic@example.com> SMTPUTF8\r\n"), server_says("250 a\r\n"),
         client_says("RCPT TO:<j\xc3\xb6rg@example.com>\r\n"), server_says("250 b\r\n"), client_says("DATA\r\n"),
         server_says("354 c\r\n"), client_says(some_mail_on_the_wire), server_says("250 d\r\n")},
        how);
    EXPECT_EQ(got.outcome.verdict, accepted);
}

struct unsendable {
    std::string why;
    sending how;
    mail_verdict verdict;
};
class smtp_unsendable : public testing::TestWithParam<unsendable> {};

TEST_P(smtp_unsendable, is_refused_with_nothing_written_and_the_connection_kept) {
    const auto got = send_with({}, GetParam().how);
    EXPECT_TRUE(got.idle) << GetParam().why;
    EXPECT_EQ(got.outcome.verdict, GetParam().verdict) << GetParam().why;
    EXPECT_FALSE(got.outcome.text.empty());
}

INSTANTIATE_TEST_SUITE_P(
    smtp_protocol, smtp_unsendable,
    testing::Values(
        unsendable{"no SMTPUTF8", {.what = {"c@example.com", "j\xc3\xb6rg@example.com", "x\r\n"}}, bad_address},
        unsendable{
            "no SMTPUTF8 for us", {.what = {"j\xc3\xb6rg@example.com", "c@example.com", "x\r\n"}}, configuration},
        unsendable{
            "line end in an address", {.what = {"c@example.com", "a@example.com>\r\nDATA", "x\r\n"}}, bad_address},
        unsendable{"too large",
                   {.what = {"c@example.com", "a@example.com", std::string(101, 'x')}, .offers = "250-SIZE 100\r\n"},
                   bad_message},
        unsendable{"8 bits", {.what = {"c@example.com", "a@example.com", "caf\xc3\xa9\r\n"}}, bad_message},
        unsendable{"lease", {.write_until = boot_time{} + std::chrono::seconds{1}}, lease_lost}));

// --- refusals, pipelined -------------------------------------------------------------------------

struct pipelined_refusal {
    std::string replies;
    mail_verdict verdict;
    int code;
    std::string tidying;  // what is written next
};
class smtp_pipelined : public testing::TestWithParam<pipelined_refusal> {};

TEST_P(smtp_pipelined, refusal_never_lets_the_message_go) {
    const auto& refusal = GetParam();
    const smtp_transcript turns{client_says(envelope), server_says(refusal.replies), client_says(refusal.tidying),
                                server_says("250 fine\r\n")};
    for (std::size_t cut = 0; cut <= refusal.replies.size(); ++cut) {
        sending how;
        how.cut = cut;
        const auto got = send_with(turns, how);
        ASSERT_TRUE(got.idle);
        ASSERT_EQ(got.outcome.verdict, refusal.verdict);
        ASSERT_EQ(got.outcome.code, refusal.code);
    }
}

INSTANTIATE_TEST_SUITE_P(
    smtp_protocol, smtp_pipelined,
    testing::Values(
        pipelined_refusal{"250 a\r\n550 5.1.1 unknown\r\n554 5.5.1 no recipients\r\n", bad_address, 550, "RSET\r\n"},
        pipelined_refusal{"250 a\r\n550 5.1.1 unknown\r\n503 no\r\n", bad_address, 550, "RSET\r\n"},
        pipelined_refusal{"250 a\r\n450 greylisted\r\n554 no recipients\r\n", retry_greylisted, 450, "RSET\r\n"},
        pipelined_refusal{"550 who are you\r\n503 MAIL first\r\n503 RCPT first\r\n", configuration, 550, "RSET\r\n"},
        pipelined_refusal{"452 full\r\n503 no\r\n503 no\r\n", retry_greylisted, 452, "RSET\r\n"},
        pipelined_refusal{"552 too big\r\n503 no\r\n503 no\r\n", bad_message, 552, "RSET\r\n"},
        pipelined_refusal{"250 a\r\n250 b\r\n554 no data\r\n", bad_message, 554, "RSET\r\n"},
        pipelined_refusal{"250 a\r\n250 b\r\n451 later\r\n", retry_greylisted, 451, "RSET\r\n"},
        pipelined_refusal{"250 a\r\n250 b\r\n250 c\r\n", retry_greylisted, 250, "RSET\r\n"},
        // DATA taken although the recipient was refused: RFC 2920 §3.1.
        pipelined_refusal{"250 a\r\n550 unknown\r\n354 go on\r\n", bad_address, 550, ".\r\n"},
        pipelined_refusal{"250 a\r\n450 later\r\n354 go on\r\n", retry_greylisted, 450, ".\r\n"},
        pipelined_refusal{"550 no\r\n503 no\r\n354 go on\r\n", configuration, 550, ".\r\n"}));

TEST(smtp_protocol, ignores_every_answer_to_the_lone_dot) {
    for (const auto* answer : {"250 queued as XYZ\r\n", "554 no valid recipients\r\n", "451 hm\r\n", "354 what\r\n"}) {
        const auto got = send_with({client_says(envelope), server_says("250 a\r\n550 b\r\n354 c\r\n"),
                                    client_says(".\r\n"), server_says(answer)});
        EXPECT_EQ(got.outcome.verdict, bad_address) << answer;
        EXPECT_EQ(got.outcome.queue_id, "") << answer;
    }
}

TEST(smtp_protocol, sends_no_dot_where_it_would_be_an_empty_mail) {
    const auto got = send_with({client_says(envelope), server_says("550 a\r\n250 b\r\n354 c\r\n")});
    EXPECT_FALSE(got.idle);
    EXPECT_EQ(got.outcome.verdict, configuration);
}

TEST(smtp_protocol, drops_the_connection_at_421_whatever_the_command) {
    const auto before = send_with({client_says(envelope), server_says("421 bye\r\n")});
    EXPECT_FALSE(before.idle);
    EXPECT_EQ(before.outcome.verdict, retry_greylisted);
    const auto at_rcpt = send_with({client_says(envelope), server_says("250 a\r\n421 bye\r\n")});
    EXPECT_FALSE(at_rcpt.idle);
    EXPECT_EQ(at_rcpt.outcome.verdict, retry_greylisted);
    auto turns = pipelined_success;
    turns.back() = server_says("421 bye\r\n");
    const auto after_dot = send_with(turns);
    EXPECT_FALSE(after_dot.idle);
    EXPECT_EQ(after_dot.outcome.verdict, retry_greylisted);
}

TEST(smtp_protocol, keeps_the_verdict_of_rcpt_when_421_follows) {
    const auto got = send_with({client_says(envelope), server_says("250 a\r\n550 b\r\n421 c\r\n")});
    EXPECT_FALSE(got.idle);
    EXPECT_EQ(got.outcome.verdict, bad_address);
}

TEST(smtp_protocol, keeps_the_verdict_when_tidying_up_fails) {
    const smtp_transcript refused{client_says(envelope), server_says("250 a\r\n550 b\r\n554 c\r\n")};
    for (const auto& tail : {smtp_transcript{client_says("RSET\r\n"), connection_drops()},
                             smtp_transcript{client_says("RSET\r\n"), server_says("999 what\r\n")},
                             smtp_transcript{client_says("RSET\r\n"), server_says("500 what\r\n")},
                             smtp_transcript{write_breaks("RSET\r\n", 0)}}) {
        const auto got = send_with(refused + tail);
        EXPECT_FALSE(got.idle);
        EXPECT_EQ(got.outcome.verdict, bad_address);
    }
}

// --- refusals, one command at a time -------------------------------------------------------------

TEST(smtp_protocol, resets_after_a_refusal_and_goes_on) {
    const auto settings = clear_settings();
    protocol session{settings};
    session.open(deadline::max());
    transcript_player player{clear_opening("") +
                             smtp_transcript{client_says(mail_line), server_says("250 a\r\n"), client_says(rcpt_line),
                                             server_says("550 5.1.1 <ann@example.com> unknown\r\n"),
                                             client_says("RSET\r\n"), server_says("250 b\r\n")} +
                             stepwise_success};
    ASSERT_TRUE(player.play(session));
    session.send(some_mail(), deadline::max(), deadline::max(), false);
    ASSERT_TRUE(player.play(session));
    EXPECT_EQ(session.outcome().verdict, bad_address);
    EXPECT_EQ(session.outcome().text, "5.1.1 <[address]> unknown");
    session.send(some_mail(), deadline::max(), deadline::max(), true);
    ASSERT_TRUE(player.play(session));
    EXPECT_EQ(session.outcome().verdict, accepted);
}

TEST(smtp_protocol, stops_at_the_first_refused_command) {
    sending how;
    how.offers = "";
    const auto at_mail = send_with({client_says(mail_line), server_says("530 authenticate first\r\n"),
                                    client_says("RSET\r\n"), server_says("250 a\r\n")},
                                   how);
    EXPECT_EQ(at_mail.outcome.verdict, configuration);
    const auto at_data = send_with(
        {client_says(mail_line), server_says("250 a\r\n"), client_says(rcpt_line), server_says("250 b\r\n"),
         client_says("DATA\r\n"), server_says("554 no\r\n"), client_says("RSET\r\n"), server_says("250 c\r\n")},
        how);
    EXPECT_EQ(at_data.outcome.verdict, bad_message);
}

// --- after the dot -------------------------------------------------------------------------------

struct answer_to_dot {
    std::string text;
    mail_verdict verdict;
    bool idle;
};
class smtp_dot : public testing::TestWithParam<answer_to_dot> {};

TEST_P(smtp_dot, is_answered) {
    auto turns = pipelined_success;
    turns.back() = server_says(GetParam().text);
    const auto got = send_with(turns);
    EXPECT_EQ(got.outcome.verdict, GetParam().verdict);
    EXPECT_EQ(got.idle, GetParam().idle);
}

INSTANTIATE_TEST_SUITE_P(smtp_protocol, smtp_dot,
                         testing::Values(answer_to_dot{"250 ok\r\n", accepted, true},
                                         answer_to_dot{"250-ok\r\n250 id=1abc\r\n", accepted, true},
                                         answer_to_dot{"451 try later\r\n", retry_greylisted, true},
                                         answer_to_dot{"452 disk full\r\n", retry_greylisted, true},
                                         answer_to_dot{"552 too big\r\n", bad_message, true},
                                         answer_to_dot{"554 spam\r\n", bad_message, true},
                                         // Nobody can tell what became of it.
                                         answer_to_dot{"354 go on\r\n", outcome_unknown, false},
                                         answer_to_dot{"999 ok\r\n", outcome_unknown, false},
                                         answer_to_dot{"ok\r\n", outcome_unknown, false},
                                         // Sent, whatever comes behind it.
                                         answer_to_dot{"250 ok\r\n421 bye\r\n", accepted, false},
                                         answer_to_dot{"250 ok\r\n554 no\r\n", accepted, false}));

TEST(smtp_protocol, does_not_know_the_outcome_when_the_answer_to_the_dot_is_lost) {
    auto turns = pipelined_success;
    turns.back() = connection_drops();
    EXPECT_EQ(send_with(turns).outcome.verdict, outcome_unknown);
    turns.back() = server_says("250 o");
    turns.push_back(connection_drops());
    EXPECT_EQ(send_with(turns).outcome.verdict, outcome_unknown);
}

TEST(smtp_protocol, tells_by_the_bytes_written_whether_the_dot_may_be_out) {
    const auto size = some_mail_on_the_wire.size();
    for (std::size_t taken = 0; taken <= size; ++taken) {
        auto turns = pipelined_success;
        turns.pop_back();
        turns.back() = write_breaks(some_mail_on_the_wire, taken);
        const auto got = send_with(turns);
        EXPECT_FALSE(got.idle);
        EXPECT_EQ(got.outcome.verdict, taken + 5 <= size ? retry_connection : outcome_unknown) << taken;
    }
}

TEST(smtp_protocol, gives_the_dot_its_own_longer_time) {
    const auto settings = clear_settings();
    protocol session{settings};
    session.open(deadline::max());
    auto turns = clear_opening("250-PIPELINING\r\n") + pipelined_success;
    turns.pop_back();
    const auto last_write = turns.back();
    transcript_player opening{{turns.begin(), turns.begin() + 3}};
    ASSERT_TRUE(opening.play(session));
    session.send(some_mail(), deadline::max(), deadline::max(), false);
    const boot_time now = opening.now();
    EXPECT_EQ(session.next(now).until, now + settings.command_limit);
    session.written();
    session.received("250 a\r\n250 b\r\n354 c\r\n");
    ASSERT_EQ(session.next(now).bytes, last_write.text);
    EXPECT_EQ(session.next(now).until, now + settings.command_limit);
    session.written();
    EXPECT_EQ(session.next(now).until, now + settings.dot_limit);
}

// --- connections lost ----------------------------------------------------------------------------

TEST(smtp_protocol, retries_whatever_was_lost_before_the_dot) {
    sending how;
    how.offers = "";
    for (std::size_t kept = 0; kept + 2 < stepwise_success.size(); ++kept) {
        smtp_transcript cut{stepwise_success.begin(), stepwise_success.begin() + static_cast<std::ptrdiff_t>(kept)};
        cut.push_back(stepwise_success[kept].what == smtp_turn::kind::server
                          ? connection_drops()
                          : write_breaks(stepwise_success[kept].text, 2));
        const auto got = send_with(cut, how);
        EXPECT_FALSE(got.idle);
        EXPECT_FALSE(got.stale);
        EXPECT_EQ(got.outcome.verdict, retry_connection) << "turn " << kept;
    }
}

TEST(smtp_protocol, calls_a_kept_connection_stale_only_before_the_first_reply) {
    sending how;
    how.kept = true;
    for (const auto& turns :
         {smtp_transcript{write_breaks(envelope, 0)}, smtp_transcript{client_says(envelope), connection_drops()},
          smtp_transcript{client_says(envelope), server_says("421 4.4.2 timeout\r\n")}}) {
        const auto got = send_with(turns, how);
        EXPECT_FALSE(got.idle);
        EXPECT_TRUE(got.stale);
    }
    const auto later = send_with({client_says(envelope), server_says("250 a\r\n"), connection_drops()}, how);
    EXPECT_FALSE(later.stale);
    EXPECT_EQ(later.outcome.verdict, retry_connection);
}

TEST(smtp_protocol, gives_the_mail_back_unchanged_when_the_connection_was_stale) {
    const auto settings = clear_settings();
    protocol session{settings};
    session.open(deadline::max());
    transcript_player player{clear_opening("250-PIPELINING\r\n") +
                             smtp_transcript{client_says(envelope), connection_drops()}};
    ASSERT_TRUE(player.play(session));
    session.send(some_mail(), deadline::max(), deadline::max(), true);
    ASSERT_FALSE(player.play(session));
    ASSERT_TRUE(session.was_stale());
    const auto back = session.take_back();
    EXPECT_EQ(back.to, some_mail().to);
    EXPECT_EQ(back.message, some_mail().message);
}

// --- the lease -----------------------------------------------------------------------------------

constexpr std::chrono::seconds lease_end{3600 + 10};  // the player's clock begins at one hour

TEST(smtp_protocol, writes_nothing_of_the_message_when_the_lease_ends_at_the_354) {
    sending how;
    how.write_until = boot_time{} + lease_end;
    const auto got =
        send_with({client_says(envelope), seconds_pass(10), server_says("250 a\r\n250 b\r\n354 c\r\n")}, how);
    EXPECT_FALSE(got.idle);
    EXPECT_EQ(got.outcome.verdict, lease_lost);
}

TEST(smtp_protocol, writes_the_message_in_the_last_moment_of_the_lease) {
    sending how;
    how.write_until = boot_time{} + lease_end;
    const auto got = send_with({client_says(envelope), seconds_pass(9), server_says("250 a\r\n250 b\r\n354 c\r\n"),
                                client_says(some_mail_on_the_wire), seconds_pass(20), server_says("250 d\r\n")},
                               how);
    EXPECT_EQ(got.outcome.verdict, accepted);
}

TEST(smtp_protocol, resets_when_the_lease_ends_before_data) {
    sending how;
    how.offers = "";
    how.write_until = boot_time{} + lease_end;
    const auto got =
        send_with({client_says(mail_line), server_says("250 a\r\n"), client_says(rcpt_line), seconds_pass(10),
                   server_says("250 b\r\n"), client_says("RSET\r\n"), server_says("250 c\r\n")},
                  how);
    EXPECT_TRUE(got.idle);
    EXPECT_EQ(got.outcome.verdict, lease_lost);
}

TEST(smtp_protocol, prefers_the_servers_refusal_to_a_lost_lease) {
    sending how;
    how.write_until = boot_time{} + lease_end;
    const auto got = send_with({client_says(envelope), seconds_pass(10), server_says("250 a\r\n550 b\r\n354 c\r\n"),
                                client_says(".\r\n"), server_says("554 d\r\n")},
                               how);
    EXPECT_EQ(got.outcome.verdict, bad_address);
}

// --- order ---------------------------------------------------------------------------------------

TEST(smtp_protocol, refuses_an_answer_to_the_dot_before_the_dot) {
    const auto got = send_with({client_says(envelope), server_says("250 a\r\n250 b\r\n354 c\r\n250 d\r\n")});
    EXPECT_FALSE(got.idle);
    EXPECT_EQ(got.outcome.verdict, retry_greylisted);
}

TEST(smtp_protocol, takes_an_unreadable_reply_for_a_passing_failure) {
    for (const auto* text : {"999 what\r\n", "25\r\n", "hello\r\n", "250 a\r\n250-b\r\n251 c\r\n"}) {
        const auto got = send_with({client_says(envelope), server_says(text)});
        EXPECT_FALSE(got.idle) << text;
        EXPECT_EQ(got.outcome.verdict, retry_greylisted) << text;
    }
}

TEST(smtp_protocol, probes_with_noop) {
    const auto settings = clear_settings();
    protocol session{settings};
    session.open(deadline::max());
    transcript_player player{clear_opening("") + smtp_transcript{client_says("NOOP\r\n"), server_says("250 ok\r\n"),
                                                                 client_says("NOOP\r\n"), server_says("421 bye\r\n")}};
    ASSERT_TRUE(player.play(session));
    session.probe(deadline::max());
    EXPECT_TRUE(player.play(session));
    session.probe(deadline::max());
    EXPECT_FALSE(player.play(session));
    EXPECT_TRUE(player.is_over());
}

TEST(smtp_protocol, is_closed_after_quit_whatever_the_answer) {
    for (const auto& answer : {server_says("221 bye\r\n"), server_says("500 what\r\n"), connection_drops()}) {
        const auto settings = clear_settings();
        protocol session{settings};
        session.open(deadline::max());
        transcript_player player{clear_opening("") + smtp_transcript{client_says("QUIT\r\n"), answer}};
        ASSERT_TRUE(player.play(session));
        session.quit(deadline::max());
        EXPECT_FALSE(player.play(session));
        EXPECT_TRUE(player.is_over());
    }
}

}  // namespace
}  // namespace punctual::net::smtp
