// Every job of app.cpp that begins again after an exception, run as the daemon runs them (app::start_work).

#include "jobs/feed_follower.hpp"
#include "jobs/inbound_forwarder.hpp"
#include "jobs/lease_keeper.hpp"
#include "jobs/room_keeper.hpp"
#include "jobs/room_listener.hpp"
#include "jobs/schedule_runner.hpp"
#include "jobs/upkeep.hpp"
#include "jobs/visit_keeper.hpp"
#include "net/async/keep_running.hpp"
#include "support/jobs_fixture.hpp"

#include <ostream>
#include <stdexcept>
#include <string>

namespace punctual::test {
namespace {

// The next call of that name ends in an exception; "" and every later one does not.
class planted_break {
public:
    void plant(std::string call) {
        call_ = std::move(call);
        planted_ = true;
        calls_ = 0;
    }
    void pass(std::string_view call) {
        if (call != call_) {
            return;
        }
        ++calls_;
        if (std::exchange(planted_, false)) {
            throw std::logic_error{"a bug"};
        }
    }
    // Of that name, since it was planted.
    [[nodiscard]] int calls() const { return calls_; }

private:
    std::string call_;
    bool planted_ = false;
    int calls_ = 0;
};

class breaking_inbox final : public net::inbox {
public:
    explicit breaking_inbox(planted_break& breaks) : breaks_{breaks} {}

    net::task<result<std::vector<net::unread_message>>> take_unread(std::size_t, std::chrono::seconds,
                                                                    deadline) override {
        breaks_.pass("take_unread");
        co_return std::vector<net::unread_message>{};
    }
    net::task<result<net::inbound_effect>> receive(net::inbound_message, deadline) override {
        co_return net::inbound_effect{};
    }
    net::task<result<>> mark_forwarded(std::string, deadline) override { co_return result<>{}; }
    net::task<result<>> opt_out(std::string, deadline) override { co_return result<>{}; }
    net::task<result<net::resent>> resend(domain::appointment_id, std::string, domain::person_id, deadline) override {
        co_return net::resent{};
    }

private:
    planted_break& breaks_;
};

struct restarted {
    std::string task;
    std::string call;  // of the store, the visit log, the inbox; or "step", of the wall clock
};

std::ostream& operator<<(std::ostream& to, const restarted& one) {
    return to << one.task << " at " << one.call;
}

class restart : public jobs_fixture, public testing::WithParamInterface<restarted> {
protected:
    restart() {
        store.fault = [this](std::string_view call) {
            breaks.pass(call);
            return store_fault::none;
        };
        visits.fault = [this](std::string_view call) {
            breaks.pass(call);
            return store_fault::none;
        };
        at_end.emplace_back([this] { keeper.abort(); });
        keep("recorder", [this] { return recorder.run(); });
        keep("leases", [this] { return leases.run(); });
        keep("lane smtp", [this] { return mails->run(); });
        keep("lane twilio", [this] { return texts->run(); });
        keep("visits", [this] { return keeper.run(); });
        keep("room events", [this] { return listener.run(); });
        keep("schedule", [this] { return runner.run(); });
        keep("feed", [this] { return follower.run(); });
        keep("comparisons", [this] { return follower.run_comparisons(); });
        keep("upkeep", [this] { return upkeep.run(); });
        keep("forwarder", [this] { return forwarder.run(); });
        settle();
    }

    void keep(std::string name, std::function<net::task<>()> begin) {
        run(net::keep_running(std::move(name), std::move(begin), clock, log, *metrics));
    }
    // Something to do for each of them.
    void give_work() {
        book(48h);
        for (auto* lane : {mails.get(), texts.get()}) {
            lane->retry_at(clock.wall_now());
        }
        clock.step_wall(10min);
    }

    planted_break breaks;
    breaking_inbox inbox{breaks};
    fake_sender mail_sender{clock};
    fake_sender text_sender{clock, {domain::channel::whatsapp, domain::channel::sms}};
    jobs::recorder recorder{store, clock, log};
    std::unique_ptr<jobs::lane> mails = make_lane(mail_sender, recorder);
    std::unique_ptr<jobs::lane> texts = make_lane(text_sender, recorder, {.name = "twilio", .instance = "one"});
    std::vector<jobs::lane*> lanes{mails.get(), texts.get()};
    domain::schedule schedule{rules, clock.wall_now()};
    jobs::room_keeper room_keeper{&rooms, store, clock, log};
    jobs::visit_keeper keeper{
        context.get_executor(), room_keeper, &rooms, rules, lanes, store, visits, clock, log, *metrics};
    jobs::schedule_runner runner{
        schedule, rules, lanes, keeper, clock, log, [this](std::chrono::seconds) { breaks.pass("step"); }};
    jobs::feed_follower follower{
        "one",    30s,
        schedule, rules,
        lanes,    store,
        clock,    log,
        *metrics, {.loaded = [] {}, .schedule_changed = [this] { runner.wake(); }, .cancelled = [] {}}};
    jobs::lease_keeper leases{"one", 30s, lanes, recorder, store, clock, log, *metrics};
    jobs::upkeep upkeep{lanes, store, clock, log, *metrics};
    jobs::room_listener listener{
        room_keeper,
        visits,
        clock,
        log,
        *metrics,
        {.read = [](const net::kept_event&) { return net::room_event{}; }, .ended = [](auto) {}, .came = [](auto) {}}};
    jobs::inbound_forwarder forwarder{mailer, composer, inbox, clock, log, *metrics};
};

TEST_P(restart, begins_again_and_does_its_work) {
    const auto& [task, call] = GetParam();
    breaks.plant(call);
    give_work();
    advance(6min);
    EXPECT_TRUE(metrics->text().contains("punctual_task_breaks_total{task=\"" + task + "\"} 1\n")) << metrics->text();
    EXPECT_TRUE(logged("task_broke task=" + task + " error=std::logic_error: a bug again_in_ms=100"));
    if (call == "step") {
        clock.step_wall(10min);
        advance(1s);
    }
    EXPECT_GE(breaks.calls(), 2) << "what it broke at was done again";
    const auto all = metrics->text();
    int broken = 0;
    for (auto at = all.find("punctual_task_breaks_total{"); at != std::string::npos;
         at = all.find("punctual_task_breaks_total{", at + 1)) {
        broken += all.substr(at, all.find('\n', at) - at).ends_with(" 0") ? 0 : 1;
    }
    EXPECT_EQ(broken, 1) << "and no other";
}

INSTANTIATE_TEST_SUITE_P(of, restart,
                         testing::Values(restarted{"recorder", "record"}, restarted{"leases", "take_abandoned"},
                                         restarted{"lane smtp", "claim_retries"}, restarted{"visits", "rooms_to_clean"},
                                         restarted{"room events", "unhandled_events"}, restarted{"schedule", "step"},
                                         restarted{"feed", "look"}, restarted{"comparisons", "snapshot"},
                                         restarted{"upkeep", "health"}, restarted{"forwarder", "take_unread"}));

}  // namespace
}  // namespace punctual::test
