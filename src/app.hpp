#pragma once
// The composition root: builds every object, owns the order of start and stop, and knows nothing else.
//
// Start: database connections and HTTP (liveness at once, readiness when it is true) → schema check →
// recorder, lanes, keepers → snapshot → READY=1. Stop, on one path: STOPPING=1 → nothing new is begun →
// what is under way ends within the drain limit, or is released → outcomes are written → connections
// close → run() returns because nothing is left.

#include "config/settings.hpp"
#include "jobs/callback_writer.hpp"
#include "jobs/email_sender.hpp"
#include "jobs/feed_follower.hpp"
#include "jobs/inbound_forwarder.hpp"
#include "jobs/lane.hpp"
#include "jobs/lease_keeper.hpp"
#include "jobs/recorder.hpp"
#include "jobs/room_keeper.hpp"
#include "jobs/room_listener.hpp"
#include "jobs/schedule_runner.hpp"
#include "jobs/text_sender.hpp"
#include "jobs/upkeep.hpp"
#include "jobs/visit_keeper.hpp"
#include "net/async/clock.hpp"
#include "net/async/task_group.hpp"
#include "net/log/logger.hpp"
#include "net/metrics/metrics.hpp"
#include "orderly_stop.hpp"
#include "vitals.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace punctual::net::postgres {
struct client_options;
class client;
class listener;
class timelines;
}  // namespace punctual::net::postgres
namespace punctual::http {
class request_handler;
class server;
class session_page;
}  // namespace punctual::http

namespace punctual {

struct email_parts;
struct twilio_parts;

class app {
public:
    // Throws std::runtime_error with one sentence when the settings cannot be used.
    app(config::settings settings, net::logger& log);
    ~app();
    app(const app&) = delete;
    app& operator=(const app&) = delete;

    // Serves until SIGTERM or SIGINT; the exit code.
    [[nodiscard]] int run();

private:
    [[nodiscard]] double random_fraction();

    [[nodiscard]] net::postgres::client_options database_options(std::string application_name);

    // Boot.
    [[nodiscard]] net::task<> boot();
    [[nodiscard]] net::task<bool> wait_for_schema();
    void start_work();
    // A child that is begun again when a round of it breaks.
    void keep(net::task_group& group, std::string name, std::function<net::task<>()> begin);
    void loaded();
    void not_listening(const error& why);
    void forward_soon();
    void send_soon(domain::channel channel);

    // Run.
    [[nodiscard]] net::task<> watch_signals();
    [[nodiscard]] net::task<> tick();
    void ended(std::string_view name, const std::exception_ptr& why);

    // Stop: once; orderly_stop.hpp does it.
    void begin_stop(int exit_code);

    config::settings settings_;
    net::logger& log_;
    boost::asio::io_context context_{1};
    std::unique_ptr<net::clock> clock_;
    std::unique_ptr<net::metrics> metrics_;
    std::mt19937_64 random_;
    std::string instance_;

    // The API has a connection of its own, so that it never waits behind a storm.
    std::unique_ptr<net::postgres::timelines> timelines_;
    std::unique_ptr<net::postgres::client> database_;
    std::unique_ptr<net::postgres::client> api_database_;
    std::unique_ptr<net::store> store_;
    std::unique_ptr<net::store> api_store_;
    std::unique_ptr<net::visit_log> visit_log_;
    std::unique_ptr<net::visit_log> api_visit_log_;
    std::unique_ptr<net::inbox> inbox_;
    std::unique_ptr<net::postgres::listener> listener_;

    std::unique_ptr<email_parts> email_;
    std::unique_ptr<twilio_parts> twilio_;
    std::unique_ptr<net::rendering::composer> composer_;

    std::unique_ptr<domain::schedule> schedule_;
    std::unique_ptr<jobs::recorder> recorder_;
    std::unique_ptr<jobs::email_sender> email_sender_;
    std::unique_ptr<jobs::text_sender> text_sender_;
    std::unique_ptr<jobs::lane> email_lane_;
    std::unique_ptr<jobs::lane> text_lane_;
    std::vector<jobs::lane*> lanes_;
    std::unique_ptr<jobs::room_keeper> rooms_;
    std::unique_ptr<jobs::visit_keeper> visits_;
    std::unique_ptr<jobs::schedule_runner> runner_;
    std::unique_ptr<jobs::feed_follower> follower_;
    std::unique_ptr<jobs::lease_keeper> leases_;
    std::unique_ptr<jobs::upkeep> upkeep_;
    std::unique_ptr<jobs::callback_writer> callbacks_;
    std::unique_ptr<jobs::room_listener> room_listener_;
    std::unique_ptr<jobs::inbound_forwarder> forwarder_;  // null: e-mail is off
    std::unique_ptr<vitals> vitals_;

    std::unique_ptr<http::session_page> page_;  // none: another web server's
    std::unique_ptr<http::request_handler> api_;
    std::unique_ptr<http::server> server_;

    std::unique_ptr<net::alarm> progress_;  // a child has ended, or a part has changed its state
    std::unique_ptr<net::alarm> ticker_;
    std::unique_ptr<net::task_group> ground_;   // connections, recorder, signals: end last
    std::unique_ptr<net::task_group> service_;  // HTTP
    std::unique_ptr<net::task_group> work_;     // everything that begins something
    std::unique_ptr<orderly_stop> stop_;
    int exit_code_ = 0;
    bool stopping_ = false;
    bool ready_ = false;
    bool has_listened_ = false;
    bool was_connected_ = false;
};

}  // namespace punctual
