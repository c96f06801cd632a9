#include "net/async/resolver.hpp"
#include "net/async/happy_eyeballs.hpp"
#include "support/loop_fixture.hpp"

#include <atomic>

namespace punctual::net {
namespace {

using namespace std::chrono_literals;

const auto first = boost::asio::ip::make_address("192.0.2.1");
const auto second = boost::asio::ip::make_address("192.0.2.2");

// Answers from a list, the last one for ever; shared with the resolver's threads.
struct scripted_names {
    std::shared_ptr<std::atomic<std::size_t>> asked = std::make_shared<std::atomic<std::size_t>>(0);
    std::vector<result<address_list>> answers;

    [[nodiscard]] lookup_function function() const {
        return [counter = asked, list = answers](const std::string&) {
            return list[std::min(counter->fetch_add(1), list.size() - 1)];
        };
    }
};

result<address_list> found(const boost::asio::ip::address& address) {
    return address_list{address};
}
result<address_list> lost() {
    return failure(stream_errc::resolve_failed, "no such name");
}

class resolver_test : public test::loop_fixture {
protected:
    result<address_list> ask(resolver& by) { return run(by.resolve("host.example", within(5s))); }
};

TEST_F(resolver_test, asks_once_while_the_answer_is_fresh) {
    const scripted_names names{.answers = {found(first), found(second)}};
    resolver by{context.get_executor(), names.function()};
    EXPECT_EQ(ask(by).value(), address_list{first});
    EXPECT_EQ(ask(by).value(), address_list{first});
    EXPECT_EQ(names.asked->load(), 1U);
}

TEST_F(resolver_test, asks_again_when_the_answer_is_old) {
    const scripted_names names{.answers = {found(first), found(second)}};
    resolver by{context.get_executor(), names.function(), {.fresh_for = 0ms}};
    EXPECT_EQ(ask(by).value(), address_list{first});
    EXPECT_EQ(ask(by).value(), address_list{second});
}

TEST_F(resolver_test, uses_an_old_answer_while_the_name_server_fails) {
    const scripted_names names{.answers = {found(first), lost()}};
    resolver by{context.get_executor(), names.function(), {.fresh_for = 0ms}};
    EXPECT_TRUE(ask(by));
    EXPECT_EQ(ask(by).value(), address_list{first});
    EXPECT_EQ(names.asked->load(), 2U);
}

TEST_F(resolver_test, an_answer_older_than_that_is_not_used) {
    const scripted_names names{.answers = {found(first), lost()}};
    resolver by{context.get_executor(), names.function(), {.fresh_for = 0ms, .stale_for = 0ms}};
    EXPECT_TRUE(ask(by));
    EXPECT_EQ(ask(by).error().code, stream_errc::resolve_failed);
}

TEST_F(resolver_test, a_failure_is_told_and_asked_about_again_a_moment_later) {
    const scripted_names names{.answers = {lost(), found(first)}};
    resolver by{context.get_executor(), names.function(), {.failure_for = 0ms}};
    EXPECT_EQ(ask(by).error().detail, "no such name");
    EXPECT_TRUE(ask(by));
}

TEST_F(resolver_test, a_failure_holds_for_a_moment) {
    const scripted_names names{.answers = {lost(), found(first)}};
    resolver by{context.get_executor(), names.function(), {.failure_for = 1h}};
    EXPECT_FALSE(ask(by));
    EXPECT_FALSE(ask(by));
    EXPECT_EQ(names.asked->load(), 1U);
}

TEST_F(resolver_test, an_address_needs_no_name_server) {
    const scripted_names names{.answers = {lost()}};
    resolver by{context.get_executor(), names.function()};
    EXPECT_TRUE(run(by.resolve("::1", within(5s))));
    EXPECT_EQ(names.asked->load(), 0U);
}

TEST_F(resolver_test, getaddrinfo_says_why_it_failed) {
    const auto answer = look_up_with_getaddrinfo("nowhere.invalid");
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().detail.starts_with("nowhere.invalid: "));
}

TEST(happy_eyeballs, takes_the_families_in_turn) {
    const auto six = boost::asio::ip::make_address("2001:db8::1");
    const auto other_six = boost::asio::ip::make_address("2001:db8::2");
    EXPECT_EQ(interleave_families({six, other_six, first, second}), (address_list{six, first, other_six, second}));
    EXPECT_EQ(interleave_families({}), address_list{});
}

}  // namespace
}  // namespace punctual::net
