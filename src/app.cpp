#include "app.hpp"

#include "http/api.hpp"
#include "http/server.hpp"
#include "net/async/caught.hpp"
#include "net/async/keep_running.hpp"
#include "net/async/signal_mask.hpp"
#include "net/memory/boot_pages.hpp"
#include "net/postgres/client.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "net/smtp/client.hpp"
#include "net/store/postgres_store.hpp"
#include "net/store/postgres_visit_log.hpp"
#include "net/store/store_error.hpp"
#include "net/systemd/service_manager.hpp"
#include "net/twilio/connections.hpp"
#include "net/twilio/room_event.hpp"
#include "wiring.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>
#include <utility>

#include <unistd.h>

namespace punctual {
namespace {

using namespace std::chrono_literals;

// NOTIFY's channel, see config/sql.
constexpr const char* bell_channel = "punctual_change";
constexpr auto longest_tick = 10s;
constexpr std::chrono::milliseconds watch_interval = 5s;
constexpr std::chrono::milliseconds api_statement_time = 1500ms;
constexpr auto schema_check_time = 10s;

using signals = boost::asio::basic_signal_set<net::executor>;

std::string make_instance(std::mt19937_64& random) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string text = std::to_string(::getpid()) + "-";
    for (int i = 0; i < 12; ++i) {
        text += hex[random() % hex.size()];
    }
    return text;
}

std::mt19937_64 seeded() {
    std::random_device source;
    std::seed_seq seed{source(), source(), source(), source()};
    return std::mt19937_64{seed};
}

}  // namespace

struct email_parts {
    std::unique_ptr<net::connector> connector;
    std::unique_ptr<net::smtp::client> mailer;
};

struct twilio_parts {
    std::unique_ptr<net::connector> connector;
    std::unique_ptr<net::twilio::connections> connections;
};

app::app(config::settings settings, net::logger& log)
    : settings_{std::move(settings)},
      log_{log},
      clock_{net::make_system_clock(context_)},
      metrics_{net::make_metrics()},
      random_{seeded()},
      instance_{make_instance(random_)} {
    const auto executor = context_.get_executor();
    const auto& rules = settings_.rules;
    auto report = [this](std::string_view name, const std::exception_ptr& why) { ended(name, why); };
    ground_ = std::make_unique<net::task_group>(executor, report);
    service_ = std::make_unique<net::task_group>(executor, report);
    work_ = std::make_unique<net::task_group>(executor, report);
    progress_ = clock_->make_alarm();
    ticker_ = clock_->make_alarm();

    timelines_ = std::make_unique<net::postgres::timelines>();
    auto for_work = database_options("punctuald");
    for_work.watch_interval = watch_interval;
    database_ = net::postgres::make_client(context_, log_, std::move(for_work));
    auto for_api = database_options("punctuald api");
    // Before a caller's patience (api_settings::database_time) is over: then the connection is kept.
    for_api.statement_timeout = api_statement_time;
    for_api.lock_timeout = api_statement_time;
    api_database_ = net::postgres::make_client(context_, log_, std::move(for_api));
    store_ = net::make_postgres_store(*database_, rules);
    api_store_ = net::make_postgres_store(*api_database_, rules);
    visit_log_ = net::make_postgres_visit_log(*database_);
    api_visit_log_ = net::make_postgres_visit_log(*api_database_);
    inbox_ = net::make_inbox(*api_database_, domain::all_kind_names(rules));

    if (!settings_.email.host.empty()) {
        email_ = std::make_unique<email_parts>();
        email_->connector = net::make_connector(context_, settings_.email.ca_file);
        email_->mailer = net::smtp::make_mailer(context_, *email_->connector, log_, wiring::email(settings_));
    }
    if (settings_.twilio.configured()) {
        twilio_ = std::make_unique<twilio_parts>();
        twilio_->connector = net::make_connector(context_, settings_.twilio.ca_file);
        auto connections = net::twilio::make_connections(executor, *twilio_->connector, wiring::twilio(settings_));
        if (!connections) {
            throw std::runtime_error{connections.error().message()};
        }
        twilio_->connections = std::move(*connections);
    }
    auto composer = net::rendering::make_composer(wiring::composer(settings_), log_);
    if (!composer) {
        throw std::runtime_error{composer.error().message()};
    }
    composer_ = std::move(*composer);

    auto* mailer = email_ ? email_->mailer.get() : nullptr;
    auto* messenger = twilio_ ? &twilio_->connections->messenger() : nullptr;
    auto* rooms = twilio_ ? &twilio_->connections->rooms() : nullptr;
    auto random = [this] { return random_fraction(); };

    schedule_ = std::make_unique<domain::schedule>(rules, clock_->wall_now());
    recorder_ = std::make_unique<jobs::recorder>(*store_, *clock_, log_);
    email_sender_ = std::make_unique<jobs::email_sender>(mailer, *composer_, rules, *clock_, random,
                                                         settings_.email.dot_timeout + 2min);
    text_sender_ = std::make_unique<jobs::text_sender>(messenger, *composer_, rules, *store_, *clock_, random,
                                                       inbox_.get(), settings_.twilio.request_timeout);
    const auto make_lane = [&](std::string name, jobs::sender& sender) {
        const auto& [email, whatsapp, sms] = settings_.per_second;
        jobs::lane_options options{.name = std::move(name),
                                   .instance = instance_,
                                   .lease = settings_.run.lease,
                                   .per_second = {email, whatsapp, sms}};
        return std::make_unique<jobs::lane>(executor, std::move(options), sender, *store_, *recorder_, *clock_, log_,
                                            *metrics_, random);
    };
    email_lane_ = make_lane("smtp", *email_sender_);
    text_lane_ = make_lane("twilio", *text_sender_);
    lanes_ = {email_lane_.get(), text_lane_.get()};

    rooms_ = std::make_unique<jobs::room_keeper>(rooms, *api_store_, *clock_, log_);
    visits_ = std::make_unique<jobs::visit_keeper>(executor, *rooms_, rooms, rules, lanes_, *store_, *visit_log_,
                                                   *clock_, log_, *metrics_);
    runner_ =
        std::make_unique<jobs::schedule_runner>(*schedule_, rules, lanes_, *visits_, *clock_, log_,
                                                [this](std::chrono::seconds by) { follower_->clock_was_set(by); });
    jobs::feed_follower::events follower_events{
        .loaded = [this] { loaded(); },
        .schedule_changed = [this] { runner_->wake(); },
        .cancelled = [this] { visits_->sweep_soon(); },
        .lease_ends = [this](wall_time when) { leases_->lease_ends(when); },
    };
    follower_ = std::make_unique<jobs::feed_follower>(instance_, settings_.run.lease, *schedule_, rules, lanes_,
                                                      *store_, *clock_, log_, *metrics_, std::move(follower_events));
    follower_->reconcile_every(settings_.run.reconcile);
    leases_ = std::make_unique<jobs::lease_keeper>(instance_, settings_.run.lease, lanes_, *recorder_, *store_, *clock_,
                                                   log_, *metrics_);
    upkeep_ = std::make_unique<jobs::upkeep>(lanes_, *store_, *clock_, log_, *metrics_);

    net::postgres::listener::events bell{
        .listening =
            [this] {
                has_listened_ = true;
                follower_->bell();
                progress_->poke();
            },
        .bell = [this] { follower_->bell(); },
        .lost = [this](const error& why) { not_listening(why); },
    };
    listener_ = net::postgres::make_listener(context_, log_, database_options("punctuald listen"), bell_channel,
                                             std::move(bell));

    // The SMS in place of a WhatsApp message is due at once; who wrote it sends it.
    callbacks_ = std::make_unique<jobs::callback_writer>(*api_store_, *clock_,
                                                         [this] { text_lane_->retry_at(clock_->wall_now()); });
    jobs::room_listener::events room_events{
        .read =
            [this](const net::kept_event& kept) {
                const auto form = net::twilio::parse_form(kept.form);
                return net::twilio::read_room_event(form.value_or(net::twilio::form_fields{}), clock_->wall_now());
            },
        .ended = [this](domain::appointment_id id) { visits_->room_ended(id); },
        .came = [this](domain::appointment_id id) { visits_->somebody_came(id); },
    };
    room_listener_ = std::make_unique<jobs::room_listener>(*rooms_, *api_visit_log_, *clock_, log_, *metrics_,
                                                           std::move(room_events));
    vitals_ = std::make_unique<vitals>(vitals::parts{.clock = *clock_,
                                                     .database = *database_,
                                                     .api_database = *api_database_,
                                                     .listener = *listener_,
                                                     .timelines = *timelines_,
                                                     .schedule = *schedule_,
                                                     .follower = *follower_,
                                                     .upkeep = *upkeep_,
                                                     .lanes = lanes_});
    if (!settings_.page.folder.empty()) {
        auto page = http::session_page::load(wiring::session_page(settings_));
        if (!page) {
            throw std::runtime_error{"session_page.folder: " + page.error() +
                                     ", expected a folder that web/session/build has made"};
        }
        page_ = std::make_unique<http::session_page>(std::move(*page));
    }
    if (mailer != nullptr) {
        forwarder_ = std::make_unique<jobs::inbound_forwarder>(*mailer, *composer_, *inbox_, *clock_, log_, *metrics_);
    }
    http::api_dependencies parts{
        .store = *api_store_,
        .rooms = *rooms_,
        .health = *vitals_,
        .clock = *clock_,
        .rules = rules,
        .metrics = *metrics_,
        .log = log_,
        .callbacks = *callbacks_,
        .room_events = *room_listener_,
        .visits = *api_visit_log_,
        .inbox = *inbox_,
        .forward_soon = [this] { forward_soon(); },
        .send_soon = [this](domain::channel channel) { send_soon(channel); },
        .confirmation_reply = [this](std::string_view locale) { return composer_->confirmation_reply(locale); },
        .page = page_.get(),
    };
    api_ = http::make_api(std::move(parts), wiring::api(settings_));
    auto listen = wiring::server(settings_);
    listen.log = &log_;
    listen.accept_pauses =
        &metrics_->make_counter("punctual_http_accept_pauses_total", "Times that no descriptor was left for a caller");
    server_ = http::make_server(context_, *api_, std::move(listen));
    server_->open();
}

app::~app() = default;

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

net::postgres::client_options app::database_options(std::string application_name) {
    auto options = wiring::database(settings_, std::move(application_name));
    options.seen = timelines_.get();
    return options;
}

double app::random_fraction() {
    return std::uniform_real_distribution<double>{0, 1}(random_);
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
