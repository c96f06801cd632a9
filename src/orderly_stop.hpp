#pragma once
// How the daemon ends, on one path: nothing new is begun → what is under way ends within the drain limit, or is
// cancelled → outcomes are written → connections close → nothing is left, and run() returns.
//
// It owns nothing and decides nothing about when: app.hpp does.

#include "jobs/feed_follower.hpp"
#include "jobs/inbound_forwarder.hpp"
#include "jobs/lane.hpp"
#include "jobs/lease_keeper.hpp"
#include "jobs/recorder.hpp"
#include "jobs/schedule_runner.hpp"
#include "jobs/upkeep.hpp"
#include "jobs/visit_keeper.hpp"
#include "net/async/clock.hpp"
#include "net/async/task_group.hpp"
#include "net/log/logger.hpp"

#include <chrono>
#include <vector>

namespace punctual::net::postgres {
class client;
class listener;
}  // namespace punctual::net::postgres
namespace punctual::net::smtp {
class client;
}
namespace punctual::http {
class server;
}

namespace punctual {

class orderly_stop {
public:
    // All of them outlive run().
    struct parts {
        net::clock& clock;
        net::logger& log;
        net::alarm& progress;     // poked when a child ends
        net::task_group& ground;  // connections, recorder, signals, and this: end last
        net::task_group& service;
        net::task_group& work;
        http::server& server;
        jobs::feed_follower& follower;
        jobs::schedule_runner& runner;
        jobs::upkeep& upkeep;
        jobs::visit_keeper& visits;
        jobs::inbound_forwarder* forwarder;  // null: e-mail is off
        const std::vector<jobs::lane*>& lanes;
        jobs::recorder& recorder;
        jobs::lease_keeper& leases;
        net::smtp::client* mailer;  // null: e-mail is off
        net::postgres::listener& listener;
        net::postgres::client& database;
        net::postgres::client& api_database;
        std::chrono::seconds drain;  // for what is under way
    };

    explicit orderly_stop(parts all) : parts_{all} {}

    // A child of `ground`, whose other children it cancels as its last act, and itself with them.
    [[nodiscard]] net::task<> run();

private:
    void begin_nothing_more();
    [[nodiscard]] net::task<> drain();
    [[nodiscard]] net::task<> write_down();
    [[nodiscard]] net::task<> close();
    [[nodiscard]] net::task<bool> emptied(net::task_group& group, boot_time until);
    [[nodiscard]] std::size_t under_way() const;
    [[nodiscard]] bool database_is_away() const;

    parts parts_;
};

}  // namespace punctual
