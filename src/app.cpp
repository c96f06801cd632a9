#include "app.hpp"

#include "http/api.hpp"
#include "http/server.hpp"
#include "net/postgres/client.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "net/store/postgres_store.hpp"
#include "net/store/postgres_visit_log.hpp"
#include "net/twilio/room_event.hpp"
#include "provider_parts.hpp"
#include "wiring.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <unistd.h>

namespace punctual {
namespace {

using namespace std::chrono_literals;

// NOTIFY's channel, see config/sql.
constexpr const char* bell_channel = "punctual_change";
constexpr std::chrono::milliseconds watch_interval = 5s;
constexpr std::chrono::milliseconds api_statement_time = 1500ms;

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
    runner_ = std::make_unique<jobs::schedule_runner>(
        *schedule_, rules, lanes_, *visits_, *clock_, log_,
        [this](std::chrono::seconds by) { follower_->clock_was_set(by); }, metrics_.get());
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
    listen.clock = clock_.get();
    listen.accept_pauses =
        &metrics_->make_counter("punctual_http_accept_pauses_total", "Times that no descriptor was left for a caller");
    server_ = http::make_server(context_, *api_, std::move(listen));
    server_->open();
}

app::~app() = default;

net::postgres::client_options app::database_options(std::string application_name) {
    auto options = wiring::database(settings_, std::move(application_name));
    options.seen = timelines_.get();
    return options;
}

double app::random_fraction() {
    return std::uniform_real_distribution<double>{0, 1}(random_);
}

}  // namespace punctual
