// The SMTP client against Postfix's smtp-sink: PIPELINING, and many mails at once.

#include "support/server_process.hpp"
#include "support/smtp_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

namespace punctual::net::smtp {
namespace {

using namespace punctual::test;
using namespace std::chrono_literals;

class smtp_sink : public smtp_fixture {
protected:
    smtp_sink() {
        // It refuses to run as root.
        std::vector<std::string> command{"/usr/sbin/smtp-sink"};
        if (::geteuid() == 0) {
            command.insert(command.end(), {"-u", "nobody"});
        }
        command.insert(command.end(), {"127.0.0.1:" + std::to_string(port), "100"});
        sink.emplace(command);
    }
    ~smtp_sink() override { sink->terminate(); }

    // It says nothing when it is ready: greet it until it answers.
    void wait_until_it_greets(client& sender) {
        auto until = within(20s);
        while (run(sender.check(until)).verdict != mail_verdict::accepted && boot_now() < until) {
        }
    }

    static task<> send_some(client& by, int first, int count, std::vector<mail_verdict>& into) {
        for (int number = first; number < first + count; ++number) {
            auto what = mail_number(number);
            what.message += std::string(760, 'x') + "\r\n";
            const auto got = co_await by.send(std::move(what), deadline::max(), within(60s));
            into.push_back(got.verdict);
        }
    }

    std::uint16_t port = find_free_port();
    std::optional<server_process> sink;
};

TEST_F(smtp_sink, takes_two_thousand_mails_on_ten_connections) {
    constexpr int mails = 2000;
    constexpr int connections = 10;
    auto with = options(port);
    with.pool.size = connections;
    with.pool.mails_per_connection = 1000;
    auto sender = make_client(with);
    wait_until_it_greets(*sender);
    std::vector<mail_verdict> verdicts;
    task_group group{context.get_executor(), {}};
    const auto begun = boot_now();
    for (int each = 0; each < connections; ++each) {
        group.spawn("send", send_some(*sender, each * mails / connections, mails / connections, verdicts));
    }
    run_group(context, group);
    const auto took = std::chrono::duration<double>{boot_now() - begun}.count();
    std::cout << mails << " mails on " << connections << " connections: " << static_cast<int>(mails / took) << "/s\n";
    EXPECT_EQ(std::count(verdicts.begin(), verdicts.end(), mail_verdict::accepted), mails);
}

}  // namespace
}  // namespace punctual::net::smtp
