#include "net/postgres/client.hpp"

#include "net/async/fault_point.hpp"
#include "net/async/listed.hpp"
#include "net/postgres/back_off.hpp"
#include "net/postgres/copy_out.hpp"
#include "net/postgres/dialer.hpp"
#include "net/postgres/outage.hpp"
#include "net/postgres/pipeline.hpp"
#include "net/postgres/server_error.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>
#include <vector>

namespace punctual::net::postgres {
namespace {

// Asked and not yet sent; beyond it a caller is told at once.
constexpr std::size_t most_waiting = 4096;
// Sent and not yet answered: what a broken connection makes uncertain, so not more than keeps the
// server busy.
constexpr std::size_t most_under_way = 256;
// A connection that lived that long was a good one.
constexpr std::chrono::seconds good_life{5};

// A snapshot must not come from an old primary either.
client_options with_timelines(client_options options, timelines& seen) {
    options.seen = &seen;
    return options;
}

class pipelined_client final : public client {
public:
    pipelined_client(boost::asio::io_context& context, logger& log, client_options options)
        : executor_{context.get_executor()},
          log_{log},
          options_{options},
          dialer_{executor_, log, options},
          copy_dialer_{executor_, log, with_timelines(std::move(options), dialer_.seen())},
          pause_{executor_},
          helpers_{executor_, {}} {
        dialer_.seen().on_raised([this] { leave_outdated(); });
    }

    task<> run() override;
    void stop() override;
    void on_connected(std::function<void()> call) override { on_connected_.push_back(std::move(call)); }
    void on_lost(std::function<void(const error&)> call) override { on_lost_.push_back(std::move(call)); }
    void on_failover(std::function<void()> call) override { on_failover_.push_back(std::move(call)); }
    task<result<row_set>> query(std::string_view sql, parameters with, deadline until) override;
    task<result<std::uint64_t>> copy(std::string_view sql, std::function<void(copied_row)> each_row,
                                     deadline until) override;
    void stop_copies() override;
    bool connected() const noexcept override { return serving_ && !lost_; }

private:
    task<> serve(session with);
    task<> flush_when_writable();
    // A promotion elsewhere does not break a connection to the old primary.
    task<> watch_others();
    void leave_outdated();
    void compare_with_last(const session& with);
    result<> take_in();
    void pump();
    void drop(error why);
    void give_up(request& late);
    void disconnected();
    void end();

    executor executor_;
    logger& log_;
    client_options options_;
    dialer dialer_;
    dialer copy_dialer_;
    std::set<connection*> copies_;  // under way
    steady_timer pause_;
    task_group helpers_;
    std::vector<std::function<void()>> on_connected_;
    std::vector<std::function<void(const error&)>> on_lost_;
    std::vector<std::function<void()>> on_failover_;

    std::deque<std::shared_ptr<request>> waiting_;
    connection* link_ = nullptr;  // while serving
    std::unique_ptr<pipeline> pipeline_;
    std::string label_;  // of the session in use, or of the last one
    std::string system_;
    std::uint32_t timeline_ = 0;
    std::optional<error> lost_;  // why the connection in use cannot be used any more
    bool serving_ = false;
    bool flushing_ = false;
    bool stopping_ = false;
    bool copies_stopped_ = false;
    bool ended_ = false;
};

task<> pipelined_client::run() {
    back_off pauses{options_.first_backoff, options_.last_backoff};
    outage trouble;
    bool cancelled = false;
    while (!stopping_ && !cancelled) {
        auto made = co_await dialer_.dial(options_.statement_timeout);
        cancelled = co_await is_cancelled();
        if (stopping_ || cancelled) {
            break;
        }
        if (made) {
            trouble.over();
            const auto since = boot_now();
            auto served = std::move(*made);
            co_await serve(std::move(served));
            if (boot_now() - since > good_life) {
                pauses.reset();
            }
        } else if (trouble.is_new(made.error().detail)) {
            log_.error("postgres_unreachable", {{"why", made.error().message()}});
        }
        cancelled = co_await is_cancelled();
        if (!stopping_ && !cancelled) {
            pause_.expires_after(pauses.next());
            co_await pause_.async_wait(use_result);
            cancelled = co_await is_cancelled();
        }
    }
    end();
}

task<> pipelined_client::serve(session with) {
    if (!libpq::enter_pipeline_mode(with.link->native())) {
        log_.error("postgres_no_pipeline", {{"server", with.label}});
        co_return;
    }
    link_ = with.link.get();
    pipeline_ = std::make_unique<pipeline>(*link_);
    lost_.reset();
    serving_ = true;
    log_.info("postgres_connected", {{"server", with.label},
                                     {"timeline", with.timeline},
                                     {"tls", libpq::uses_tls(link_->native()) ? "yes" : "no"}});
    compare_with_last(with);
    leave_outdated();
    for (const auto& call : on_connected_) {
        call();
    }
    if (options_.watch_interval.count() > 0 && dialer_.hosts() > 1) {
        helpers_.spawn("postgres watch", watch_others());
    }
    pump();
    bool cancelled = co_await is_cancelled();
    while (!lost_ && !cancelled && !(stopping_ && pipeline_->under_way() == 0 && waiting_.empty())) {
        const auto woke = co_await link_->wait(connection::direction::read, deadline::max());
        cancelled = co_await is_cancelled();
        if (woke == connection::woken::broken) {
            drop({postgres_errc::not_connected, connection_trouble(link_->native())});
        } else if (woke == connection::woken::ready) {
            if (auto taken = take_in(); !taken) {
                drop(std::move(taken).error());
            }
            pump();
        }
    }
    if (lost_) {
        // Answers that came before the end are answers.
        [[maybe_unused]] const auto ended = take_in();
    }
    pipeline_->fail_all(
        {cancelled ? postgres_errc::cancelled : postgres_errc::outcome_unknown, lost_ ? lost_->detail : std::string{}});
    serving_ = false;
    helpers_.cancel();
    co_await helpers_.wait();
    disconnected();
}

void pipelined_client::compare_with_last(const session& with) {
    // Where the timeline cannot be asked for, another address may be another history.
    const bool same =
        with.system == system_ && with.timeline == timeline_ && (with.timeline > 0 || with.label == label_);
    const bool first = label_.empty();
    label_ = with.label;
    system_ = with.system;
    timeline_ = with.timeline;
    if (first || same) {
        return;
    }
    log_.warning("postgres_failed_over", {{"server", label_}, {"timeline", timeline_}});
    for (const auto& call : on_failover_) {
        call();
    }
}

void pipelined_client::leave_outdated() {
    if (serving_ && dialer_.seen().is_outdated(system_, timeline_)) {
        drop({postgres_errc::not_writable, label_ + " is an old primary: a higher timeline has been seen"});
    }
}

task<> pipelined_client::watch_others() {
    steady_timer between{executor_};
    while (connected() && !stopping_) {
        between.expires_after(options_.watch_interval);
        co_await between.async_wait(use_result);
        const bool cancelled = co_await is_cancelled();
        if (cancelled || stopping_ || !connected()) {
            break;
        }
        // What it shows is noted, and leave_outdated() does the rest; the session itself is not wanted.
        [[maybe_unused]] const auto looked = co_await dialer_.dial(options_.statement_timeout);
    }
}

result<> pipelined_client::take_in() {
    auto received = link_->receive();
    auto taken = pipeline_->take_answers();
    return taken ? received : taken;
}

void pipelined_client::disconnected() {
    const auto why = std::exchange(lost_, std::nullopt);
    pipeline_.reset();
    link_ = nullptr;
    if (!why) {
        log_.info("postgres_closed");
        return;
    }
    log_.warning("postgres_lost", {{"why", why->message()}});
    for (const auto& call : on_lost_) {
        call(*why);
    }
}

// Nobody may be left waiting.
void pipelined_client::end() {
    ended_ = true;
    for (auto& one : std::exchange(waiting_, {})) {
        one->complete(failure(postgres_errc::cancelled));
    }
}

void pipelined_client::stop() {
    stopping_ = true;
    dialer_.stop();
    stop_copies();
    pause_.cancel();
    if (link_ != nullptr) {
        link_->interrupt();
    }
}

void pipelined_client::drop(error why) {
    if (serving_ && !lost_) {
        lost_ = std::move(why);
        link_->interrupt();
    }
}

void pipelined_client::pump() {
    while (connected() && !waiting_.empty() && pipeline_->under_way() < most_under_way) {
        const auto taken = pipeline_->send(waiting_.front());
        if (taken != pipeline::taken::nothing) {
            waiting_.pop_front();
        }
        if (taken != pipeline::taken::all) {
            drop({postgres_errc::not_connected, connection_trouble(link_->native())});
        }
    }
    if (!connected() || flushing_) {
        return;
    }
    const int left = pipeline_->flush();
    if (left < 0) {
        drop({postgres_errc::not_connected, connection_trouble(link_->native())});
    } else if (left > 0) {
        flushing_ = true;
        helpers_.spawn("postgres flush", flush_when_writable());
    }
}

// serve() goes on reading meanwhile: a server that cannot get rid of its answers reads nothing.
task<> pipelined_client::flush_when_writable() {
    while (connected()) {
        const auto woke = co_await link_->wait(connection::direction::write, deadline::max());
        const bool cancelled = co_await is_cancelled();
        // stop() interrupts every wait; what was asked is still to be sent.
        if (cancelled || woke == connection::woken::broken || !connected() || pipeline_->flush() <= 0) {
            break;
        }
    }
    flushing_ = false;
}

task<result<row_set>> pipelined_client::query(std::string_view sql, parameters with, deadline until) {
    const bool cancelled_before = co_await is_cancelled();
    if (cancelled_before || stopping_ || ended_) {
        co_return failure(postgres_errc::cancelled);
    }
    for (const auto& value : with.values()) {
        if (value && value->find('\0') != std::string::npos) {
            // The text format would cut it there in silence; Postgres cannot hold it either.
            co_return std::unexpected{refusal("22021", "a parameter holds a null character")};
        }
    }
    if (with.values().size() > 65535) {
        co_return std::unexpected{refusal("54023", "more than 65,535 parameters")};
    }
    if (waiting_.size() >= most_waiting) {
        co_return failure(postgres_errc::not_connected, "too many statements are waiting");
    }
    const auto mine = std::make_shared<request>(executor_, sql, std::move(with));
    statement_fault_point(sql, "asked");
    waiting_.push_back(mine);
    pump();
    if (mine->sent) {
        statement_fault_point(sql, "sent");
    }
    while (!mine->answer) {
        const auto left = time_left(until);
        if (left <= boot_clock::duration::zero()) {
            give_up(*mine);
            break;
        }
        mine->news.expires_after(left);
        co_await mine->news.async_wait(use_result);
        const bool cancelled = co_await is_cancelled();
        if (!mine->answer && cancelled) {
            // What was sent stays in the pipeline, and its answer goes nowhere.
            std::erase(waiting_, mine);
            mine->complete(failure(postgres_errc::cancelled));
        }
    }
    auto answer = std::move(*mine->answer);
    statement_fault_point(sql, "answered");
    co_return std::move(answer);
}

void pipelined_client::give_up(request& late) {
    if (late.sent) {
        late.complete(failure(postgres_errc::outcome_unknown, "no answer before the deadline"));
        // libpq 15 cannot cancel without blocking, and what is behind it would wait too.
        drop({postgres_errc::not_connected, "a statement was not answered before its deadline"});
    } else {
        std::erase_if(waiting_, [&](const auto& one) { return one.get() == &late; });
        late.complete(failure(postgres_errc::timed_out, connected() ? "" : "not connected to Postgres"));
    }
}

task<result<std::uint64_t>> pipelined_client::copy(std::string_view sql, std::function<void(copied_row)> each_row,
                                                   deadline until) {
    if (copies_stopped_ || ended_) {
        co_return failure(postgres_errc::cancelled);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(time_left(until));
    auto made = co_await copy_dialer_.dial(std::max(left, std::chrono::milliseconds{1}));
    if (!made) {
        co_return std::unexpected{std::move(made).error()};
    }
    const auto own = std::move(*made);
    if (copies_stopped_) {
        co_return failure(postgres_errc::cancelled);
    }
    const listed under_way{copies_, *own.link};
    co_return co_await copy_out(*own.link, std::string{sql}, std::move(each_row), until, copies_stopped_);
}

void pipelined_client::stop_copies() {
    copies_stopped_ = true;
    copy_dialer_.stop();
    for (auto* link : copies_) {
        link->interrupt();
    }
}

}  // namespace

std::unique_ptr<client> make_client(boost::asio::io_context& context, logger& log, client_options options) {
    return std::make_unique<pipelined_client>(context, log, std::move(options));
}

}  // namespace punctual::net::postgres
