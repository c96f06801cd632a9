#include "net/postgres/dialer.hpp"

#include "net/async/listed.hpp"
#include "net/postgres/database.hpp"
#include "net/postgres/server_error.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <vector>

namespace punctual::net::postgres {
namespace {

// Once one host has answered, how long the others may still show a higher timeline.
constexpr std::chrono::milliseconds grace{500};

// The timeline of the write-ahead log, not of pg_control_checkpoint(): after a promotion that one lags
// until the next checkpoint.
constexpr std::string_view identity_sql =
    "SELECT s.system_identifier, CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL "
    "ELSE pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8) END "
    "FROM pg_catalog.pg_control_system() AS s";

target_list parse_or_throw(const client_options& options) {
    auto parsed = parse_targets(options.conninfo, options.application_name);
    if (!parsed) {
        throw std::invalid_argument{parsed.error().detail};
    }
    return std::move(*parsed);
}

}  // namespace

struct dialer::round {
    round(const executor& ex, std::size_t hosts, std::string sql)
        : news{ex}, attempts{ex, {}}, answers(hosts), settings{std::move(sql)} {}

    steady_timer news;
    task_group attempts;
    std::vector<std::optional<result<session>>> answers;
    std::string settings;
    std::optional<boot_time> first_success;
    bool heard = false;
    bool abandoned = false;

    [[nodiscard]] bool complete() const {
        return std::ranges::all_of(answers, [](const auto& answer) { return answer.has_value(); });
    }
};

dialer::dialer(const executor& ex, logger& log, client_options options)
    : executor_{ex}, log_{log}, options_{std::move(options)}, targets_{parse_or_throw(options_)}, resolver_{ex} {}

void dialer::stop() {
    stopping_ = true;
    for (auto* one : rounds_) {
        one->news.cancel();
    }
}

task<result<session>> dialer::dial(std::chrono::milliseconds statement_timeout) {
    round now{executor_, targets_.hosts.size(), settings_sql(statement_timeout)};
    const listed under_way{rounds_, now};
    for (std::size_t i = 0; i < targets_.hosts.size(); ++i) {
        now.attempts.spawn("postgres connect", attempt(now, i));
    }
    bool cancelled = false;
    while (!now.complete()) {
        const bool killed = co_await is_cancelled();
        cancelled = stopping_ || killed;
        if (cancelled || (now.first_success && boot_now() >= *now.first_success + grace)) {
            break;
        }
        if (!std::exchange(now.heard, false)) {
            // Every attempt has a deadline of its own: without a success there is nothing to time.
            now.news.expires_after(now.first_success ? time_left(*now.first_success + grace) : std::chrono::hours{1});
            co_await now.news.async_wait(use_result);
        }
    }
    now.abandoned = true;
    now.attempts.cancel();
    co_await now.attempts.wait();
    if (cancelled || stopping_) {
        co_return failure(postgres_errc::cancelled);
    }
    co_return choose(now);
}

task<> dialer::attempt(round& in, std::size_t index) {
    auto& answer = in.answers[index];
    if (in.abandoned) {
        // A cancellation that came before the first turn is lost on a spawned coroutine.
        answer.emplace(failure(postgres_errc::cancelled));
    } else {
        auto made = co_await connect(targets_.hosts[index], in.settings, boot_now() + options_.connect_timeout);
        answer.emplace(std::move(made));
    }
    if (answer->has_value() && !in.first_success) {
        in.first_success = boot_now();
    }
    in.heard = true;
    in.news.cancel();
}

task<result<session>> dialer::connect(const target& to, std::string settings, deadline until) {
    std::vector<std::string> addresses;
    if (!to.host.empty()) {
        auto resolved = co_await resolver_.resolve(to.host, until);
        if (!resolved) {
            co_return failure(postgres_errc::not_connected, to.label + ": " + resolved.error().message());
        }
        for (const auto& address : *resolved) {
            addresses.push_back(address.to_string());
        }
    } else {
        addresses.emplace_back();
    }
    error last;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        auto with = to.with;
        if (!addresses[i].empty()) {
            with.emplace_back("hostaddr", addresses[i]);
        }
        // An address that swallows packets must leave time for the next one.
        const auto share = time_left(until) / static_cast<std::int64_t>(addresses.size() - i);
        auto link = std::make_unique<connection>(executor_, log_);
        auto opened = co_await link->open(std::move(with), boot_now() + share);
        if (opened) {
            co_return co_await set_up(std::move(link), to, std::move(settings), until);
        }
        last = std::move(opened).error();
        if (last.code == postgres_errc::cancelled) {
            break;
        }
    }
    // libpq mostly names the server itself.
    if (!last.detail.starts_with("connection to server")) {
        last.detail = to.label + ": " + last.detail;
    }
    co_return std::unexpected{std::move(last)};
}

std::string dialer::settings_sql(std::chrono::milliseconds statement_timeout) const {
    std::vector<std::pair<std::string, std::string>> settings{
        {"TimeZone", "UTC"},
        {"DateStyle", "ISO"},
        {"IntervalStyle", "postgres"},
        {"bytea_output", "hex"},
        {"extra_float_digits", "1"},
        // Every statement is prepared once and run for ever; planning one of the store's anew for each
        // call costs more than running it, and compiling it far more.
        {"plan_cache_mode", "force_generic_plan"},
        {"jit", "off"},
        // Such a plan is made when tables are small and is kept while they grow: only one that uses the
        // indexes stays right. (A table that has no fitting index is still scanned.)
        {"enable_seqscan", "off"},
        {"statement_timeout", std::to_string(statement_timeout.count())},
        {"lock_timeout", std::to_string(options_.lock_timeout.count())},
    };
    if (options_.read_only) {
        settings.emplace_back("default_transaction_read_only", "on");
    }
    std::string sql =
        "SELECT pg_catalog.pg_is_in_recovery() OR pg_catalog.current_setting('transaction_read_only')::bool, "
        "pg_catalog.pg_backend_pid()";
    for (const auto& [name, value] : settings) {
        sql.append(", pg_catalog.set_config('").append(name).append("', '").append(value).append("', false)");
    }
    // A claim that a crash of the server takes back would be sent twice.
    sql.append(
        ", CASE WHEN pg_catalog.current_setting('synchronous_commit') = 'off' "
        "THEN pg_catalog.set_config('synchronous_commit', 'on', false) END");
    return sql;
}

task<result<session>> dialer::set_up(std::unique_ptr<connection> link, const target& to, std::string settings,
                                     deadline until) {
    // By a statement, not by the start-up packet's `options`: poolers refuse that one.
    auto first = co_await link->ask(std::move(settings), until);
    if (!first) {
        co_return failure(postgres_errc::not_connected, to.label + ": " + first.error().message());
    }
    if (targets_.must_be_writable && first->text(0, 0) != "f") {
        co_return failure(postgres_errc::not_writable, to.label + " is a standby or read-only");
    }
    session made{std::move(link), to.label, {}, 0, false};
    made.pooled = first->text(0, 1) != std::to_string(libpq::backend_pid(made.link->native()));
    auto identity = co_await made.link->ask(std::string{identity_sql}, until);
    if (identity) {
        made.system = identity->text(0, 0).value_or("");
        const auto timeline = identity->text(0, 1).value_or("");
        std::from_chars(timeline.data(), timeline.data() + timeline.size(), made.timeline, 16);
    } else if (identity.error().code != postgres_errc::refused) {
        co_return failure(postgres_errc::not_connected, to.label + ": " + identity.error().message());
    } else if (!std::exchange(privilege_warned_, true)) {
        log_.warning("postgres_timeline_unknown", {{"server", to.label}, {"why", identity.error().message()}});
    }
    co_return std::move(made);
}

result<session> dialer::choose(round& from) {
    std::string reasons;
    bool all_read_only = true;
    auto complain = [&](const error& why) {
        all_read_only = all_read_only && why.code == postgres_errc::not_writable;
        reasons += (reasons.empty() ? "" : "; ") + why.detail;
    };
    for (auto& answer : from.answers) {
        if (answer && answer->has_value() && (*answer)->timeline > 0) {
            seen().saw((*answer)->system, (*answer)->timeline);
        }
    }
    std::optional<session> chosen;
    for (auto& answer : from.answers) {
        if (!answer || !answer->has_value()) {
            complain(answer ? answer->error() : error{postgres_errc::not_connected, "no answer in time"});
            continue;
        }
        auto& made = **answer;
        if (seen().is_outdated(made.system, made.timeline)) {
            const auto known = seen().highest(made.system);
            seen().count_refused();
            complain({postgres_errc::not_writable, made.label + " is an old primary: timeline " +
                                                       std::to_string(made.timeline) + ", seen " +
                                                       std::to_string(known)});
            if (alarmed_.emplace(made.label, made.timeline).second) {
                log_.error("postgres_old_primary",
                           {{"server", made.label}, {"timeline", made.timeline}, {"seen", known}});
            }
        } else if (!chosen) {
            chosen = std::move(made);
        }
    }
    if (chosen) {
        return std::move(*chosen);
    }
    return failure(all_read_only ? postgres_errc::not_writable : postgres_errc::not_connected, reasons);
}

}  // namespace punctual::net::postgres
