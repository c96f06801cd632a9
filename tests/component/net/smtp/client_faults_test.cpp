// The client against a server that hangs, drips, drops and lies (faults O4, O9, S1 to S7).

#include "support/smtp_fixture.hpp"
#include "support/smtp_peer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

namespace punctual::net::smtp {
namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using enum mail_verdict;
using reaction = smtp_reaction::kind;

class smtp_client_faults : public smtp_fixture {
protected:
    // Time limits short enough to be waited out.
    [[nodiscard]] client_options quick(std::uint16_t port, security wanted = security::none) const {
        auto out = options(port, wanted);
        out.command_limit = 60ms;
        out.dot_limit = 60ms;
        out.probe_limit = 60ms;
        return out;
    }

    server_context tls = make_server_context(authority.issue(certificate_kind::good));
};

// --- every command, every way to fail ------------------------------------------------------------

using fault = std::tuple<std::string, reaction, std::string>;  // command, what, offers

class smtp_client_fault : public smtp_client_faults, public testing::WithParamInterface<fault> {};

TEST_P(smtp_client_fault, is_told_from_one_after_the_dot) {
    const auto& [word, what, offers] = GetParam();
    smtp_peer peer{context, {.offers = offers, .tls = tls.get(), .react = react_at(word, {what, {}})}};
    auto with = quick(peer.port(), security::starttls);
    with.user = "clinic";
    with.password = "secret";
    auto sender = make_client(with);
    const auto got = send(*sender, mail_number(1));
    EXPECT_EQ(got.verdict, word == "message" ? outcome_unknown : retry_connection) << got.text;
    EXPECT_FALSE(got.text.empty());
    EXPECT_EQ(got.code, 0);
    EXPECT_EQ(peer.mails().size(), word == "message" ? 1U : 0U);
    EXPECT_EQ(peer.connections(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    smtp, smtp_client_fault,
    testing::Combine(testing::Values("greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "message"),
                     testing::Values(reaction::close, reaction::reset, reaction::hang, reaction::drip),
                     testing::Values("", "250-PIPELINING\r\n")));

// --- STARTTLS and certificates -------------------------------------------------------------------

TEST_F(smtp_client_faults, ignores_what_was_injected_before_tls) {
    smtp_peer peer{context,
                   {.offers = "250-PIPELINING\r\n", .tls = tls.get(), .injected = "250-evil\r\n250 AUTH CRAM-MD5\r\n"}};
    auto with = quick(peer.port(), security::starttls);
    with.user = "clinic";
    with.password = "secret";
    auto sender = make_client(with);
    EXPECT_EQ(send(*sender, mail_number(1)).verdict, accepted);
    EXPECT_EQ(peer.count("EHLO"), 2U);
    EXPECT_EQ(peer.count("AUTH"), 1U);
}

TEST_F(smtp_client_faults, gives_a_hung_handshake_a_commands_time) {
    smtp_peer peer{context, {.tls = tls.get(), .react = react_at("TLS", {reaction::hang, {}})}};
    auto sender = make_client(quick(peer.port(), security::starttls));
    EXPECT_EQ(send(*sender, mail_number(1)).verdict, retry_connection);
    EXPECT_EQ(peer.count("MAIL"), 0U);
}

TEST_F(smtp_client_faults, sends_neither_auth_nor_mail_when_starttls_was_stripped) {
    smtp_peer peer{context, {}};
    auto with = quick(peer.port(), security::starttls);
    with.user = "clinic";
    auto sender = make_client(with);
    EXPECT_EQ(send(*sender, mail_number(1)).verdict, configuration);
    EXPECT_EQ(peer.commands(), std::vector<std::string>{"EHLO"});
}

class smtp_client_certificate : public smtp_client_faults, public testing::WithParamInterface<certificate_kind> {};

TEST_P(smtp_client_certificate, that_is_bad_gets_neither_auth_nor_mail) {
    const auto bad = make_server_context(authority.issue(GetParam()));
    for (const bool implicit : {false, true}) {
        smtp_peer peer{context, {.tls = bad.get(), .implicit_tls = implicit}};
        auto with = options(peer.port(), implicit ? security::implicit_tls : security::starttls);
        with.user = "clinic";
        auto sender = make_client(with);
        const auto got = send(*sender, mail_number(1));
        EXPECT_EQ(got.verdict, configuration);
        EXPECT_NE(got.text.find("certificate"), std::string::npos) << got.text;
        EXPECT_EQ(peer.count("AUTH") + peer.count("MAIL"), 0U);
        EXPECT_EQ(peer.connections(), 1U);
    }
}

INSTANTIATE_TEST_SUITE_P(smtp, smtp_client_certificate,
                         testing::Values(certificate_kind::expired, certificate_kind::not_yet_valid,
                                         certificate_kind::wrong_host, certificate_kind::self_signed,
                                         certificate_kind::unknown_issuer));

TEST_F(smtp_client_faults, sends_no_password_in_clear_text_beyond_the_loopback) {
    smtp_peer peer{context, {}};
    auto with = quick(peer.port());
    // Reaches the peer, and is not a name that stands for the loopback.
    with.host = "0.0.0.0";
    with.user = "clinic";
    auto sender = make_client(with);
    EXPECT_EQ(send(*sender, mail_number(1)).verdict, configuration);
    EXPECT_EQ(peer.commands(), std::vector<std::string>{"EHLO"});
}

// --- kept connections ----------------------------------------------------------------------------

class smtp_client_stale : public smtp_client_faults, public testing::WithParamInterface<smtp_reaction> {};

TEST_P(smtp_client_stale, connection_is_replaced_at_once) {
    smtp_peer peer{
        context,
        {.offers = "250-PIPELINING\r\n",
         .react = [](std::string_view word, std::size_t connection, std::size_t mail) -> std::optional<smtp_reaction> {
             return word == "MAIL" && connection == 0 && mail == 1 ? std::optional{GetParam()} : std::nullopt;
         }}};
    auto sender = make_client(quick(peer.port()));
    ASSERT_EQ(send(*sender, mail_number(1)).verdict, accepted);
    EXPECT_EQ(send(*sender, mail_number(2)).verdict, accepted);
    EXPECT_EQ(peer.connections(), 2U);
    ASSERT_EQ(peer.mails().size(), 2U);
    EXPECT_EQ(peer.mails()[1], "Subject: mail 2\r\n\r\n..dot\r\n");
}

INSTANTIATE_TEST_SUITE_P(smtp, smtp_client_stale,
                         testing::Values(smtp_reaction{reaction::close, {}}, smtp_reaction{reaction::reset, {}},
                                         smtp_reaction{reaction::hang, {}},
                                         smtp_reaction{reaction::say, "421 4.4.2 idle too long\r\n"}));

TEST_F(smtp_client_faults, replaces_a_connection_that_the_server_closed_meanwhile) {
    smtp_peer peer{
        context,
        {.react = [](std::string_view word, std::size_t connection, std::size_t) -> std::optional<smtp_reaction> {
            // Said unasked behind the 250, as a server does that runs out of patience.
            return word == "message" && connection == 0
                       ? std::optional{smtp_reaction{reaction::say, "250 ok\r\n421 bye\r\n"}}
                       : std::nullopt;
        }}};
    auto sender = make_client(quick(peer.port()));
    EXPECT_EQ(send(*sender, mail_number(1)).verdict, accepted);
    EXPECT_EQ(send(*sender, mail_number(2)).verdict, accepted);
    EXPECT_EQ(peer.connections(), 2U);
}

TEST_F(smtp_client_faults, replaces_a_kept_connection_whose_probe_is_not_answered) {
    smtp_peer peer{context, {.react = react_at("NOOP", {reaction::hang, {}})}};
    auto with = quick(peer.port());
    with.pool.probe_after = 0s;
    auto sender = make_client(with);
    ASSERT_EQ(send(*sender, mail_number(1)).verdict, accepted);
    EXPECT_EQ(send(*sender, mail_number(2)).verdict, accepted);
    EXPECT_EQ(peer.connections(), 2U);
}

TEST_F(smtp_client_faults, tries_a_new_connection_only_once) {
    smtp_peer peer{
        context, {.react = [](std::string_view word, std::size_t, std::size_t mail) -> std::optional<smtp_reaction> {
            return word == "MAIL" && mail == 1 ? std::optional{smtp_reaction{reaction::close, {}}} : std::nullopt;
        }}};
    auto sender = make_client(quick(peer.port()));
    ASSERT_EQ(send(*sender, mail_number(1)).verdict, accepted);
    EXPECT_EQ(send(*sender, mail_number(2)).verdict, accepted);
    EXPECT_EQ(send(*sender, mail_number(3)).verdict, accepted);
    EXPECT_EQ(peer.connections(), 3U);
}

TEST_F(smtp_client_faults, reports_a_421_on_a_new_connection_and_drops_it) {
    smtp_peer peer{context, {.react = react_at("MAIL", {reaction::say, "421 4.7.0 busy\r\n"}, 0)}};
    auto sender = make_client(quick(peer.port()));
    const auto got = send(*sender, mail_number(1));
    EXPECT_EQ(got.verdict, retry_greylisted);
    EXPECT_EQ(got.code, 421);
    EXPECT_EQ(send(*sender, mail_number(2)).verdict, accepted);
    EXPECT_EQ(peer.connections(), 2U);
}

TEST_F(smtp_client_faults, keeps_a_connection_after_a_refused_recipient) {
    smtp_peer peer{context,
                   {.offers = "250-PIPELINING\r\n",
                    .react = [](std::string_view word, std::size_t, std::size_t mail) -> std::optional<smtp_reaction> {
                        if (mail == 0 && word == "RCPT") {
                            return smtp_reaction{reaction::say, "550 5.1.1 <ann1@example.com> unknown\r\n"};
                        }
                        return std::nullopt;
                    }}};
    auto sender = make_client(quick(peer.port()));
    const auto got = send(*sender, mail_number(1));
    EXPECT_EQ(got.verdict, bad_address);
    EXPECT_EQ(got.text, "5.1.1 <[address]> unknown");
    // The peer took DATA all the same: it got a lone dot, and no mail.
    EXPECT_EQ(peer.mails(), std::vector<std::string>{""});
    EXPECT_EQ(send(*sender, mail_number(2)).verdict, accepted);
    EXPECT_EQ(peer.connections(), 1U);
}

// --- deadlines, leases, stopping -----------------------------------------------------------------

TEST_F(smtp_client_faults, keeps_to_the_total_deadline) {
    smtp_peer peer{context, {.react = react_at("greeting", {reaction::drip, {}})}};
    auto sender = make_client(options(peer.port()));  // 30 s a command
    const auto before = boot_now();
    const auto got = run(sender->send(mail_number(1), deadline::max(), within(80ms)));
    EXPECT_EQ(got.verdict, retry_connection);
    EXPECT_LT(boot_now() - before, 5s);
}

TEST_F(smtp_client_faults, does_not_wait_for_a_free_connection_past_the_deadline) {
    smtp_peer peer{context, {.react = react_at("message", {reaction::hang, {}})}};
    auto with = quick(peer.port());
    with.dot_limit = 400ms;
    with.pool.size = 1;
    auto sender = make_client(with);
    std::vector<mail_outcome> outcomes;
    const auto send_one = [](client& by, mail what, std::chrono::milliseconds time,
                             std::vector<mail_outcome>& into) -> task<> {
        auto got = co_await by.send(std::move(what), deadline::max(), within(time));
        into.push_back(std::move(got));
    };
    task_group group{context.get_executor(), {}};
    group.spawn("first", send_one(*sender, mail_number(1), 10s, outcomes));
    group.spawn("second", send_one(*sender, mail_number(2), 50ms, outcomes));
    run_group(context, group);
    ASSERT_EQ(outcomes.size(), 2U);
    EXPECT_EQ(outcomes[0].verdict, no_turn);
    EXPECT_EQ(outcomes[1].verdict, outcome_unknown);
}

TEST_F(smtp_client_faults, writes_nothing_of_the_message_past_the_lease) {
    smtp_peer peer{
        context,
        {.offers = "250-PIPELINING\r\n", .react = react_at("DATA", {reaction::late, "354 go on\r\n", 120ms}, 0)}};
    auto sender = make_client(options(peer.port()));
    const auto got = run(sender->send(mail_number(1), within(60ms), within(10s)));
    EXPECT_EQ(got.verdict, lease_lost);
    EXPECT_EQ(send(*sender, mail_number(2)).verdict, accepted);
    EXPECT_EQ(peer.mails(), std::vector<std::string>{"Subject: mail 2\r\n\r\n..dot\r\n"});
    EXPECT_EQ(peer.connections(), 2U);
}

TEST_F(smtp_client_faults, says_mail_is_lost_to_a_lease_that_has_already_ended) {
    smtp_peer peer{context, {}};
    auto sender = make_client(options(peer.port()));
    EXPECT_EQ(run(sender->send(mail_number(1), boot_now() - 1s, within(10s))).verdict, lease_lost);
    EXPECT_EQ(peer.count("MAIL"), 0U);
}

TEST_F(smtp_client_faults, retries_when_nobody_listens) {
    std::uint16_t port = 0;
    {
        const smtp_peer peer{context, {}};
        port = peer.port();
    }
    auto sender = make_client(options(port));
    EXPECT_EQ(send(*sender, mail_number(1)).verdict, retry_connection);
}

TEST_F(smtp_client_faults, does_not_know_the_outcome_of_a_send_cancelled_after_the_dot) {
    std::vector<mail_outcome> outcomes;
    task_group group{context.get_executor(), {}};
    smtp_peer peer{context,
                   {.react = [&group](std::string_view word, std::size_t, std::size_t) -> std::optional<smtp_reaction> {
                       if (word != "message") {
                           return std::nullopt;
                       }
                       group.cancel();
                       return smtp_reaction{reaction::hang, {}};
                   }}};
    auto sender = make_client(options(peer.port()));
    const auto send_one = [](client& by, std::vector<mail_outcome>& into) -> task<> {
        auto what = mail_number(1);
        auto got = co_await by.send(std::move(what), deadline::max(), within(10s));
        into.push_back(std::move(got));
    };
    group.spawn("send", send_one(*sender, outcomes));
    group.spawn("upkeep", sender->run());
    run_group(context, group);
    ASSERT_EQ(outcomes.size(), 1U);
    EXPECT_EQ(outcomes[0].verdict, outcome_unknown);
}

}  // namespace
}  // namespace punctual::net::smtp
