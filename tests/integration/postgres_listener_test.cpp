// LISTEN on a real server.

#include "support/pooler.hpp"
#include "support/postgres_fixture.hpp"
#include "support/postgres_proxy.hpp"

namespace punctual::test {
namespace {

using namespace net::postgres;

class postgres_listener : public postgres_fixture {
protected:
    ~postgres_listener() override { stop_listener(); }

    void start_listener(client_options options) {
        listener::events events;
        events.listening = [this] { ++proofs; };
        events.bell = [this] { ++bells; };
        events.lost = [this](const error& why) { losses.push_back(why); };
        ear = make_listener(context, log, std::move(options), "punctual_change", std::move(events));
        work.spawn("listener", ear->run());
    }
    void stop_listener() {
        if (ear) {
            ear->stop();
            run_group(context, work);
        }
    }

    private_postgres server;
    std::unique_ptr<listener> ear;
    int proofs = 0;
    int bells = 0;
};

TEST_F(postgres_listener, hears_a_bell_once_it_is_proven) {
    start_listener(options_for(server.conninfo()));
    ASSERT_TRUE(turn_until([&] { return proofs == 1; }));
    EXPECT_TRUE(ear->listening());
    EXPECT_EQ(bells, 0);
    server.psql("NOTIFY punctual_change, 'whatever'");
    ASSERT_TRUE(turn_until([&] { return bells > 0; }));
    server.psql("NOTIFY somebody_else");
    stop_listener();
    EXPECT_EQ(bells, 1);
    EXPECT_TRUE(losses.empty());
}

TEST_F(postgres_listener, rings_less_often_than_a_storm_notifies) {
    start_listener(options_for(server.conninfo()));
    ASSERT_TRUE(turn_until([&] { return proofs == 1; }));
    server.psql("SELECT pg_notify('punctual_change', repeat('x', 7000) || g) FROM generate_series(1, 1000) AS g");
    ASSERT_TRUE(turn_until([&] { return bells > 0; }));
    EXPECT_LT(bells, 1000);
}

TEST_F(postgres_listener, never_sits_in_a_transaction) {
    start_listener(options_for(server.conninfo()));
    ASSERT_TRUE(turn_until([&] { return proofs == 1; }));
    EXPECT_EQ(server.psql("SELECT state, xact_start IS NULL FROM pg_stat_activity WHERE application_name = 'punctuald' "
                          "AND query LIKE 'LISTEN%'"),
              "idle|t");
}

TEST_F(postgres_listener, listens_again_after_a_restart) {
    start_listener(options_for(server.conninfo()));
    ASSERT_TRUE(turn_until([&] { return proofs == 1; }));
    server.restart(stop_mode::immediate);
    ASSERT_TRUE(turn_until([&] { return proofs == 2; }, std::chrono::seconds{10}));
    ASSERT_EQ(losses.size(), 1U) << log.text();
    server.psql("NOTIFY punctual_change");
    EXPECT_TRUE(turn_until([&] { return bells == 1; }));
}

TEST_F(postgres_listener, proves_itself_again_and_again) {
    auto options = options_for(server.conninfo());
    options.proof_interval = std::chrono::milliseconds{50};
    start_listener(options);
    const auto notified = [&] {
        return std::stoi(server.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'punctuald'"));
    };
    ASSERT_TRUE(turn_until([&] { return proofs == 1; }));
    // The proofs come from sessions of their own, one after the other.
    EXPECT_TRUE(turn_until([&] { return notified() == 2; }));
    EXPECT_EQ(proofs, 1);
    EXPECT_TRUE(losses.empty()) << log.text();
}

TEST_F(postgres_listener, does_not_believe_a_listen_that_hears_nothing) {
    // What a pooler in transaction mode does to LISTEN, done by hand as soon as the session is there.
    auto options = options_for(server.conninfo());
    options.proof_interval = std::chrono::milliseconds{50};
    options.proof_timeout = std::chrono::milliseconds{300};
    options.statement_timeout = std::chrono::milliseconds{2000};
    start_listener(options);
    ASSERT_TRUE(turn_until([&] { return proofs == 1; }));
    const auto pid = server.psql("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
    ::kill(std::stoi(pid), SIGSTOP);
    ASSERT_TRUE(turn_until([&] { return !losses.empty(); }));
    EXPECT_NE(losses.front().detail.find("pooler"), std::string::npos) << losses.front().message();
    EXPECT_FALSE(ear->listening());
    ::kill(std::stoi(pid), SIGCONT);
    EXPECT_TRUE(turn_until([&] { return proofs == 2; }));
}

TEST_F(postgres_listener, ends_when_it_is_cancelled) {
    start_listener(options_for(server.conninfo()));
    ASSERT_TRUE(turn_until([&] { return proofs == 1; }));
    work.cancel();
    run_group(context, work);
    EXPECT_EQ(work.size(), 0U);
}

TEST_F(postgres_listener, notices_a_pooler_that_comes_between_while_it_runs) {
    pooler between{server, "transaction"};
    postgres_proxy door{server.port()};
    auto options = options_for("host=127.0.0.1 user=postgres dbname=postgres port=" + std::to_string(door.port()));
    options.proof_interval = std::chrono::milliseconds{200};
    options.proof_timeout = std::chrono::milliseconds{500};
    start_listener(options);
    ASSERT_TRUE(turn_until([&] { return proofs == 1; }));
    door.lead_to(between.port());
    door.cut();
    ASSERT_TRUE(turn_until([&] { return !losses.empty() && losses.back().code == postgres_errc::pooled; }))
        << log.text();
    EXPECT_FALSE(ear->listening());
    EXPECT_NE(losses.back().detail.find("127.0.0.1:" + std::to_string(door.port())), std::string::npos);
    door.lead_to(server.port());
    door.cut();
    EXPECT_TRUE(turn_until([&] { return ear->listening(); })) << log.text();
}

TEST_F(postgres_listener, accepts_a_pooler_in_session_mode) {
    pooler between{server, "session"};
    auto options = options_for("host=127.0.0.1 user=postgres dbname=postgres port=" + std::to_string(between.port()));
    start_listener(options);
    EXPECT_TRUE(turn_until([&] { return proofs == 1; })) << log.text();
    EXPECT_TRUE(losses.empty());
}

TEST(postgres_listener_options, have_it_prove_itself_again_within_a_minute) {
    const client_options usual;
    EXPECT_LT(usual.proof_interval + usual.proof_timeout, std::chrono::minutes{1});
}

}  // namespace
}  // namespace punctual::test
