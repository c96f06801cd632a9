// The daemon under a role of its own, with the rights that docs/operations.md gives it and no others.

#include "support/store_fixture.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

namespace punctual::test {
namespace {

std::string documented_grants() {
    std::ifstream file{PUNCTUAL_SOURCE_DIR "/docs/operations.md"};
    std::ostringstream read;
    read << file.rdbuf();
    const auto text = read.str();
    const std::string fence = "```sql\n";
    const auto begin = text.find(fence + "grant usage");
    if (begin == std::string::npos) {
        throw std::runtime_error{"docs/operations.md has no grants"};
    }
    const auto from = begin + fence.size();
    return text.substr(from, text.find("```", from) - from);
}

class daemon_role : public store_fixture {
protected:
    daemon_role() {
        psql("create role punctual login; " + documented_grants());
        stop_client();
        start_client(options_for(server.conninfo() + " user=punctual"));
        store = net::make_postgres_store(*client, rules);
    }
};

TEST_F(daemon_role, does_all_of_a_booking_s_work) {
    must_do(run(store->check_schema(soon())));
    EXPECT_EQ(psql("select string_agg(distinct usename, ' ') from pg_stat_activity "
                   "where backend_type = 'client backend' and pid <> pg_backend_pid()"),
              "punctual");
    const auto id = book();
    auto at = mark();
    const auto changes = look(at);
    ASSERT_EQ(changes.size(), 1U);
    net::settlement what;
    what.entries.push_back(told_now(changes[0]));
    what.deliveries.push_back(planned(id, domain::kind::confirmation));
    auto claimed = must(run(store->settle(std::move(what), lease(), soon())));
    ASSERT_FALSE(claimed.empty());
    record(outcome(claimed[0], domain::delivery_state::accepted));
    EXPECT_EQ(state_of(claimed[0].id), "accepted");
    EXPECT_FALSE(claim({planned(id, domain::reminder_kind(0))}).empty());
}

TEST_F(daemon_role, looks_after_the_database) {
    psql("select setval('punctual.bell', (extract(epoch from now()) * 1000)::bigint + 3600000)");
    must(run(store->health(soon())));
    EXPECT_EQ(psql("select last_value from punctual.bell"), "0");
    must_do(run(store->purge(soon())));
    must(run(store->settle_orphans(soon())));
}

}  // namespace
}  // namespace punctual::test
