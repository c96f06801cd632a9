#include "jobs/callback_writer.hpp"

#include "support/jobs_fixture.hpp"

#include <stdexcept>

namespace punctual::test {
namespace {

class callback_writer : public jobs_fixture {
protected:
    callback_writer() {
        store.pause = [this](std::string_view) { return pass(); };
    }

    net::task<> pass() { co_await gate.pass(boot_time::max()); }
    net::task<> write(std::string status, std::string delivery, std::chrono::seconds time = 10s) {
        net::message_callback came;
        came.key = "SM" + delivery + ":" + status;
        came.what = {
            .delivery = std::move(delivery), .provider_id = "SM1", .status = std::move(status), .error_code = {}};
        auto made = co_await subject.write(std::move(came), clock.boot_now() + time);
        effects.push_back(std::move(made));
    }
    domain::delivery_id whatsapp() {
        const auto id = book(24h);
        const auto claimed =
            run_task(context, store.claim({due(id, domain::channel::whatsapp)},
                                          {.instance = "one", .length = 30s, .granted_at = clock.boot_now()}, {}));
        return claimed.value().at(0).id;
    }

    door gate{clock};
    int sms_written = 0;
    jobs::callback_writer subject{store, clock, [this] { ++sms_written; }};
    std::vector<result<net::callback_effect>> effects;
};

TEST_F(callback_writer, writes_those_that_come_together_in_two_commits) {
    gate.close();
    constexpr int many = 100;
    for (int i = 0; i < many; ++i) {
        run(write("sent", "none"));
    }
    settle();
    EXPECT_TRUE(effects.empty());
    gate.open();
    settle();
    EXPECT_EQ(effects.size(), static_cast<std::size_t>(many));
    EXPECT_TRUE(std::ranges::all_of(effects, [](const auto& one) { return one && !one->known; }));
    EXPECT_EQ(store.calls["record_callbacks"], 2);
}

TEST_F(callback_writer, answers_each_with_what_it_came_to) {
    const auto id = whatsapp();
    gate.close();
    run(write("sent", "none"));
    run(write("delivered", id));
    run(write("delivered", "none"));
    settle();
    gate.open();
    settle();
    ASSERT_EQ(effects.size(), 3U);
    EXPECT_EQ(std::ranges::count_if(effects, [](const auto& one) { return one->known; }), 1);
    EXPECT_EQ(count(domain::delivery_state::delivered), 1U);
}

TEST_F(callback_writer, tells_of_an_sms_that_takes_a_message_s_place) {
    run(write("failed", whatsapp()));
    settle();
    EXPECT_EQ(sms_written, 1);
    EXPECT_EQ(count(domain::delivery_state::retrying), 1U);
}

TEST_F(callback_writer, lets_nobody_suffer_for_one_that_the_database_refuses) {
    // The batch behind the first, and then one of its rows.
    store.fault = [this](std::string_view call) {
        const int made = store.calls["record_callbacks"];
        return call == "record_callbacks" && (made == 2 || made == 3) ? store_fault::refused : store_fault::none;
    };
    gate.close();
    for (const char* which : {"first", "second", "third", "fourth"}) {
        run(write("sent", which));
    }
    settle();
    gate.open();
    settle();
    ASSERT_EQ(effects.size(), 4U);
    EXPECT_EQ(std::ranges::count_if(effects, [](const auto& one) { return one.has_value(); }), 3);
}

TEST_F(callback_writer, goes_on_after_one_who_waited_too_long) {
    gate.close();
    run(write("sent", "first"));
    run(write("sent", "second", 1s));
    run(write("sent", "third"));
    settle();
    advance(2s);
    ASSERT_EQ(effects.size(), 1U);
    EXPECT_FALSE(effects[0]);
    gate.open();
    settle();
    EXPECT_EQ(effects.size(), 3U);
}

TEST_F(callback_writer, lets_others_write_after_one_that_broke) {
    bool breaks = true;
    store.fault = [&](std::string_view) {
        if (std::exchange(breaks, false)) {
            throw std::runtime_error{"a bug"};
        }
        return store_fault::none;
    };
    std::vector<std::string> broken;
    net::task_group callers{context.get_executor(), [&](std::string_view name, std::exception_ptr why) {
                                if (why) {
                                    broken.emplace_back(name);
                                }
                            }};
    gate.close();
    callers.spawn("first", write("sent", "first"));
    callers.spawn("second", write("sent", "second"));
    settle();
    gate.open();
    settle();
    EXPECT_EQ(broken, std::vector<std::string>{"first"});
    ASSERT_EQ(effects.size(), 1U);
    EXPECT_TRUE(effects[0]);
    run(write("sent", "third"));
    settle();
    EXPECT_EQ(effects.size(), 2U);
}

TEST_F(callback_writer, tells_that_the_database_is_away) {
    store.fault = [](std::string_view) { return store_fault::away; };
    run(write("sent", "none"));
    settle();
    ASSERT_EQ(effects.size(), 1U);
    EXPECT_FALSE(effects[0]);
}

}  // namespace
}  // namespace punctual::test
