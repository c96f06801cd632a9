#include "net/store/gathered_lookup.hpp"

#include "support/loop_fixture.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <stdexcept>
#include <vector>

namespace punctual::test {
namespace {

using namespace std::chrono_literals;
using net::store_errc;
using lookup = net::gathered_lookup<int>;
using found = result<std::optional<int>>;
using ids_of = std::vector<std::int64_t>;

class gathered_lookup : public loop_fixture {
protected:
    ~gathered_lookup() override { finish(); }

    // Ten times the id, unless it is odd in one way or another.
    net::task<result<lookup::answers>> answer(ids_of ids, deadline until) {
        asked.push_back(ids);
        if (throws) {
            throw std::logic_error{"a bug"};
        }
        if (held) {
            co_await gate.async_wait(net::use_result);
        }
        if (until <= net::boot_now()) {
            co_return failure(store_errc::timed_out);
        }
        const auto is_refused = [this](auto id) { return refused.contains(id); };
        if (std::ranges::any_of(ids, is_refused)) {
            co_return failure(refusal);
        }
        lookup::answers all;
        for (const auto id : ids) {
            if (bad.contains(id)) {
                all.emplace(id, failure(store_errc::bad_result, "a column"));
            } else if (!absent.contains(id)) {
                all.emplace(id, static_cast<int>(id) * 10);
            }
        }
        co_return all;
    }
    // Begins with the next turn of the loop.
    const std::optional<found>& ask(std::int64_t id, deadline until = within(30s)) {
        auto& answer_to = answers.emplace_back();
        group.spawn("ask", store_into(subject.find(id, until), answer_to));
        return answer_to;
    }
    void turn() {
        context.restart();
        context.poll();
    }
    // Lets what is held go on.
    void open() {
        held = false;
        gate.cancel();
        turn();
    }
    void finish() {
        held = false;
        gate.cancel();
        run_group(context, group);
    }

    bool held = false;
    bool throws = false;
    std::set<std::int64_t> absent, bad, refused;
    store_errc refusal = store_errc::refused;
    std::vector<ids_of> asked;
    std::deque<std::optional<found>> answers;
    int broken = 0;
    net::steady_timer gate{context.get_executor(), net::steady_timer::time_point::max()};
    net::task_group group{context.get_executor(),
                          [this](std::string_view, const std::exception_ptr& why) { broken += why ? 1 : 0; }};
    lookup subject{[this](ids_of ids, deadline until) { return answer(std::move(ids), until); }};
};

TEST_F(gathered_lookup, asks_for_one_alone_at_once) {
    const auto& one = ask(1);
    finish();
    ASSERT_TRUE(one && *one);
    EXPECT_EQ(**one, 10);
    EXPECT_EQ(asked, (std::vector<ids_of>{{1}}));
}

TEST_F(gathered_lookup, gives_nothing_for_what_is_not_there) {
    absent = {1};
    const auto& one = ask(1);
    finish();
    ASSERT_TRUE(one && *one);
    EXPECT_FALSE((*one)->has_value());
}

TEST_F(gathered_lookup, asks_once_for_all_of_the_same_turn) {
    const auto& one = ask(1);
    const auto& two = ask(2);
    const auto& three = ask(3);
    finish();
    EXPECT_EQ(asked, (std::vector<ids_of>{{1, 2, 3}}));
    EXPECT_EQ(one->value(), 10);
    EXPECT_EQ(two->value(), 20);
    EXPECT_EQ(three->value(), 30);
}

TEST_F(gathered_lookup, joins_nobody_to_a_statement_that_has_been_sent) {
    held = true;
    ask(1);
    turn();
    ASSERT_EQ(asked.size(), 1U);
    const auto& late = ask(1);
    turn();
    EXPECT_EQ(asked.size(), 1U) << "it waits for its turn";
    finish();
    EXPECT_EQ(asked, (std::vector<ids_of>{{1}, {1}})) << "and is read after it was asked for";
    EXPECT_EQ(late->value(), 10);
}

TEST_F(gathered_lookup, asks_together_for_all_that_came_while_a_statement_was_under_way) {
    held = true;
    ask(1);
    turn();
    for (const auto id : {2, 3, 4}) {
        ask(id);
        turn();
    }
    finish();
    EXPECT_EQ(asked, (std::vector<ids_of>{{1}, {2, 3, 4}}));
    EXPECT_TRUE(std::ranges::all_of(answers, [](const auto& one) { return one && *one && (*one)->has_value(); }));
}

TEST_F(gathered_lookup, lets_one_bad_row_fail_alone) {
    bad = {2};
    const auto& one = ask(1);
    const auto& two = ask(2);
    const auto& three = ask(3);
    finish();
    EXPECT_EQ(one->value(), 10);
    ASSERT_FALSE(two->has_value());
    EXPECT_EQ(two->error().code, store_errc::bad_result);
    EXPECT_EQ(three->value(), 30);
    EXPECT_EQ(asked.size(), 1U);
}

TEST_F(gathered_lookup, asks_for_each_alone_when_they_are_refused_together) {
    refused = {2};
    const auto& one = ask(1);
    const auto& two = ask(2);
    const auto& three = ask(3);
    finish();
    EXPECT_EQ(one->value(), 10);
    ASSERT_FALSE(two->has_value());
    EXPECT_EQ(two->error().code, store_errc::refused);
    EXPECT_EQ(three->value(), 30);
    EXPECT_EQ(asked.size(), 4U);
}

TEST_F(gathered_lookup, does_not_ask_again_for_one_that_was_refused_alone) {
    refused = {1};
    const auto& one = ask(1);
    finish();
    EXPECT_FALSE(one->has_value());
    EXPECT_EQ(asked.size(), 1U);
}

TEST_F(gathered_lookup, does_not_ask_a_database_again_that_is_away) {
    refused = {2};
    refusal = store_errc::not_connected;
    ask(1);
    ask(2);
    finish();
    EXPECT_EQ(asked.size(), 1U);
    EXPECT_TRUE(std::ranges::all_of(
        answers, [](const auto& one) { return !*one && one->error().code == store_errc::not_connected; }));
}

TEST_F(gathered_lookup, tells_one_whose_time_is_over_while_the_others_wait_on) {
    held = true;
    const auto& patient = ask(1);
    const auto& hurried = ask(2, within(20ms));
    context.restart();
    while (!hurried) {
        context.run_one();
    }
    ASSERT_FALSE(hurried->has_value());
    EXPECT_EQ(hurried->error().code, store_errc::timed_out);
    EXPECT_FALSE(patient);
    finish();
    EXPECT_EQ(patient->value(), 10);
}

TEST_F(gathered_lookup, does_not_let_one_in_a_hurry_fail_those_who_have_time) {
    held = true;
    ask(1);
    turn();
    const auto& hurried = ask(2, within(20ms));
    const auto& patient = ask(3);
    context.restart();
    while (asked.size() < 2) {
        context.run_one();  // its time is over, and the statement before is not
    }
    finish();
    ASSERT_FALSE(hurried->has_value());
    EXPECT_EQ(hurried->error().code, store_errc::timed_out);
    ASSERT_TRUE(patient->has_value()) << patient->error().message();
    EXPECT_EQ(patient->value(), 30);
}

TEST_F(gathered_lookup, leaves_nobody_waiting_behind_a_statement_that_breaks) {
    throws = true;
    ask(1);
    const auto& two = ask(2);
    finish();
    EXPECT_EQ(broken, 1);
    ASSERT_TRUE(two);
    EXPECT_FALSE(two->has_value());
    throws = false;
    const auto& three = ask(3);
    finish();
    EXPECT_EQ(three->value(), 30);
}

}  // namespace
}  // namespace punctual::test
