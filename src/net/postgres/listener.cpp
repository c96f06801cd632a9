#include "net/postgres/back_off.hpp"
#include "net/postgres/client.hpp"
#include "net/postgres/dialer.hpp"
#include "net/postgres/outage.hpp"
#include "net/postgres/server_error.hpp"

#include <optional>
#include <random>
#include <utility>

#include <unistd.h>

namespace punctual::net::postgres {
namespace {

std::string quoted(std::string_view name) {
    std::string identifier{"\""};
    for (const char letter : name) {
        identifier += letter;
        if (letter == '"') {
            identifier += '"';
        }
    }
    return identifier + '"';
}

// Nobody else may listen or notify there by accident.
std::string private_channel() {
    std::random_device random;
    return "punctual_self_" + std::to_string(::getpid()) + "_" + std::to_string(random()) + std::to_string(random());
}

class proving_listener final : public listener {
public:
    proving_listener(boost::asio::io_context& context, logger& log, client_options options, std::string channel,
                     events tell)
        : executor_{context.get_executor()},
          log_{log},
          options_{options},
          dialer_{executor_, log, std::move(options)},
          channel_{std::move(channel)},
          own_channel_{private_channel()},
          tell_{std::move(tell)},
          pause_{executor_},
          helpers_{executor_, {}} {
        dialer_.seen().on_raised([this] {
            if (link_ != nullptr) {
                link_->interrupt();
            }
        });
    }

    task<> run() override;
    void stop() override;
    bool listening() const noexcept override { return listening_; }

private:
    // Why it ended.
    task<error> serve(session with);
    // The same, once LISTEN stands.
    task<error> listen();
    task<> ring_ourselves();
    [[nodiscard]] result<> look_at_proof();
    [[nodiscard]] result<> take_in();
    void report(const error& why);

    executor executor_;
    logger& log_;
    client_options options_;
    dialer dialer_;
    std::string channel_;
    std::string own_channel_;
    events tell_;
    steady_timer pause_;
    task_group helpers_;
    outage trouble_;
    outage proof_trouble_;
    std::optional<error> ring_trouble_;

    connection* link_ = nullptr;
    std::string label_;  // of that link, and what else is known of it
    std::string system_;
    std::uint32_t timeline_ = 0;
    bool pooled_ = false;
    deadline proof_due_{};
    bool proving_ = false;
    bool listening_ = false;
    bool stopping_ = false;
};

task<> proving_listener::run() {
    back_off pauses{options_.first_backoff, options_.last_backoff};
    while (!stopping_) {
        auto made = co_await dialer_.dial(options_.statement_timeout);
        error why;
        if (made) {
            auto served = std::move(*made);
            why = co_await serve(std::move(served));
        } else {
            why = std::move(made).error();
        }
        const bool was_listening = std::exchange(listening_, false);
        bool cancelled = co_await is_cancelled();
        if (stopping_ || cancelled) {
            break;
        }
        if (was_listening) {
            pauses.reset();
        }
        report(why);
        pause_.expires_after(pauses.next());
        co_await pause_.async_wait(use_result);
        cancelled = co_await is_cancelled();
        if (cancelled) {
            break;
        }
    }
}

void proving_listener::report(const error& why) {
    if (trouble_.is_new(why.detail)) {
        log_.error("postgres_not_listening", {{"channel", channel_}, {"why", why.message()}});
        if (tell_.lost) {
            tell_.lost(why);
        }
    }
}

void proving_listener::stop() {
    stopping_ = true;
    dialer_.stop();
    pause_.cancel();
    if (link_ != nullptr) {
        link_->interrupt();
    }
}

task<error> proving_listener::serve(session with) {
    const auto link = std::move(with.link);
    auto accepted = co_await link->ask("LISTEN " + quoted(channel_) + "; LISTEN " + quoted(own_channel_),
                                       boot_now() + options_.connect_timeout);
    if (!accepted) {
        co_return std::move(accepted).error();
    }
    link_ = link.get();
    ring_trouble_.reset();  // of the connection before
    label_ = with.label;
    system_ = with.system;
    timeline_ = with.timeline;
    pooled_ = with.pooled;
    proving_ = false;
    proof_due_ = boot_now();
    auto why = co_await listen();
    link_ = nullptr;
    helpers_.cancel();
    co_await helpers_.wait();
    co_return std::move(why);
}

task<error> proving_listener::listen() {
    while (true) {
        if (dialer_.seen().is_outdated(system_, timeline_)) {
            co_return error{postgres_errc::not_writable,
                            label_ + " is an old primary: a higher timeline has been seen"};
        }
        if (auto proven = look_at_proof(); !proven) {
            co_return std::move(proven).error();
        }
        const auto woke = co_await link_->wait(connection::direction::read, proof_due_);
        const bool cancelled = co_await is_cancelled();
        if (stopping_ || cancelled) {
            co_return error{postgres_errc::cancelled};
        }
        if (woke == connection::woken::broken) {
            co_return error{postgres_errc::not_connected, connection_trouble(link_->native())};
        }
        if (woke == connection::woken::ready) {
            if (auto taken = take_in(); !taken) {
                co_return std::move(taken).error();
            }
        }
    }
}

// Starts a proof when it is time, and judges the one under way.
result<> proving_listener::look_at_proof() {
    const auto now = boot_now();
    if (ring_trouble_ && listening_) {
        // What worked a minute ago is not given up because there is no second connection to be had.
        const auto why = std::exchange(ring_trouble_, std::nullopt);
        if (proof_trouble_.is_new(why->detail)) {
            log_.warning("postgres_listening_not_proven", {{"channel", channel_}, {"why", why->message()}});
        }
        proving_ = false;
        proof_due_ = now + options_.proof_interval;
    } else if (ring_trouble_) {
        return std::unexpected{*std::exchange(ring_trouble_, std::nullopt)};
    }
    if (now < proof_due_) {
        return {};
    }
    if (proving_ && pooled_) {
        return failure(postgres_errc::pooled, "at " + label_ +
                                                  " answers a pooler that accepts LISTEN and drops it (pgbouncer's "
                                                  "pool_mode = transaction?): give DATABASE_URL a direct connection");
    }
    if (proving_) {
        return failure(postgres_errc::not_connected,
                       "LISTEN was accepted, but a notification to ourselves did not arrive in time from " + label_ +
                           ": a pooler in transaction mode would do so");
    }
    proving_ = true;
    proof_due_ = now + options_.proof_timeout;
    helpers_.spawn("postgres self-notification", ring_ourselves());
    return {};
}

// From another session: a backend tells its own notifications to whoever is its client at that moment,
// so through a pooler a NOTIFY on the listening connection proves nothing.
task<> proving_listener::ring_ourselves() {
    if (link_ == nullptr || stopping_) {
        co_return;
    }
    auto made = co_await dialer_.dial(options_.statement_timeout);
    std::optional<error> failed;
    if (made) {
        const auto other = std::move(*made);
        auto rung = co_await other.link->ask("NOTIFY " + quoted(own_channel_), proof_due_);
        if (!rung) {
            failed = std::move(rung).error();
        }
    } else {
        failed = std::move(made).error();
    }
    if (failed && link_ != nullptr) {
        ring_trouble_ = std::move(failed);
        link_->interrupt();
    }
}

result<> proving_listener::take_in() {
    // PQconsumeInput first: PQnotifies alone reads nothing.
    if (auto received = link_->receive(); !received) {
        return received;
    }
    bool rung = false;
    bool proven = false;
    // Nothing was asked, so this only makes libpq read on.
    static_cast<void>(libpq::is_busy(link_->native()));
    while (const auto rang = libpq::next_notification(link_->native())) {
        (*rang == own_channel_ ? proven : rung) = true;
    }
    if (proven && proving_) {
        proving_ = false;
        proof_due_ = boot_now() + options_.proof_interval;
        proof_trouble_.over();
        if (!std::exchange(listening_, true)) {
            trouble_.over();
            log_.info("postgres_listening", {{"channel", channel_}});
            if (tell_.listening) {
                tell_.listening();
            }
        }
    }
    if (rung && tell_.bell) {
        tell_.bell();
    }
    return {};
}

}  // namespace

std::unique_ptr<listener> make_listener(boost::asio::io_context& context, logger& log, client_options options,
                                        std::string channel, listener::events events) {
    return std::make_unique<proving_listener>(context, log, std::move(options), std::move(channel), std::move(events));
}

}  // namespace punctual::net::postgres
