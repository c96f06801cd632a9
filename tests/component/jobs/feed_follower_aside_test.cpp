// Rows that break the planning or that the database refuses, and those behind them.

#include "component/jobs/feed_follower_fixture.hpp"

#include <iterator>
#include <set>
#include <stdexcept>
#include <string>

namespace punctual::test {
namespace {

using domain::delivery_state;

class feed_follower_aside : public feed_follower {
protected:
    feed_follower_aside() {
        subject.plan_with([this](const domain::appointment_change& change, wall_time now) {
            if (broken.contains(change.appointment)) {
                ++breaks;
                throw std::logic_error{"a bug"};
            }
            return domain::plan_notices(change, rules, now);
        });
    }
    [[nodiscard]] std::size_t sent_for(domain::appointment_id id) const {
        return static_cast<std::size_t>(std::ranges::count(sender.sent, id, &domain::claimed_delivery::appointment));
    }
    [[nodiscard]] bool shows(std::string_view metric, int value) const {
        const auto line = std::string{metric} + "{of=\"changes\"} " + std::to_string(value) + "\n";
        return metrics->text().contains(line);
    }
    [[nodiscard]] std::ptrdiff_t times_logged(std::string_view event) const {
        return std::ranges::count_if(log.lines, [&](const auto& line) { return line.starts_with(event); });
    }
    [[nodiscard]] bool is_unhandled(domain::appointment_id id) const {
        return std::ranges::any_of(rows.changes,
                                   [&](const auto& one) { return one.appointment == id && !one.handled; });
    }

    std::set<domain::appointment_id> broken;
    int breaks = 0;
};

TEST_F(feed_follower_aside, confirms_within_a_second_what_is_booked_beside_and_behind_one_that_breaks) {
    start();
    rings = false;
    book(48h);
    const auto odd = book(48h);
    book(48h);
    broken.insert(odd);
    advance(1s);
    EXPECT_EQ(sender.sent.size(), 4U);
    const auto later = book(48h);
    advance(1s);
    EXPECT_EQ(sent_for(later), 2U);
    EXPECT_EQ(sent_for(odd), 0U);
}

TEST_F(feed_follower_aside, confirms_what_is_booked_behind_one_that_was_there_at_the_start) {
    const auto odd = book(48h);
    broken.insert(odd);
    book(48h);
    start();
    EXPECT_EQ(sender.sent.size(), 2U);
    EXPECT_TRUE(subject.loaded());
}

TEST_F(feed_follower_aside, tells_which_one_broke_and_why_and_counts_it) {
    start();
    const auto odd = book(48h);
    broken.insert(odd);
    settle();
    EXPECT_TRUE(
        logged("changes_set_aside count=1 appointment=" + std::to_string(odd) + " error=std::logic_error: a bug"))
        << log.lines.back();
    EXPECT_TRUE(shows("punctual_rows_broke_total", 1));
    EXPECT_TRUE(shows("punctual_rows_set_aside", 1));
}

TEST_F(feed_follower_aside, tries_it_again_ever_later_and_never_loses_it) {
    start();
    const auto odd = book(72h);
    broken.insert(odd);
    settle();
    EXPECT_EQ(breaks, 1);
    advance(4s);
    EXPECT_EQ(breaks, 1);
    advance(2s);
    EXPECT_EQ(breaks, 2);
    advance(11s);
    EXPECT_EQ(breaks, 3);
    const auto before = breaks;
    advance(24h);
    constexpr int ten_minutes_in_a_day = 24 * 6;
    EXPECT_GT(breaks - before, ten_minutes_in_a_day / 2);
    EXPECT_LE(breaks - before, ten_minutes_in_a_day + 8);
    EXPECT_TRUE(is_unhandled(odd));
}

TEST_F(feed_follower_aside, confirms_it_when_it_breaks_no_more) {
    start();
    const auto odd = book(48h);
    broken.insert(odd);
    settle();
    broken.clear();
    advance(6s);
    EXPECT_EQ(sent_for(odd), 2U);
    EXPECT_FALSE(is_unhandled(odd));
    EXPECT_TRUE(shows("punctual_rows_set_aside", 0));
    advance(1h);
    EXPECT_EQ(sent_for(odd), 2U) << "once";
}

TEST_F(feed_follower_aside, tells_at_once_of_a_newer_change_of_it_that_does_not_break) {
    start();
    const auto odd = book(48h);
    broken.insert(odd);
    settle();
    broken.clear();
    rows.remove(odd, clock.wall_now());
    settle();
    EXPECT_FALSE(is_unhandled(odd));
    EXPECT_TRUE(shows("punctual_rows_set_aside", 0));
    EXPECT_EQ(schedule.size(), 0U);
}

TEST_F(feed_follower_aside, does_not_bring_back_what_moved_on_since) {
    start();
    const auto odd = book(48h);
    broken.insert(odd);
    settle();
    move(odd, 72h);
    settle();
    broken.clear();
    advance(1min);
    EXPECT_EQ(std::ranges::count(kinds(), domain::kind::confirmation), 2) << "of the appointment as it is";
    EXPECT_EQ(schedule.size(), 1U);
    EXPECT_EQ(rows.version_of(odd), 2);
    EXPECT_FALSE(is_unhandled(odd));
}

TEST_F(feed_follower_aside, takes_it_up_again_after_a_lost_connection) {
    start();
    const auto odd = book(48h);
    broken.insert(odd);
    settle();
    subject.resync();
    settle();
    EXPECT_EQ(breaks, 2);
    broken.clear();
    advance(6s);
    EXPECT_EQ(sent_for(odd), 2U);
}

TEST_F(feed_follower_aside, is_taken_up_by_the_next_process) {
    start();
    const auto odd = book(48h);
    broken.insert(odd);
    settle();
    subject.stop();
    advance(1s);
    domain::schedule other_schedule{rules, clock.wall_now()};
    jobs::feed_follower other{"two",          30s,
                              other_schedule, rules,
                              {lane.get()},   store,
                              clock,          log,
                              *metrics,       {.loaded = [] {}, .schedule_changed = [] {}, .cancelled = [] {}}};
    run(other.run());
    settle();
    EXPECT_EQ(sent_for(odd), 2U);
    other.stop();
    advance(1s);
}

TEST_F(feed_follower_aside, settles_within_a_second_what_stands_beside_and_behind_one_that_the_database_refuses) {
    start();
    rings = false;
    constexpr std::size_t others = 100;
    for (std::size_t i = 0; i < others / 2; ++i) {
        book(48h);
    }
    const auto odd = book(48h);
    for (std::size_t i = 0; i < others / 2; ++i) {
        book(48h);
    }
    store.indigestible.insert(odd);
    sender.slots = others * 2;
    advance(1s);
    EXPECT_EQ(std::ranges::count_if(rows.changes, [](const auto& one) { return !one.handled; }), 1);
    EXPECT_TRUE(logged("changes_set_aside count=1 appointment=" + std::to_string(odd)));
    const auto later = book(48h);
    advance(1s);
    EXPECT_EQ(sent_for(later), 2U);
}

TEST_F(feed_follower_aside, settles_it_when_the_database_takes_it) {
    start();
    rings = false;
    book(48h);
    const auto odd = book(48h);
    store.indigestible.insert(odd);
    advance(1s);
    store.indigestible.clear();
    advance(6s);
    EXPECT_EQ(sent_for(odd), 2U);
    EXPECT_FALSE(is_unhandled(odd));
}

TEST_F(feed_follower_aside, sets_one_aside_that_is_refused_alone) {
    start();
    const auto odd = book(48h);
    store.indigestible.insert(odd);
    settle();
    EXPECT_TRUE(logged("changes_set_aside count=1 appointment=" + std::to_string(odd)));
    const auto before = store.calls["settle"];
    advance(4s);
    EXPECT_EQ(store.calls["settle"], before);
    const auto later = book(48h);
    advance(1s);
    EXPECT_EQ(sent_for(later), 2U);
}

TEST_F(feed_follower_aside, reads_the_page_again_when_the_database_can_take_nothing) {
    start();
    bool refuses = true;
    store.fault = [&](std::string_view call) {
        return call == "settle" && refuses ? store_fault::refused : store_fault::none;
    };
    rings = false;
    constexpr int many = 200;
    for (int i = 0; i < many; ++i) {
        book(48h);
    }
    advance(10s);
    EXPECT_FALSE(logged("changes_set_aside"));
    EXPECT_EQ(times_logged("changes_not_settled"), 1);
    refuses = false;
    sender.slots = 2 * many;
    advance(1s);
    EXPECT_TRUE(std::ranges::all_of(rows.changes, &memory_database::change::handled));
}

TEST_F(feed_follower_aside, names_no_more_than_twenty_in_a_line) {
    rings = false;
    for (int i = 0; i < 30; ++i) {
        broken.insert(book(48h));
    }
    const auto twentieth = *std::next(broken.begin(), 19);
    start();
    EXPECT_EQ(times_logged("changes_set_aside"), 1);
    EXPECT_TRUE(logged("changes_set_aside count=30"));
    const auto& line = *std::ranges::find_if(log.lines, [](const auto& one) { return one.starts_with("changes_set"); });
    EXPECT_TRUE(line.contains(" " + std::to_string(twentieth) + " ... error=")) << line;
}

}  // namespace
}  // namespace punctual::test
