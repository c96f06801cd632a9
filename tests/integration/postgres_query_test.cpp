// Statements and their answers on a real server.

#include "support/postgres_fixture.hpp"

#include <array>
#include <limits>

namespace punctual::test {
namespace {

using namespace net::postgres;

class postgres_query : public postgres_fixture {
protected:
    postgres_query() { start_client(options_for(server.conninfo())); }
    ~postgres_query() override { stop_client(); }

    // A statement that runs until the test lets it go on.
    void make_gate() const {
        server.psql(
            "CREATE TABLE gate(open bool);"
            "CREATE FUNCTION pass_gate() RETURNS int LANGUAGE plpgsql AS $$ BEGIN "
            "WHILE NOT EXISTS (SELECT FROM gate) LOOP PERFORM pg_sleep(0.01); END LOOP; RETURN 1; END $$");
    }
    [[nodiscard]] bool at_gate() const {
        return server.psql(
                   "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
                   "query LIKE 'SELECT % FROM pass_gate()'") == "1";
    }
    void open_gate() const { server.psql("INSERT INTO gate VALUES (true)"); }

    private_postgres server;
};

TEST_F(postgres_query, brings_every_type_there_and_back) {
    const auto when = wall_time{std::chrono::microseconds{1'772'730'240'000'001}};
    const std::array<std::string, 6> texts{"", "null", "a\"b\\c", "{x,y}", " \t\r\n", "Zoë 🩺 Ωλ"};
    const std::array<std::optional<std::int64_t>, 3> numbers{7, std::nullopt, std::numeric_limits<std::int64_t>::min()};
    const std::array<std::optional<wall_time>, 2> times{when, std::nullopt};
    parameters with;
    with.add(std::numeric_limits<std::int64_t>::max()).add(true).add("Robert'); DROP TABLE x; --").add(when).add_null();
    with.add_array(std::span<const std::string>{texts});
    with.add_array(std::span<const std::optional<std::int64_t>>{numbers});
    with.add_array(std::span<const std::optional<wall_time>>{times});
    const auto got =
        ask("SELECT $1::bigint AS big, $2::boolean, $3::text, $4::timestamptz, $5::text, ($6::text[])[3], "
            "$6::text[] = ARRAY['', 'null', 'a\"b\\c', '{x,y}', E' \\t\\r\\n', 'Zoë 🩺 Ωλ'], "
            "$7::bigint[] IS NOT DISTINCT FROM ARRAY[7, NULL, -9223372036854775808], "
            "($8::timestamptz[])[1] = $4, ($8::timestamptz[])[2]",
            std::move(with));
    ASSERT_TRUE(got) << got.error().message();
    ASSERT_EQ(got->size(), 1U);
    EXPECT_EQ(got->column_name(0), "big");
    row_reader reader{*got, 0};
    EXPECT_EQ(reader.integer(), std::numeric_limits<std::int64_t>::max());
    EXPECT_TRUE(reader.boolean());
    EXPECT_EQ(reader.string(), "Robert'); DROP TABLE x; --");
    EXPECT_EQ(reader.time(), when);
    EXPECT_EQ(reader.optional_string(), std::nullopt);
    EXPECT_EQ(reader.string(), "a\"b\\c");
    EXPECT_TRUE(reader.boolean());
    EXPECT_TRUE(reader.boolean());
    EXPECT_TRUE(reader.boolean());
    EXPECT_EQ(reader.optional_time(), std::nullopt);
    EXPECT_TRUE(reader.ok()) << reader.mistake()->message();
}

TEST_F(postgres_query, brings_each_nasty_text_through_an_array_unchanged) {
    std::vector<std::string> texts;
    for (int letter = 1; letter < 128; ++letter) {
        const char one = static_cast<char>(letter);
        texts.insert(texts.end(), {std::string(1, one), std::string{one, '"', '\\', one}, std::string(2, one) + "é"});
    }
    parameters with;
    with.add_array(std::span<const std::string>{texts});
    const auto got = ask("SELECT t FROM unnest($1::text[]) WITH ORDINALITY AS u(t, n) ORDER BY n", std::move(with));
    ASSERT_TRUE(got) << got.error().message();
    ASSERT_EQ(got->size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_EQ(got->text(i, 0), texts[i]);
    }
}

TEST_F(postgres_query, shows_times_in_utc_whatever_the_role_says) {
    server.psql(
        "ALTER ROLE postgres SET TimeZone = 'Australia/Lord_Howe'; ALTER ROLE postgres SET DateStyle = 'German'");
    server.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'punctuald'");
    const auto got = ask("SELECT timestamptz '2026-01-01 00:00:00+00'");
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->text(0, 0), "2026-01-01 00:00:00+00");
}

TEST_F(postgres_query, counts_the_rows_that_were_touched) {
    ASSERT_TRUE(ask("CREATE TABLE t(id int)"));
    const auto inserted = ask("INSERT INTO t SELECT generate_series(1, 5)");
    ASSERT_TRUE(inserted);
    EXPECT_EQ(inserted->affected(), 5U);
    EXPECT_EQ(inserted->size(), 0U);
    const auto deleted = ask("DELETE FROM t WHERE id > 3 RETURNING id");
    ASSERT_TRUE(deleted);
    EXPECT_EQ(deleted->affected(), 2U);
    EXPECT_EQ(deleted->size(), 2U);
}

TEST_F(postgres_query, answers_a_thousand_statements_at_once_each_with_its_own) {
    auto& answers = places(1000);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        parameters with;
        with.add(static_cast<std::int64_t>(i)).add(std::string(i, 'x'));
        ask_later("SELECT $1::bigint, length($2::text)", std::move(with), std::chrono::seconds{20}, answers[i]);
    }
    ASSERT_TRUE(turn_until([&] { return work.size() == 1; }));
    for (std::size_t i = 0; i < answers.size(); ++i) {
        ASSERT_TRUE(answers[i] && *answers[i]) << i;
        ASSERT_EQ((**answers[i]).text(0, 0), std::to_string(i));
        ASSERT_EQ((**answers[i]).text(0, 1), std::to_string(i));
    }
    EXPECT_EQ(connections, 1);
}

TEST_F(postgres_query, sends_and_reads_more_than_the_sockets_hold_at_once) {
    auto& answers = places(40);
    for (auto& answer : answers) {
        parameters with;
        with.add(std::string(1'000'000, 'y'));
        ask_later("SELECT $1::text || $1::text", std::move(with), std::chrono::seconds{30}, answer);
    }
    ASSERT_TRUE(turn_until([&] { return work.size() == 1; }));
    for (const auto& answer : answers) {
        ASSERT_TRUE(answer && *answer);
        EXPECT_EQ((**answer).text(0, 0)->size(), 2'000'000U);
    }
}

TEST_F(postgres_query, keeps_an_error_from_its_neighbours) {
    auto& answers = places(5);
    ask_later("SELECT 1", {}, std::chrono::seconds{10}, answers[0]);
    ask_later("SELECT 1 / (SELECT 0)", {}, std::chrono::seconds{10}, answers[1]);
    ask_later("SELECT nothing FROM nowhere", {}, std::chrono::seconds{10}, answers[2]);
    ask_later("SELECT nothing FROM nowhere", {}, std::chrono::seconds{10}, answers[3]);
    ask_later("SELECT 2", {}, std::chrono::seconds{10}, answers[4]);
    ASSERT_TRUE(turn_until([&] { return work.size() == 1; }));
    EXPECT_EQ((**answers[0]).text(0, 0), "1");
    EXPECT_EQ(sqlstate(answers[1]->error()), "22012");
    EXPECT_EQ(sqlstate(answers[2]->error()), "42P01");
    EXPECT_EQ(sqlstate(answers[3]->error()), "42P01");
    EXPECT_EQ((**answers[4]).text(0, 0), "2");
    EXPECT_EQ(connections, 1);
}

TEST_F(postgres_query, prepares_again_when_the_schema_has_changed_under_a_statement) {
    ASSERT_TRUE(ask("CREATE TABLE t AS SELECT 1 AS a"));
    constexpr std::string_view sql = "SELECT * FROM t";
    ASSERT_TRUE(ask(sql));
    ASSERT_TRUE(ask("ALTER TABLE t ADD COLUMN b int DEFAULT 2"));
    const auto stale = ask(sql);
    ASSERT_FALSE(stale);
    EXPECT_EQ(sqlstate(stale.error()), "0A000");
    const auto fresh = ask(sql);
    ASSERT_TRUE(fresh);
    EXPECT_EQ(fresh->columns(), 2U);
}

TEST_F(postgres_query, reports_what_is_refused_at_commit) {
    ASSERT_TRUE(ask("CREATE TABLE t(id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"));
    ASSERT_TRUE(ask("INSERT INTO t VALUES (1)"));
    const auto twice = ask("INSERT INTO t VALUES (1)");
    ASSERT_FALSE(twice);
    EXPECT_EQ(sqlstate(twice.error()), "23505");
    EXPECT_EQ(ask("SELECT count(*) FROM t")->text(0, 0), "1");
}

TEST_F(postgres_query, tells_names_and_never_values_in_errors_and_logs) {
    ASSERT_TRUE(ask("CREATE TABLE t(email text CONSTRAINT one_each UNIQUE, n int)"));
    const auto sql = std::string_view{"INSERT INTO t VALUES ($1, 1)"};
    ASSERT_TRUE(ask(sql, parameters{}.add("jane@example.com")));
    const auto twice = ask(sql, parameters{}.add("jane@example.com"));
    ASSERT_FALSE(twice);
    EXPECT_NE(twice.error().detail.find("one_each"), std::string::npos);
    const auto number = ask("SELECT $1::text::int", parameters{}.add("jane@example.com"));
    ASSERT_FALSE(number);
    EXPECT_EQ(sqlstate(number.error()), "22P02");
    const auto raised = ask("DO $$BEGIN RAISE WARNING 'jane'; RAISE EXCEPTION 'jane'; END$$");
    EXPECT_EQ(sqlstate(raised.error()), "P0001");
    const auto all = twice.error().message() + number.error().message() + raised.error().message() + log.text();
    EXPECT_EQ(all.find("jane"), std::string::npos) << all;
    EXPECT_EQ(log.count("postgres_notice severity=WARNING"), 1);
}

TEST_F(postgres_query, refuses_a_null_character_instead_of_cutting_the_text_there) {
    const auto got = ask("SELECT $1::text", parameters{}.add(std::string_view{"a\0b", 3}));
    ASSERT_FALSE(got);
    EXPECT_EQ(sqlstate(got.error()), "22021");
}

TEST_F(postgres_query, ends_what_the_server_finds_too_slow_with_its_own_word) {
    stop_client();
    auto options = options_for(server.conninfo());
    options.statement_timeout = std::chrono::milliseconds{100};
    start_client(options);
    const auto slow = ask("SELECT pg_sleep(30)");
    ASSERT_FALSE(slow);
    EXPECT_EQ(sqlstate(slow.error()), "57014");
    EXPECT_TRUE(ask("SELECT 1"));
}

TEST_F(postgres_query, drops_the_connection_rather_than_wait_beyond_a_deadline) {
    ASSERT_TRUE(ask("SELECT 1"));
    const auto late = ask("SELECT pg_sleep(30)", {}, std::chrono::milliseconds{200});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, postgres_errc::outcome_unknown);
    const auto next = ask("SELECT 2");
    ASSERT_TRUE(next) << next.error().message();
    EXPECT_EQ(connections, 2);
    EXPECT_EQ(losses.size(), 1U);
}

TEST_F(postgres_query, refuses_a_copy_in_the_pipeline_and_recovers) {
    const auto got = ask("COPY (SELECT 1) TO STDOUT");
    ASSERT_FALSE(got);
    EXPECT_TRUE(ask("SELECT 1"));
}

TEST_F(postgres_query, ends_a_running_statement_before_it_stops) {
    make_gate();
    auto& slow = places(1).front();
    ask_later("SELECT 7 FROM pass_gate()", {}, std::chrono::seconds{60}, slow);
    ASSERT_TRUE(turn_until([&] { return at_gate(); }));
    client->stop();
    auto& after = places(1).front();
    ask_later("SELECT 8", {}, std::chrono::seconds{60}, after);
    ASSERT_TRUE(turn_until([&] { return after.has_value(); }));
    EXPECT_FALSE(slow.has_value());
    open_gate();
    run_group(context, work);
    ASSERT_TRUE(slow && *slow);
    EXPECT_EQ((**slow).text(0, 0), "7");
    ASSERT_FALSE(*after);
    EXPECT_EQ(after->error().code, postgres_errc::cancelled);
    EXPECT_TRUE(losses.empty());
}

TEST_F(postgres_query, leaves_nobody_waiting_when_it_is_cancelled) {
    ASSERT_TRUE(ask("SELECT 1"));
    auto& answers = places(300);
    for (auto& answer : answers) {
        // In the other group: only the client is cancelled.
        group.spawn("query",
                    store_into(client->query("SELECT pg_sleep(30)", {}, within(std::chrono::seconds{60})), answer));
    }
    ASSERT_TRUE(turn_until([&] {
        return server.psql(
                   "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%sleep(30)'") == "1";
    }));
    cancel_group(context, work);
    run_group(context, group);
    for (const auto& answer : answers) {
        ASSERT_TRUE(answer && !*answer);
        EXPECT_EQ(answer->error().code, postgres_errc::cancelled);
    }
}

TEST_F(postgres_query, lets_a_cancelled_caller_go_and_serves_the_others) {
    make_gate();
    auto& cancelled = places(1).front();
    group.spawn("query", store_into(client->query("SELECT 5 FROM pass_gate()", {}, within(std::chrono::seconds{60})),
                                    cancelled));
    ASSERT_TRUE(turn_until([&] { return at_gate(); }));
    auto& other = places(1).front();
    ask_later("SELECT 6", {}, std::chrono::seconds{60}, other);
    cancel_group(context, group);
    ASSERT_TRUE(cancelled && !*cancelled);
    EXPECT_EQ(cancelled->error().code, postgres_errc::cancelled);
    open_gate();
    ASSERT_TRUE(turn_until([&] { return other.has_value(); }));
    ASSERT_TRUE(*other);
    EXPECT_EQ((**other).text(0, 0), "6");
    EXPECT_EQ(connections, 1);
}

}  // namespace
}  // namespace punctual::test
