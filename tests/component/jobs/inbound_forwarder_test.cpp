#include "jobs/inbound_forwarder.hpp"

#include "support/jobs_fixture.hpp"

#include <expected>
#include <string>
#include <vector>

namespace punctual::test {
namespace {

using net::smtp::mail_verdict;

// A composer whose forwarded mail is an empty one: the words are the real composer's business.
class forwarding_composer final : public net::rendering::composer {
public:
    [[nodiscard]] std::expected<net::smtp::mail, domain::reason> compose_mail(const domain::claimed_delivery& what,
                                                                              wall_time now) const override {
        return other.compose_mail(what, now);
    }
    [[nodiscard]] std::expected<net::twilio::text_message, domain::reason> compose_text(
        const domain::claimed_delivery& what, wall_time now) const override {
        return other.compose_text(what, now);
    }
    [[nodiscard]] std::expected<net::smtp::mail, domain::reason> compose_forward(const net::rendering::inbound_words&,
                                                                                 wall_time) const override {
        return net::smtp::mail{};
    }

    fake_composer other;
};

class scripted_inbox final : public net::inbox {
public:
    net::task<result<std::vector<net::unread_message>>> take_unread(std::size_t, std::chrono::seconds,
                                                                    deadline) override {
        co_return std::exchange(unread, {});
    }
    net::task<result<>> mark_forwarded(std::string key, deadline) override {
        forwarded.push_back(std::move(key));
        co_return result<>{};
    }
    net::task<result<net::inbound_effect>> receive(net::inbound_message, deadline) override {
        co_return net::inbound_effect{};
    }
    net::task<result<>> opt_out(std::string, deadline) override { co_return result<>{}; }
    net::task<result<net::resent>> resend(domain::appointment_id, std::string, domain::person_id, deadline) override {
        co_return net::resent{};
    }

    std::vector<net::unread_message> unread;
    std::vector<std::string> forwarded;
};

class inbound_forwarder : public jobs_fixture {
protected:
    void receive(int count) {
        for (int i = 0; i < count; ++i) {
            inbox.unread.push_back({.key = std::to_string(i),
                                    .form = "Body=hello&NumMedia=0",
                                    .number = "+61491570156",
                                    .received_at = clock.wall_now(),
                                    .people = {}});
        }
    }
    void start() {
        at_end.emplace_back([this] { subject.stop(); });
        run(subject.run());
        settle();
    }

    forwarding_composer words;
    scripted_inbox inbox;
    jobs::inbound_forwarder subject{mailer, words, inbox, clock, log, *metrics};
};

TEST_F(inbound_forwarder, forwards_each_and_marks_it) {
    receive(3);
    start();
    EXPECT_EQ(mailer.asked.size(), 3U);
    EXPECT_EQ(inbox.forwarded, (std::vector<std::string>{"0", "1", "2"}));
}

TEST_F(inbound_forwarder, leaves_for_later_what_could_not_be_sent) {
    receive(1);
    mailer.answer.verdict = mail_verdict::retry_greylisted;
    start();
    EXPECT_EQ(mailer.asked.size(), 1U);
    EXPECT_TRUE(inbox.forwarded.empty());
}

TEST_F(inbound_forwarder, gives_up_what_the_server_refuses_and_counts_it) {
    receive(1);
    mailer.answer.verdict = mail_verdict::bad_message;
    start();
    EXPECT_EQ(inbox.forwarded.size(), 1U);
    EXPECT_NE(metrics->text().find("punctual_inbound_not_forwarded_total 1\n"), std::string::npos) << metrics->text();
}

// Another daemon takes all of them when the lease is over in the database.
TEST_F(inbound_forwarder, sends_all_that_it_took_together_under_the_lease_it_took_them_with) {
    receive(2);
    mailer.gate.close();
    const auto taken_at = clock.boot_now();
    start();
    advance(3min);
    mailer.gate.open();
    settle();
    ASSERT_EQ(mailer.leases.size(), 2U);
    EXPECT_TRUE(mailer.leases[1].holds(taken_at + 5min - 1ns));
    EXPECT_FALSE(mailer.leases[1].holds(taken_at + 5min));
}

}  // namespace
}  // namespace punctual::test
