// What the app does with all that it has built: boot, the jobs, signals, the stop.

#include "app.hpp"

#include "http/server.hpp"
#include "net/async/caught.hpp"
#include "net/async/keep_running.hpp"
#include "net/async/signal_mask.hpp"
#include "net/memory/boot_pages.hpp"
#include "net/postgres/client.hpp"
#include "net/store/store_error.hpp"
#include "net/systemd/service_manager.hpp"
#include "provider_parts.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <csignal>
#include <utility>

namespace punctual {
namespace {

using namespace std::chrono_literals;

constexpr auto longest_tick = 10s;
constexpr auto schema_check_time = 10s;

using signals = boost::asio::basic_signal_set<net::executor>;

}  // namespace

int app::run() {
    log_.info("starting", {{"version", PUNCTUAL_VERSION}, {"http_port", server_->port()}});
    ground_->spawn("signals", watch_signals());
    ground_->spawn("boot", boot());
    context_.run();
    log_.info("stopped", {{"exit_code", exit_code_}});
    return exit_code_;
}

net::task<> app::boot() {
    database_->on_failover([this] {
        for (auto* lane : lanes_) {
            lane->failed_over();
        }
    });
    database_->on_connected([this] {
        // Under this instance's name nothing can have been claimed before its first connection.
        if (std::exchange(was_connected_, true)) {
            leases_->reclaim_soon();
        }
        progress_->poke();
    });
    database_->on_lost([this](const error&) {
        // Whatever was rung or written meanwhile was missed.
        follower_->resync();
    });
    ground_->spawn("database", database_->run());
    ground_->spawn("api database", api_database_->run());
    ground_->spawn("listener", listener_->run());
    service_->spawn("http", server_->run());
    const bool right = co_await wait_for_schema();
    if (right && !stopping_) {
        start_work();
    }
}

// False: the daemon is stopping, because of the schema or of a signal.
net::task<bool> app::wait_for_schema() {
    net::postgres::outage trouble;
    while (!stopping_) {
        if (database_->connected()) {
            const auto checked = co_await store_->check_schema(clock_->boot_now() + schema_check_time);
            if (checked) {
                co_return true;
            }
            if (checked.error().code == net::store_errc::schema_drift) {
                log_.error("schema_not_right", {{"error", checked.error().message()}, {"remedy", "punctuald migrate"}});
                begin_stop(1);
                co_return false;
            }
            if (trouble.is_new(checked.error().message())) {
                log_.error("schema_not_checked", {{"error", checked.error().message()}, {"hint", "punctuald check"}});
            }
        }
        co_await progress_->wait_until(clock_->boot_now() + 1s);
    }
    co_return false;
}

void app::start_work() {
    if (email_) {
        ground_->spawn("mailer", email_->mailer->run());
    }
    keep(*ground_, "recorder", [this] { return recorder_->run(); });
    keep(*ground_, "leases", [this] { return leases_->run(); });
    keep(*ground_, "tick", [this] { return tick(); });
    for (auto* lane : lanes_) {
        keep(*work_, "lane " + lane->name(), [lane] { return lane->run(); });
    }
    keep(*work_, "visits", [this] { return visits_->run(); });
    keep(*work_, "room events", [this] { return room_listener_->run(); });
    keep(*work_, "schedule", [this] { return runner_->run(); });
    keep(*work_, "feed", [this] { return follower_->run(); });
    keep(*work_, "comparisons", [this] { return follower_->run_comparisons(); });
    keep(*work_, "upkeep", [this] { return upkeep_->run(); });
    if (forwarder_) {
        keep(*work_, "forwarder", [this] { return forwarder_->run(); });
    }
}

// The jobs alone: what breaks a connection, the server or the boot leaves something behind that only a new process is
// without, and ends this one.
void app::keep(net::task_group& group, std::string name, std::function<net::task<>()> begin) {
    auto child = net::keep_running(name, std::move(begin), *clock_, log_, *metrics_);
    group.spawn(std::move(name), std::move(child));
}

void app::forward_soon() {
    if (forwarder_) {
        forwarder_->wake();
    } else {
        log_.error("inbound_not_forwarded", {{"why", "EMAIL_HOST is not set"}});
    }
}

void app::send_soon(domain::channel channel) {
    for (auto* lane : lanes_) {
        if (lane->carries(channel)) {
            lane->retry_at(clock_->wall_now());
        }
    }
}

// After the first snapshot, and after each one that follows a lost connection.
void app::loaded() {
    const auto now = clock_->wall_now();
    for (auto* lane : lanes_) {
        lane->retry_at(now);
    }
    visits_->sweep_soon();
    if (!std::exchange(ready_, true)) {
        net::release_boot_pages();
        net::systemd::notify_ready();
        log_.info("ready", {{"appointments", schedule_->size()}});
    }
}

void app::not_listening(const error& why) {
    log_.warning("listen_lost", {{"error", why.message()}});
    if (!has_listened_ && why.code == net::postgres::postgres_errc::pooled) {
        // Waiting does not help; once it has worked, it may again.
        log_.error("pooler_refused", {{"error", why.message()}});
        begin_stop(1);
    }
}

net::task<> app::watch_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    signals set{context_.get_executor()};
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        set.add(number);
    }
    // Until the stop cancels it: a second SIGTERM must find a handler, or it would kill. One that came in the very
    // turn of the cancellation hides it from the wait.
    const auto ending = co_await boost::asio::this_coro::cancellation_state;
    while (ending.cancelled() == boost::asio::cancellation_type::none) {
        const auto [ec, number] = co_await set.async_wait(net::use_result);
        if (ec) {
            break;
        }
        if (number == SIGHUP) {
            log_.info("hangup_ignored", {{"hint", "configuration is read at start: restart"}});
        } else if (stopping_) {
            log_.info("stopping_already");
        } else {
            begin_stop(0);
        }
    }
    // The set takes its handlers with it; a SIGTERM between now and the exit would kill.
    net::block_signals({SIGTERM, SIGINT, SIGHUP});
}

// The keep-alive comes from the loop alone, so that a loop that stands is restarted.
net::task<> app::tick() {
    const auto watchdog = net::systemd::watchdog_interval();
    const auto interval = watchdog ? std::min<std::chrono::nanoseconds>(*watchdog / 3, longest_tick) : longest_tick;
    for (;;) {
        if (watchdog) {
            net::systemd::notify_watchdog();
        }
        vitals_->refresh(*metrics_);
        if (co_await ticker_->wait_until(clock_->boot_now() + interval) == net::woken::cancelled) {
            co_return;
        }
    }
}

void app::ended(std::string_view name, const std::exception_ptr& why) {
    progress_->poke();
    if (why) {
        log_.error("task_broke", {{"task", name}, {"error", net::describe(why)}});
        begin_stop(1);
    } else if (!stopping_ && name != "boot") {
        // None of them ends by itself.
        log_.error("task_ended", {{"task", name}});
        begin_stop(1);
    } else {
        log_.debug("task_ended", {{"task", name}});
    }
}

void app::begin_stop(int exit_code) {
    if (std::exchange(stopping_, true)) {
        return;
    }
    exit_code_ = exit_code;
    net::systemd::notify_stopping();
    stop_ = std::make_unique<orderly_stop>(orderly_stop::parts{.clock = *clock_,
                                                               .log = log_,
                                                               .progress = *progress_,
                                                               .ground = *ground_,
                                                               .service = *service_,
                                                               .work = *work_,
                                                               .server = *server_,
                                                               .follower = *follower_,
                                                               .runner = *runner_,
                                                               .upkeep = *upkeep_,
                                                               .visits = *visits_,
                                                               .room_events = *room_listener_,
                                                               .forwarder = forwarder_.get(),
                                                               .lanes = lanes_,
                                                               .recorder = *recorder_,
                                                               .leases = *leases_,
                                                               .mailer = email_ ? email_->mailer.get() : nullptr,
                                                               .listener = *listener_,
                                                               .database = *database_,
                                                               .api_database = *api_database_,
                                                               .drain = settings_.run.drain});
    ground_->spawn("stop", stop_->run());
}

}  // namespace punctual
