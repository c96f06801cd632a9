#include "net/smtp/client.hpp"

#include "net/async/fault_point.hpp"
#include "net/async/loopback.hpp"
#include "net/async/timer.hpp"
#include "net/smtp/envelope.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <optional>
#include <string_view>
#include <utility>

namespace punctual::net::smtp {
namespace {

constexpr std::chrono::seconds quit_limit{2};

// An EHLO with a space or a line end in it would be another command.
bool is_helo_name(std::string_view name) {
    return !name.empty() && name.find_first_not_of(
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789.-:[]_") == std::string_view::npos;
}

client_options checked(client_options options) {
    options.pool.size = std::max<std::size_t>(options.pool.size, 1);
    return options;
}

session_settings settings_of(const client_options& options) {
    session_settings out;
    out.wanted = options.security;
    out.auth_in_clear = is_loopback_host(options.host);
    out.user = options.user;
    out.password = options.password;
    out.helo_name = is_helo_name(options.helo_name) ? options.helo_name : "localhost";
    out.command_limit = options.command_limit;
    out.dot_limit = options.dot_limit;
    return out;
}

mail_outcome connection_failure(std::string why) {
    mail_outcome out;
    out.verdict = mail_verdict::retry_connection;
    out.text = scrub(why);
    return out;
}

// Our own crowding, and no sign of how the server is.
mail_outcome not_tried(std::string why) {
    mail_outcome out;
    out.verdict = mail_verdict::no_turn;
    out.text = std::move(why);
    return out;
}

// After a hard cancel every wait ends at once: a loop has to look.
task<bool> is_cancelled() {
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    co_return state.cancelled() != boost::asio::cancellation_type::none;
}

struct connection {
    explicit connection(const session_settings& settings) : session{settings} {}

    protocol session;
    std::unique_ptr<byte_stream> stream;  // empty: not connected
    std::array<char, 2048> buffer{};
};

class pooled_client final : public client {
public:
    pooled_client(boost::asio::io_context& context, connector& network, logger& log, client_options options)
        : options_{checked(std::move(options))},
          settings_{settings_of(options_)},
          network_{network},
          log_{log},
          pool_{options_.pool},
          upkeep_{context.get_executor()} {
        for (std::size_t slot = 0; slot < options_.pool.size; ++slot) {
            connections_.emplace_back(settings_);
        }
    }

    task<mail_outcome> send(mail what, domain::lease lease, deadline until) override;
    task<mail_outcome> check(deadline until) override;
    task<> run() override;
    void stop() override;
    std::size_t capacity() const noexcept override { return options_.pool.size; }

private:
    struct waiter {
        explicit waiter(executor ex) : timer{ex} {}
        steady_timer timer;
        std::optional<pool::grant> granted;
    };

    // Gives the slot back however the send ends.
    class holding {
    public:
        holding(pooled_client& owner, std::size_t slot) : owner_{owner}, slot_{slot} {}
        ~holding() { owner_.give_back(slot_); }
        holding(const holding&) = delete;
        holding& operator=(const holding&) = delete;

    private:
        pooled_client& owner_;
        std::size_t slot_;
    };

    task<std::optional<pool::grant>> acquire(deadline until);
    void give_back(std::size_t slot) noexcept;
    task<bool> is_usable(connection& line, pool::grant grant, deadline until);
    task<mail_outcome> finished(connection& line, std::size_t slot);
    task<mail_outcome> open(connection& line, deadline until);
    // Until the session says idle or closed; then the stream is there or not.
    task<> drive(connection& line);
    task<> quit(connection& line, deadline until);

    client_options options_;
    session_settings settings_;
    connector& network_;
    logger& log_;
    pool pool_;
    std::deque<connection> connections_;
    std::list<waiter*> waiting_;
    steady_timer upkeep_;
    bool upkeep_sleeps_for_ever_ = false;
    bool stopping_ = false;
};

task<mail_outcome> pooled_client::send(mail what, domain::lease lease, deadline until) {
    if (auto refused = refuse_unsendable(what)) {
        co_return std::move(*refused);
    }
    const auto grant = co_await acquire(std::min(until, boot_now() + options_.wait_limit));
    if (!grant) {
        co_return not_tried("no connection to the mail server became free in time");
    }
    const holding held{*this, grant->slot};
    if (!lease.holds(boot_now())) {
        mail_outcome over;
        over.verdict = mail_verdict::lease_lost;
        over.text = "the claim was over before a connection was free";
        co_return over;
    }
    auto& line = connections_[grant->slot];
    if (grant->kept && co_await is_usable(line, *grant, until)) {
        line.session.send(std::move(what), lease, until, true);
        fault_point("smtp.before_mail");
        co_await drive(line);
        if (!line.session.was_stale() || co_await is_cancelled()) {
            co_return co_await finished(line, grant->slot);
        }
        what = line.session.take_back();
        log_.debug("smtp_kept_connection_was_gone");
    }
    auto opened = co_await open(line, until);
    if (opened.verdict != mail_verdict::accepted) {
        co_return opened;
    }
    pool_.renewed(grant->slot);
    line.session.send(std::move(what), lease, until, false);
    fault_point("smtp.before_mail");
    co_await drive(line);
    co_return co_await finished(line, grant->slot);
}

// RFC 5321 §4.1.1.10: QUIT before closing. Whatever comes of it, the outcome stands.
task<mail_outcome> pooled_client::finished(connection& line, std::size_t slot) {
    auto out = line.session.outcome();
    if (stopping_ || pool_.is_last(slot)) {
        co_await quit(line, boot_now() + quit_limit);
    }
    co_return out;
}

task<bool> pooled_client::is_usable(connection& line, pool::grant grant, deadline until) {
    if (line.stream == nullptr || line.stream->is_stale()) {
        line.stream.reset();
        co_return false;
    }
    if (grant.needs_probe) {
        // A connection that a firewall forgot takes the mail's commands in silence; find out sooner.
        line.session.probe(std::min(until, boot_now() + options_.probe_limit));
        co_await drive(line);
    }
    co_return line.stream != nullptr;
}

task<mail_outcome> pooled_client::open(connection& line, deadline until) {
    line.stream.reset();
    // Plain at first also for implicit TLS: the handshake has a command's time, not the connect's.
    endpoint to{.host = options_.host, .port = options_.port, .security = transport::plain};
    const auto connect_until = std::min(until, boot_now() + options_.connect_limit);
    auto connected = co_await network_.connect(std::move(to), connect_until);
    if (!connected) {
        co_return connection_failure(connected.error().message());
    }
    line.stream = std::move(*connected);
    fault_point("smtp.connected");
    line.session.open(until);
    co_await drive(line);
    fault_point("smtp.opened");
    co_return line.session.outcome();
}

task<> pooled_client::drive(connection& line) {
    for (;;) {
        const auto step = line.session.next(boot_now());
        auto& stream = *line.stream;
        switch (step.kind) {
            case action_kind::idle:
                co_return;
            case action_kind::closed:
                line.stream.reset();
                co_return;
            case action_kind::read: {
                const auto got = co_await stream.read_some(line.buffer, step.until);
                if (got) {
                    line.session.received({line.buffer.data(), *got});
                } else {
                    line.session.lost(got.error().message(), 0, false);
                }
                break;
            }
            case action_kind::write: {
                const auto before = stream.bytes_written();
                auto bytes = step.bytes;
                if (constexpr std::string_view dot = ".\r\n";
                    fault_awaits("smtp.body_written") && bytes.size() > dot.size() && bytes.ends_with(dot)) {
                    static_cast<void>(co_await stream.write(bytes.substr(0, bytes.size() - dot.size()), step.until));
                    fault_point("smtp.body_written");
                    bytes = dot;
                }
                const auto done = co_await stream.write(bytes, step.until);
                if (done) {
                    line.session.written();
                } else {
                    line.session.lost(done.error().message(), static_cast<std::size_t>(stream.bytes_written() - before),
                                      false);
                }
                break;
            }
            case action_kind::start_tls: {
                auto host = options_.host;
                const auto done = co_await stream.start_tls(std::move(host), step.until);
                if (done) {
                    line.session.tls_started();
                } else {
                    const bool certificate = done.error().code == stream_errc::tls_refused;
                    line.session.lost(done.error().message(), 0, certificate);
                }
                break;
            }
        }
    }
}

task<> pooled_client::quit(connection& line, deadline until) {
    if (line.stream != nullptr) {
        line.session.quit(until);
        co_await drive(line);
    }
}

task<mail_outcome> pooled_client::check(deadline until) {
    connection line{settings_};
    auto found = co_await open(line, until);
    if (found.verdict == mail_verdict::accepted) {
        co_await quit(line, std::min(until, boot_now() + quit_limit));
    }
    co_return found;
}

task<std::optional<pool::grant>> pooled_client::acquire(deadline until) {
    const auto now = boot_now();
    if (waiting_.empty()) {
        if (auto grant = pool_.acquire(now)) {
            co_return grant;
        }
    }
    if (until <= now) {
        co_return std::nullopt;
    }
    waiter me{upkeep_.get_executor()};
    const auto at = waiting_.insert(waiting_.end(), &me);
    me.timer.expires_after(time_left(until));
    co_await me.timer.async_wait(use_result);
    if (!me.granted) {
        waiting_.erase(at);
    }
    co_return me.granted;
}

void pooled_client::give_back(std::size_t slot) noexcept {
    auto& line = connections_[slot];
    const auto now = boot_now();
    if (!pool_.release(slot, line.stream != nullptr && !stopping_, now)) {
        line.stream.reset();
    }
    if (!waiting_.empty()) {
        // The slot is handed over here: whoever came later must not overtake.
        if (auto grant = pool_.acquire(now)) {
            auto& next = *waiting_.front();
            waiting_.pop_front();
            next.granted = grant;
            next.timer.cancel();
        }
    } else if (upkeep_sleeps_for_ever_) {
        upkeep_.cancel();
    }
}

task<> pooled_client::run() {
    while (!stopping_) {
        const auto expiry = pool_.next_expiry();
        upkeep_sleeps_for_ever_ = !expiry;
        if (expiry) {
            upkeep_.expires_after(time_left(*expiry) + std::chrono::milliseconds{1});
        } else {
            upkeep_.expires_at(steady_timer::time_point::max());
        }
        co_await upkeep_.async_wait(use_result);
        upkeep_sleeps_for_ever_ = false;
        if (co_await is_cancelled()) {
            co_return;
        }
        while (const auto slot = pool_.take_expired(boot_now())) {
            const holding held{*this, *slot};
            co_await quit(connections_[*slot], boot_now() + quit_limit);
        }
    }
    const auto until = boot_now() + quit_limit;
    while (const auto slot = pool_.take_expired(boot_now(), true)) {
        const holding held{*this, *slot};
        co_await quit(connections_[*slot], until);
    }
}

void pooled_client::stop() {
    stopping_ = true;
    upkeep_.cancel();
}

}  // namespace

std::unique_ptr<client> make_mailer(boost::asio::io_context& context, connector& network, logger& log,
                                    client_options options) {
    return std::make_unique<pooled_client>(context, network, log, std::move(options));
}

}  // namespace punctual::net::smtp
