// The client against a server that refuses, at each command and with each kind of reply (faults S1, S2, S4 to S6). What
// the server was told and given is counted at its end.

#include "support/smtp_fixture.hpp"
#include "support/smtp_peer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace punctual::net::smtp {
namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using enum mail_verdict;
using reaction = smtp_reaction::kind;

class smtp_client_refusals : public smtp_fixture {
protected:
    [[nodiscard]] client_options with_login(std::uint16_t port) const {
        auto out = options(port, security::starttls);
        out.user = "clinic";
        out.password = "secret";
        return out;
    }

    server_context tls = make_server_context(authority.issue(certificate_kind::good));
};

// --- 421, 4xx, 5xx at each command ---------------------------------------------------------------

class smtp_client_refused : public smtp_client_refusals, public testing::WithParamInterface<std::string> {
protected:
    [[nodiscard]] mail_verdict expected(int code) const {
        const auto& word = GetParam();
        if (code < 500) {
            return retry_greylisted;
        }
        return word == "RCPT" ? bad_address : word == "DATA" || word == "message" ? bad_message : configuration;
    }

    void refuse(int code, const std::string& offers) {
        const auto& word = GetParam();
        const auto reply = std::to_string(code) + "-4.7.0 not\r\n" + std::to_string(code) + " now\r\n";
        smtp_peer peer{context,
                       {.offers = offers, .tls = tls.get(), .react = react_once(word, {reaction::say, reply})}};
        auto sender = make_client(with_login(peer.port()));
        const auto got = send(*sender, mail_number(1));
        EXPECT_EQ(got.verdict, expected(code)) << got.text;
        EXPECT_EQ(got.code, code);
        const bool of_a_mail = word == "RCPT" || word == "DATA" || word == "message";
        EXPECT_EQ(got.of_server, code == 421 || (code < 500 && !of_a_mail));
        // A lone dot ends what nobody is to get; what was refused after its dot the server has dropped itself.
        const bool lone_dot = word == "RCPT" && !offers.empty() && code != 421;
        EXPECT_EQ(peer.mails().size(), word == "message" || lone_dot ? 1U : 0U);
        EXPECT_TRUE(!lone_dot || peer.mails().front().empty());
        EXPECT_EQ(peer.count("AUTH"), word == "greeting" || word == "EHLO" || word == "STARTTLS" ? 0U : 1U);
        EXPECT_EQ(peer.count("MAIL"), of_a_mail || word == "MAIL" ? 1U : 0U);
        EXPECT_EQ(got.text.find("secret"), std::string::npos);
        EXPECT_EQ(peer.connections(), 1U);
        EXPECT_EQ(send(*sender, mail_number(2)).verdict, accepted);
        EXPECT_EQ(peer.mails().back(), "Subject: mail 2\r\n\r\n..dot\r\n");
    }
};

TEST_P(smtp_client_refused, says_whose_fault_it_is_and_leaves_no_mail) {
    for (const auto* offers : {"", "250-PIPELINING\r\n"}) {
        for (const int code : {421, 450, 451, 550, 554}) {
            SCOPED_TRACE(std::to_string(code) + (*offers == '\0' ? "" : " pipelined"));
            refuse(code, offers);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(smtp, smtp_client_refused,
                         testing::Values("greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "message"));

// --- replies without end ---------------------------------------------------------------------------

class smtp_client_flooded : public smtp_client_refusals, public testing::WithParamInterface<std::string> {};

TEST_P(smtp_client_flooded, stops_reading_an_endless_reply) {
    std::string flood;
    while (flood.size() < 1'000'000) {
        flood += "250-and another thing\r\n";
    }
    for (const auto& endless : {flood, std::string(1'000'000, '2')}) {
        smtp_peer peer{context, {.tls = tls.get(), .react = react_once(GetParam(), {reaction::say, endless})}};
        auto sender = make_client(with_login(peer.port()));
        const auto got = send(*sender, mail_number(1));
        EXPECT_EQ(got.verdict, GetParam() == "message" ? outcome_unknown : retry_greylisted) << got.text;
        EXPECT_TRUE(got.of_server);
        EXPECT_EQ(send(*sender, mail_number(2)).verdict, accepted);
        EXPECT_EQ(peer.connections(), 2U);
    }
}

INSTANTIATE_TEST_SUITE_P(smtp, smtp_client_flooded,
                         testing::Values("greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "message"));

// --- STARTTLS ----------------------------------------------------------------------------------------

TEST_F(smtp_client_refusals, breaks_off_when_clear_text_comes_instead_of_the_handshake) {
    smtp_peer peer{context, {.tls = tls.get(), .injected_late = "250 AUTH PLAIN\r\n235 welcome\r\n250 ok\r\n"}};
    auto sender = make_client(with_login(peer.port()));
    EXPECT_EQ(send(*sender, mail_number(1)).verdict, retry_connection);
    EXPECT_EQ(peer.commands(), (std::vector<std::string>{"EHLO", "STARTTLS"}));
    EXPECT_TRUE(peer.mails().empty());
}

// --- after the 250 -----------------------------------------------------------------------------------

TEST_F(smtp_client_refusals, has_sent_a_mail_whose_250_was_followed_by_the_end) {
    smtp_peer peer{context,
                   {.tls = tls.get(), .react = react_once("message", {reaction::say_and_close, "250 2.0.0 ok\r\n"})}};
    auto sender = make_client(with_login(peer.port()));
    EXPECT_EQ(send(*sender, mail_number(1)).verdict, accepted);
    EXPECT_EQ(send(*sender, mail_number(2)).verdict, accepted);
    EXPECT_EQ(peer.mails().size(), 2U);
    EXPECT_EQ(peer.connections(), 2U);
}

// --- a provider that is held ---------------------------------------------------------------------------

TEST_F(smtp_client_refusals, begins_nothing_whose_provider_is_held_meanwhile) {
    smtp_peer peer{context, {}};
    auto sender = make_client(options(peer.port()));
    domain::lease lease{boot_time::max()};
    lease.withhold();
    EXPECT_EQ(run(sender->send(mail_number(1), lease, within(10s))).verdict, lease_lost);
    EXPECT_EQ(peer.connections(), 0U);
}

}  // namespace
}  // namespace punctual::net::smtp
