// The client against a server in the same loop: what goes right.

#include "net/async/timer.hpp"
#include "support/smtp_fixture.hpp"
#include "support/smtp_peer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace punctual::net::smtp {
namespace {

using namespace punctual::test;
using namespace std::chrono_literals;
using enum mail_verdict;

class smtp_client : public smtp_fixture {
protected:
    server_context tls = make_server_context(authority.issue(certificate_kind::good));

    // Sends that many at once and gives the outcomes back.
    std::vector<mail_outcome> send_all(client& with, int mails) {
        std::vector<mail_outcome> outcomes;
        task_group group{context.get_executor(), {}};
        for (int number = 0; number < mails; ++number) {
            group.spawn("send", send_one(with, number, outcomes));
        }
        run_group(context, group);
        return outcomes;
    }

private:
    static task<> send_one(client& with, int number, std::vector<mail_outcome>& outcomes) {
        auto what = mail_number(number);
        auto got = co_await with.send(std::move(what), deadline::max(), within(20s));
        outcomes.push_back(std::move(got));
    }
};

TEST_F(smtp_client, delivers_over_starttls_with_auth) {
    smtp_peer peer{context, {.offers = "250-PIPELINING\r\n", .tls = tls.get()}};
    auto with = options(peer.port(), security::starttls);
    with.user = "clinic";
    with.password = "secret";
    auto sender = make_client(with);
    const auto got = send(*sender, mail_number(1));
    EXPECT_EQ(got.verdict, accepted);
    EXPECT_EQ(got.queue_id, "M1");
    EXPECT_EQ(peer.mails(), std::vector<std::string>{"Subject: mail 1\r\n\r\n..dot\r\n"});
    EXPECT_EQ(peer.commands(), (std::vector<std::string>{"EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"}));
}

TEST_F(smtp_client, delivers_over_implicit_tls) {
    smtp_peer peer{context, {.tls = tls.get(), .implicit_tls = true}};
    auto sender = make_client(options(peer.port(), security::implicit_tls));
    EXPECT_EQ(send(*sender, mail_number(1)).verdict, accepted);
    EXPECT_EQ(peer.mails().size(), 1U);
}

TEST_F(smtp_client, keeps_its_connection_for_the_next_mail) {
    smtp_peer peer{context, {.tls = tls.get()}};
    auto sender = make_client(options(peer.port(), security::starttls));
    for (int number = 0; number < 5; ++number) {
        ASSERT_EQ(send(*sender, mail_number(number)).verdict, accepted);
    }
    EXPECT_EQ(peer.connections(), 1U);
    EXPECT_EQ(peer.mails().size(), 5U);
}

TEST_F(smtp_client, carries_a_megabyte_unchanged) {
    smtp_peer peer{context, {.tls = tls.get()}};
    auto sender = make_client(options(peer.port(), security::starttls));
    auto what = mail_number(1);
    for (int line = 0; line < 20000; ++line) {
        what.message += "line " + std::to_string(line) + " of a long message, long enough to be many\r\n";
    }
    auto expected = what.message;
    expected.replace(expected.find("\r\n.dot"), 6, "\r\n..dot");
    EXPECT_EQ(send(*sender, std::move(what)).verdict, accepted);
    EXPECT_EQ(peer.mails().at(0), expected);
}

TEST_F(smtp_client, opens_no_more_connections_than_its_pool_has) {
    smtp_peer peer{context, {.offers = "250-PIPELINING\r\n"}};
    auto with = options(peer.port());
    with.pool.size = 3;
    auto sender = make_client(with);
    EXPECT_EQ(sender->capacity(), 3U);
    const auto outcomes = send_all(*sender, 30);
    EXPECT_EQ(outcomes.size(), 30U);
    EXPECT_TRUE(std::all_of(outcomes.begin(), outcomes.end(), [](const auto& it) { return it.verdict == accepted; }));
    EXPECT_EQ(peer.most_at_once(), 3U);
    EXPECT_EQ(peer.connections(), 3U);
    auto mails = peer.mails();
    std::sort(mails.begin(), mails.end());
    EXPECT_EQ(std::unique(mails.begin(), mails.end()), mails.end());
}

TEST_F(smtp_client, serves_those_who_wait_in_their_order) {
    smtp_peer peer{context, {}};
    auto with = options(peer.port());
    with.pool.size = 1;
    auto sender = make_client(with);
    EXPECT_EQ(send_all(*sender, 5).size(), 5U);
    ASSERT_EQ(peer.mails().size(), 5U);
    for (std::size_t number = 0; number < 5; ++number) {
        EXPECT_TRUE(peer.mails()[number].starts_with("Subject: mail " + std::to_string(number) + "\r\n"));
    }
}

TEST_F(smtp_client, quits_after_the_agreed_number_of_mails) {
    smtp_peer peer{context, {}};
    auto with = options(peer.port());
    with.pool.mails_per_connection = 2;
    auto sender = make_client(with);
    for (int number = 0; number < 4; ++number) {
        ASSERT_EQ(send(*sender, mail_number(number)).verdict, accepted);
    }
    EXPECT_EQ(peer.connections(), 2U);
    EXPECT_EQ(peer.count("QUIT"), 2U);
}

TEST_F(smtp_client, asks_a_connection_that_was_idle_whether_it_lives) {
    smtp_peer peer{context, {}};
    auto with = options(peer.port());
    with.pool.probe_after = 0s;
    auto sender = make_client(with);
    ASSERT_EQ(send(*sender, mail_number(1)).verdict, accepted);
    ASSERT_EQ(send(*sender, mail_number(2)).verdict, accepted);
    EXPECT_EQ(peer.count("NOOP"), 1U);
    EXPECT_EQ(peer.connections(), 1U);
}

// Ends the client's upkeep once the peer has seen QUIT that often.
task<> stop_after_quits(client& sender, const smtp_peer& peer, std::size_t quits, executor ex) {
    steady_timer look{ex};
    while (peer.count("QUIT") < quits) {
        look.expires_after(2ms);
        co_await look.async_wait(use_result);
    }
    sender.stop();
}

TEST_F(smtp_client, quits_connections_that_are_idle_too_long) {
    smtp_peer peer{context, {}};
    auto with = options(peer.port());
    with.pool.idle_limit = 30ms;
    auto sender = make_client(with);
    task_group group{context.get_executor(), {}};
    group.spawn("upkeep", sender->run());
    ASSERT_EQ(send(*sender, mail_number(1)).verdict, accepted);
    ASSERT_EQ(peer.count("QUIT"), 0U);
    group.spawn("stop", stop_after_quits(*sender, peer, 1, context.get_executor()));
    run_group(context, group);
    EXPECT_EQ(peer.count("QUIT"), 1U);
}

TEST_F(smtp_client, quits_idle_connections_when_it_is_stopped) {
    smtp_peer peer{context, {}};
    auto sender = make_client(options(peer.port()));
    task_group group{context.get_executor(), {}};
    group.spawn("upkeep", sender->run());
    ASSERT_EQ(send_all(*sender, 2).size(), 2U);
    sender->stop();
    run_group(context, group);
    EXPECT_EQ(peer.count("QUIT"), 2U);
}

TEST_F(smtp_client, checks_without_a_mail) {
    smtp_peer peer{context, {.tls = tls.get()}};
    auto with = options(peer.port(), security::starttls);
    with.user = "clinic";
    with.password = "secret";
    auto sender = make_client(with);
    const auto got = run(sender->check(within(20s)));
    EXPECT_EQ(got.verdict, accepted);
    EXPECT_EQ(got.text, "TLS, AUTH PLAIN");
    EXPECT_EQ(peer.commands(), (std::vector<std::string>{"EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"}));
}

TEST_F(smtp_client, says_what_is_wrong_in_a_check) {
    smtp_peer peer{context, {.tls = tls.get(), .react = react_at("AUTH", {smtp_reaction::kind::say, "535 no\r\n"})}};
    auto with = options(peer.port(), security::starttls);
    with.user = "clinic";
    with.password = "wrong";
    auto sender = make_client(with);
    const auto got = run(sender->check(within(20s)));
    EXPECT_EQ(got.verdict, configuration);
    EXPECT_EQ(got.code, 535);
    EXPECT_EQ(got.text, "the server refused the user or the password");
}

TEST_F(smtp_client, asks_no_server_about_an_address_that_cannot_be) {
    smtp_peer peer{context, {}};
    auto sender = make_client(options(peer.port()));
    auto what = mail_number(1);
    what.to = "ann@example.com>\r\nRCPT TO:<eve@example.com";
    EXPECT_EQ(send(*sender, std::move(what)).verdict, bad_address);
    EXPECT_EQ(peer.connections(), 0U);
}

}  // namespace
}  // namespace punctual::net::smtp
