// A bulk import in one transaction, and a booking a moment after it, on the real database.

#include "jobs/feed_follower.hpp"
#include "net/metrics/metrics.hpp"
#include "support/store_fixture.hpp"

namespace punctual::test {
namespace {

using namespace std::chrono_literals;

class feed_import : public store_fixture {
protected:
    ~feed_import() override {
        follower.stop();
        run_group(context, follow);
    }

    [[nodiscard]] bool is_settled(domain::appointment_id id) {
        return psql("select count(*) from punctual.change where handled_at is null and appointment_id = " +
                    std::to_string(id)) == "0";
    }
    [[nodiscard]] int unsettled() {
        return std::stoi(
            psql("select count(*) from punctual.change where handled_at is null and appointment_id is not null"));
    }

    std::unique_ptr<net::clock> clock = net::make_system_clock(context);
    std::unique_ptr<net::metrics> metrics = net::make_metrics();
    domain::schedule schedule{rules, clock->wall_now()};
    jobs::feed_follower follower{
        "one",  30s,    schedule, rules,    {},
        *store, *clock, log,      *metrics, {.loaded = [] {}, .schedule_changed = [] {}, .cancelled = [] {}}};
    net::task_group follow{context.get_executor(), {}};
};

TEST_F(feed_import, does_not_keep_a_later_booking_waiting) {
    follow.spawn("feed", follower.run());
    ASSERT_TRUE(turn_until([this] { return follower.loaded(); }));
    psql(
        "insert into punctual.appointment (patient_id, psychologist_id, starts_at) "
        "select 1, 2, now() + interval '1 day' + i * interval '1 minute' from generate_series(1, 20000) i");
    // The import is being read.
    ASSERT_TRUE(turn_until([this] { return unsettled() < 20000; }));
    const auto late = book();
    const auto booked = std::chrono::steady_clock::now();
    // Asked seldom: the loop stands meanwhile.
    int turns = 0;
    ASSERT_TRUE(turn_until([&] { return ++turns % 20 == 0 && is_settled(late); }));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - booked);
    RecordProperty("booking_ms", static_cast<int>(took.count()));
    EXPECT_GT(unsettled(), 0) << "the import was done first";
    ASSERT_TRUE(turn_until([this] { return schedule.size() == 20001 && unsettled() == 0; }, 60s));
    const auto all = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - booked);
    RecordProperty("import_ms", static_cast<int>(all.count()));
    EXPECT_EQ(psql("select count(*) from punctual.delivery where kind = 'confirmation' and channel = 'email'"),
              std::to_string(2 * 20001));
}

// As after an import, before autovacuum has looked: the planner thinks that nothing waits.
TEST_F(feed_import, costs_each_change_the_same_whatever_waits_already) {
    psql(
        "alter table punctual.change set (autovacuum_enabled = off); "
        "alter table punctual.delivery set (autovacuum_enabled = off); "
        "alter table punctual.appointment set (autovacuum_enabled = off); analyze");
    constexpr int many = 5000;
    psql(
        "insert into punctual.appointment (patient_id, psychologist_id, starts_at) "
        "select 1, 2, now() + interval '1 day' + i * interval '1 minute' from generate_series(1, " +
        std::to_string(many) + ") i");
    // The snapshot is read while all of it is unhandled.
    follow.spawn("feed", follower.run());
    const auto all_settled = [this] {
        return psql("select not exists (select from punctual.change where handled_at is null)") == "t";
    };
    ASSERT_TRUE(turn_until(all_settled, 60s));
    // Counts arrive when a session is idle for a moment.
    const auto read = [this] {
        return std::stoll(psql("select sum(idx_tup_read) from pg_stat_user_indexes where schemaname = 'punctual'"));
    };
    std::int64_t before = -1;
    std::int64_t now = read();
    ASSERT_TRUE(turn_until([&] {
        before = std::exchange(now, read());
        return now > many && now == before;
    }));
    EXPECT_LT(now, 60LL * many) << psql(
        "select string_agg(indexrelname || ' ' || idx_tup_read || ' in ' || idx_scan, ', ' order by idx_tup_read desc) "
        "from pg_stat_user_indexes where schemaname = 'punctual' and idx_tup_read > 0");
}

}  // namespace
}  // namespace punctual::test
