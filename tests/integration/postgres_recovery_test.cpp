// The client when servers go, come back, are the wrong one, or were never there.

#include "support/postgres_fixture.hpp"
#include "support/postgres_proxy.hpp"
#include "support/sql_session.hpp"

#include <fstream>

namespace punctual::test {
namespace {

using namespace net::postgres;

class postgres_recovery : public postgres_fixture {
protected:
    ~postgres_recovery() override { stop_client(); }

    // A port on which nobody listens any more.
    static std::string dead_host() {
        const private_postgres gone;
        return std::to_string(gone.port());
    }
};

TEST_F(postgres_recovery, comes_back_after_each_kind_of_restart_and_says_so) {
    private_postgres server;
    start_client(options_for(server.conninfo()));
    ASSERT_TRUE(ask("SELECT 1"));
    server.restart(stop_mode::fast);
    ASSERT_TRUE(turn_until([&] { return connections == 2; }, std::chrono::seconds{5}));
    EXPECT_TRUE(ask("SELECT 1"));
    server.restart(stop_mode::immediate);
    ASSERT_TRUE(turn_until([&] { return connections == 3; }, std::chrono::seconds{5}));
    EXPECT_TRUE(ask("SELECT 1"));
    EXPECT_EQ(losses.size(), 2U);
    EXPECT_EQ(log.count("postgres_lost"), 2);
    EXPECT_EQ(log.count("postgres_connected"), 3);
}

TEST_F(postgres_recovery, keeps_a_statement_waiting_until_the_server_is_back) {
    private_postgres server;
    start_client(options_for(server.conninfo()));
    ASSERT_TRUE(ask("SELECT 1"));
    server.stop();
    ASSERT_TRUE(turn_until([&] { return !client->connected(); }));
    auto& waiting = places(1).front();
    ask_later("SELECT 5", {}, std::chrono::seconds{20}, waiting);
    ASSERT_TRUE(turn_until([&] { return log.count("postgres_unreachable") == 1; }));
    server.start();
    ASSERT_TRUE(turn_until([&] { return waiting.has_value(); }));
    ASSERT_TRUE(*waiting) << waiting->error().message();
    EXPECT_EQ((**waiting).text(0, 0), "5");
}

TEST_F(postgres_recovery, does_not_know_the_outcome_of_what_was_under_way) {
    private_postgres server;
    start_client(options_for(server.conninfo()));
    ASSERT_TRUE(ask("SELECT 1"));
    auto& answers = places(2);
    ask_later("SELECT pg_sleep(30)", {}, std::chrono::seconds{20}, answers[0]);
    ask_later("SELECT 2", {}, std::chrono::seconds{20}, answers[1]);
    ASSERT_TRUE(turn_until([&] {
        return server.psql(
                   "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE state = 'active' AND "
                   "query = 'SELECT pg_sleep(30)'") == "1";
    }));
    ASSERT_TRUE(turn_until([&] { return answers[0] && answers[1]; }));
    EXPECT_EQ(answers[0]->error().code, postgres_errc::outcome_unknown);
    EXPECT_EQ(answers[1]->error().code, postgres_errc::outcome_unknown);
    EXPECT_TRUE(ask("SELECT 1"));
    EXPECT_EQ(connections, 2);
}

TEST_F(postgres_recovery, gives_up_an_unsent_statement_at_its_deadline) {
    start_client(options_for("host=127.0.0.1 port=" + dead_host()));
    const auto got = ask("SELECT 1", {}, std::chrono::milliseconds{300});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, postgres_errc::timed_out);
}

TEST_F(postgres_recovery, bounds_the_statements_that_wait) {
    start_client(options_for("host=127.0.0.1 port=" + dead_host()));
    auto& answers = places(4097);
    for (auto& answer : answers) {
        ask_later("SELECT 1", {}, std::chrono::seconds{60}, answer);
    }
    ASSERT_TRUE(turn_until([&] { return answers.back().has_value(); }));
    EXPECT_EQ(answers.back()->error().code, postgres_errc::not_connected);
    EXPECT_FALSE(answers.front().has_value());
    stop_client();
    ASSERT_TRUE(answers.front().has_value());
    EXPECT_EQ(answers.front()->error().code, postgres_errc::cancelled);
}

TEST_F(postgres_recovery, says_once_why_it_cannot_connect_and_never_the_password) {
    private_postgres server{{.hba = {"host all guarded 127.0.0.1/32 scram-sha-256"}}};
    server.psql("CREATE ROLE guarded LOGIN PASSWORD 'the right one'");
    auto options =
        options_for("postgresql://guarded:a%20wrong%20one@127.0.0.1:" + std::to_string(server.port()) + "/postgres");
    options.last_backoff = std::chrono::milliseconds{100};
    start_client(options);
    const auto refusals = [&] {
        std::size_t count = 0;
        const auto text = server.server_log();
        for (auto at = text.find("password authentication failed"); at != std::string::npos;
             at = text.find("password authentication failed", at + 1)) {
            ++count;
        }
        return count;
    };
    ASSERT_TRUE(turn_until([&] { return refusals() >= 4; }));
    EXPECT_EQ(log.count("postgres_unreachable"), 1) << log.text();
    EXPECT_NE(log.text().find("password authentication failed"), std::string::npos);
    EXPECT_EQ(log.text().find("wrong one"), std::string::npos);
    server.psql("ALTER ROLE guarded PASSWORD 'a wrong one'");
    EXPECT_TRUE(ask("SELECT 1"));
}

TEST_F(postgres_recovery, names_the_host_that_does_not_resolve) {
    start_client(options_for("host=nowhere.invalid port=5432"));
    ASSERT_TRUE(turn_until([&] { return log.count("postgres_unreachable") == 1; }));
    EXPECT_NE(log.text().find("nowhere.invalid"), std::string::npos) << log.text();
}

TEST_F(postgres_recovery, refuses_a_connection_string_without_quoting_it) {
    try {
        start_client(options_for("host=x password='open"));
        FAIL() << "accepted";
    } catch (const std::invalid_argument& refused) {
        EXPECT_EQ(std::string{refused.what()}.find("open"), std::string::npos);
    }
    EXPECT_THROW(start_client(options_for("host=a,b,c port=1,2")), std::invalid_argument);
}

TEST_F(postgres_recovery, finds_the_living_one_of_several_hosts) {
    private_postgres server;
    start_client(options_for("postgresql://postgres@127.0.0.1:" + dead_host() +
                             ",localhost:" + std::to_string(server.port()) + "/postgres"));
    EXPECT_TRUE(ask("SELECT 1"));
    EXPECT_EQ(log.count("postgres_unreachable"), 0);
}

TEST_F(postgres_recovery, speaks_over_the_unix_socket) {
    private_postgres server;
    start_client(options_for(server.socket_conninfo()));
    const auto got = ask("SELECT inet_server_addr() IS NULL");
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->text(0, 0), "t");
}

TEST_F(postgres_recovery, speaks_tls_and_verifies_the_server) {
    private_postgres server{{.ssl = true}};
    const auto base = "host=localhost user=postgres dbname=postgres port=" + std::to_string(server.port());
    start_client(options_for(base + " sslmode=verify-full sslrootcert=" + server.ca_file().string()));
    const auto got = ask("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->text(0, 0), "t");
    const auto large = ask("SELECT repeat('x', 5000000)");
    ASSERT_TRUE(large) << large.error().message();
    EXPECT_EQ(large->text(0, 0)->size(), 5'000'000U);
}

TEST_F(postgres_recovery, refuses_a_server_whose_certificate_nobody_signed) {
    private_postgres server{{.ssl = true}};
    private_postgres other{{.ssl = true}};
    start_client(options_for("host=localhost user=postgres dbname=postgres port=" + std::to_string(server.port()) +
                             " sslmode=verify-full sslrootcert=" + other.ca_file().string()));
    ASSERT_TRUE(turn_until([&] { return log.count("postgres_unreachable") == 1; }));
    EXPECT_EQ(connections, 0);
    EXPECT_NE(log.text().find("certificate"), std::string::npos) << log.text();
}

TEST_F(postgres_recovery, refuses_a_standby_and_takes_it_once_it_is_promoted) {
    private_postgres standby{{.standby = true}};
    start_client(options_for(standby.conninfo()));
    ASSERT_TRUE(turn_until([&] { return log.count("postgres_unreachable") == 1; }));
    EXPECT_NE(log.text().find("standby"), std::string::npos) << log.text();
    standby.promote();
    EXPECT_TRUE(ask("SELECT 1"));
}

TEST_F(postgres_recovery, prefers_the_higher_timeline_whichever_is_listed_first) {
    private_postgres old_primary;
    private_postgres promoted{{.standby = true}};
    promoted.promote();
    start_client(options_for("host=127.0.0.1,127.0.0.1 user=postgres dbname=postgres port=" +
                             std::to_string(old_primary.port()) + "," + std::to_string(promoted.port())));
    const auto got = ask("SELECT current_setting('port')");
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->text(0, 0), std::to_string(promoted.port()));
    // The old one alone is refused from now on, and there is one alarm.
    promoted.stop();
    ASSERT_TRUE(turn_until([&] { return log.count("postgres_unreachable") >= 1; }));
    EXPECT_EQ(ask("SELECT 1", {}, std::chrono::milliseconds{500}).error().code, postgres_errc::timed_out);
    EXPECT_EQ(log.count("postgres_old_primary"), 1) << log.text();
    promoted.start();
    EXPECT_TRUE(ask("SELECT 1"));
}

TEST_F(postgres_recovery, connects_without_the_right_to_ask_for_the_timeline_and_warns) {
    private_postgres server;
    server.psql("CREATE ROLE modest LOGIN; REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
    start_client(options_for("host=127.0.0.1 user=modest dbname=postgres port=" + std::to_string(server.port())));
    EXPECT_TRUE(ask("SELECT 1"));
    EXPECT_EQ(log.count("postgres_timeline_unknown"), 1);
}

TEST_F(postgres_recovery, stops_at_once_while_it_connects_in_vain) {
    // A listening socket that never answers: the server is frozen.
    private_postgres server;
    ::kill(server.pid(), SIGSTOP);
    start_client(options_for(server.conninfo()));
    auto& waiting = places(1).front();
    ask_later("SELECT 1", {}, std::chrono::seconds{60}, waiting);
    context.restart();
    context.poll();
    const auto before = std::chrono::steady_clock::now();
    stop_client();
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{2});
    ASSERT_TRUE(waiting && !*waiting);
    EXPECT_EQ(waiting->error().code, postgres_errc::cancelled);
    ::kill(server.pid(), SIGCONT);
}

TEST_F(postgres_recovery, leaves_a_server_that_accepts_and_never_answers) {
    private_postgres frozen;
    private_postgres server;
    ::kill(frozen.pid(), SIGSTOP);
    auto options =
        options_for("host=127.0.0.1,127.0.0.1 user=postgres dbname=postgres port=" + std::to_string(frozen.port()) +
                    "," + std::to_string(server.port()));
    options.connect_timeout = std::chrono::seconds{3};
    start_client(options);
    const auto got = ask("SELECT current_setting('port')");
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->text(0, 0), std::to_string(server.port()));
    ::kill(frozen.pid(), SIGCONT);
}

TEST_F(postgres_recovery, tells_once_that_there_is_no_connection_to_be_had_and_takes_one_when_there_is) {
    private_postgres server{{.settings = {"max_connections = 4", "superuser_reserved_connections = 0"}}};
    std::vector<std::unique_ptr<sql_session>> others;
    for (int i = 0; i < 4; ++i) {
        others.push_back(std::make_unique<sql_session>(server.conninfo()));
    }
    auto options = options_for(server.conninfo());
    options.last_backoff = std::chrono::milliseconds{100};
    start_client(options);
    const auto refusals = [&] {
        const auto text = server.server_log();
        std::size_t count = 0;
        for (auto at = text.find("too many clients"); at != std::string::npos;
             at = text.find("too many clients", at + 1)) {
            ++count;
        }
        return count;
    };
    ASSERT_TRUE(turn_until([&] { return refusals() >= 4; }));
    EXPECT_EQ(log.count("postgres_unreachable"), 1) << log.text();
    EXPECT_NE(log.text().find("too many clients"), std::string::npos) << log.text();
    others.clear();
    EXPECT_TRUE(ask("SELECT 1"));
}

TEST_F(postgres_recovery, tells_once_that_the_role_has_expired) {
    private_postgres server{{.hba = {"host all guarded 127.0.0.1/32 scram-sha-256"}}};
    server.psql("CREATE ROLE guarded LOGIN PASSWORD 'word'");
    auto options = options_for("postgresql://guarded:word@127.0.0.1:" + std::to_string(server.port()) + "/postgres");
    options.last_backoff = std::chrono::milliseconds{100};
    start_client(options);
    ASSERT_TRUE(ask("SELECT 1"));
    server.psql(
        "ALTER ROLE guarded VALID UNTIL '2001-01-01'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
        "usename = 'guarded'");
    ASSERT_TRUE(turn_until([&] { return log.count("postgres_unreachable") == 1; }));
    EXPECT_EQ(ask("SELECT 1", {}, std::chrono::milliseconds{600}).error().code, postgres_errc::timed_out);
    EXPECT_EQ(log.count("postgres_unreachable"), 1) << log.text();
    server.psql("ALTER ROLE guarded VALID UNTIL 'infinity'");
    EXPECT_TRUE(ask("SELECT 1"));
}

TEST_F(postgres_recovery, leaves_a_server_when_another_connection_has_seen_a_higher_timeline) {
    private_postgres old_primary;
    private_postgres promoted{{.standby = true}};
    timelines seen;
    auto options = options_for("host=127.0.0.1,127.0.0.1 user=postgres dbname=postgres port=" +
                               std::to_string(old_primary.port()) + "," + std::to_string(promoted.port()));
    options.seen = &seen;
    start_client(options);
    ASSERT_TRUE(ask("SELECT 1"));
    int failovers = 0;
    client->on_failover([&failovers] { ++failovers; });
    promoted.promote();
    // What a round of another connection does when it meets the promoted one.
    seen.saw(promoted.psql("SELECT system_identifier FROM pg_control_system()"), 2);
    ASSERT_TRUE(turn_until([&] { return connections == 2; }));
    const auto got = ask("SELECT current_setting('port')");
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->text(0, 0), std::to_string(promoted.port()));
    EXPECT_EQ(failovers, 1);
    EXPECT_GE(seen.refused(), 1U);
    stop_client();
}

TEST_F(postgres_recovery, looks_for_a_promotion_while_the_old_primary_lives_on) {
    private_postgres old_primary;
    private_postgres promoted{{.standby = true}};
    auto options = options_for("host=127.0.0.1,127.0.0.1 user=postgres dbname=postgres port=" +
                               std::to_string(old_primary.port()) + "," + std::to_string(promoted.port()));
    options.watch_interval = std::chrono::milliseconds{100};
    start_client(options);
    ASSERT_TRUE(ask("SELECT 1"));
    promoted.promote();
    ASSERT_TRUE(turn_until([&] { return connections == 2; }));
    EXPECT_EQ(ask("SELECT current_setting('port')")->text(0, 0), std::to_string(promoted.port()));
    EXPECT_EQ(losses.at(0).code, postgres_errc::not_writable);
}

TEST_F(postgres_recovery, commits_to_disk_where_the_server_would_not) {
    private_postgres server{{.settings = {"synchronous_commit = off"}}};
    start_client(options_for(server.conninfo()));
    EXPECT_EQ(ask("SHOW synchronous_commit")->text(0, 0), "on");
    server.psql("ALTER SYSTEM SET synchronous_commit = remote_apply; SELECT pg_reload_conf()");
    server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'punctuald'");
    ASSERT_TRUE(turn_until([&] { return connections == 2; }));
    EXPECT_EQ(ask("SHOW synchronous_commit")->text(0, 0), "remote_apply");
}

TEST_F(postgres_recovery, tells_a_lost_answer_from_a_statement_that_was_never_sent) {
    private_postgres server;
    server.psql("CREATE TABLE kept (n int PRIMARY KEY)");
    postgres_proxy proxy{server.port()};
    start_client(options_for("host=127.0.0.1 user=postgres dbname=postgres port=" + std::to_string(proxy.port())));
    ASSERT_TRUE(ask("SELECT 1"));
    constexpr std::string_view insert = "INSERT INTO kept SELECT $1::int";
    int number = 0;
    using when = postgres_proxy::when;
    for (const auto moment : {when::answered, when::amid, when::asked}) {
        proxy.break_at(std::string{insert}, moment);
        parameters with;
        with.add(++number);
        const auto got = ask(insert, std::move(with));
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, postgres_errc::outcome_unknown);
    }
    // Only what was answered had been committed; the others were rolled back, or never arrived.
    ASSERT_TRUE(turn_until([&] {
        return server.psql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT%' AND state <> 'idle'") ==
               "0";
    }));
    EXPECT_EQ(server.psql("SELECT string_agg(n::text, ',') FROM kept"), "1");
    EXPECT_EQ(losses.size(), 3U);
}

}  // namespace
}  // namespace punctual::test
