#include "commands/database_check.hpp"

#include "commands/first_trouble.hpp"
#include "net/async/task_group.hpp"
#include "net/postgres/client.hpp"
#include "net/store/postgres_store.hpp"
#include "wiring.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace punctual::commands {
namespace {

using namespace std::chrono_literals;

constexpr auto statement_time = 8s;
// The listener takes 5 s to give up its proof.
constexpr auto listen_time = 8s;
constexpr std::chrono::duration<double> tolerated_skew = 2s;

std::string first_few(const std::vector<std::string>& names) {
    constexpr std::size_t few = 3;
    std::string text;
    for (std::size_t at = 0; at < std::min(few, names.size()); ++at) {
        text.append(at == 0 ? "" : ", ").append(names[at]);
    }
    return names.size() > few ? text + " and " + std::to_string(names.size() - few) + " more" : text;
}

class checking {
public:
    checking(boost::asio::io_context& context, net::clock& clock, const config::settings& with)
        : clock_{clock},
          settings_{with},
          client_{net::postgres::make_client(context, log_, wiring::database(with, "punctuald check"))},
          done_{clock.make_alarm()},
          group_{context.get_executor(), [this](std::string_view, const std::exception_ptr&) { done_->poke(); }} {
        net::postgres::listener::events events{
            .listening =
                [this] {
                    listening_ = true;
                    done_->poke();
                },
            .bell = [] {},
            .lost =
                [this](const error& why) {
                    lost_ = "LISTEN: " + why.message();
                    done_->poke();
                },
        };
        listener_ = net::postgres::make_listener(context, quiet_, wiring::database(with, "punctuald check"),
                                                 "punctual_change", std::move(events));
        log_.on_trouble = [this] { client_->stop(); };
    }

    net::task<database_findings> run() {
        group_.spawn("database", client_->run());
        database_findings found;
        found.database = co_await look();
        found.clock = co_await compare_clocks();
        if (!found.database.good && !log_.why().empty()) {
            found.database.text = log_.why();
        }
        client_->stop();
        listener_->stop();
        co_await group_.wait();
        co_return found;
    }

private:
    net::task<finding> look() {
        const auto state = co_await net::read_migration_state(*client_, clock_.boot_now() + statement_time);
        if (!state) {
            co_return finding{false, why_refused(state.error())};
        }
        if (!state->changed.empty()) {
            co_return finding{false, first_few(state->changed) + " was applied with another text than this program's"};
        }
        if (!state->missing.empty()) {
            co_return finding{false, what_to_migrate(*state)};
        }
        const auto store = net::make_postgres_store(*client_, settings_.rules);
        const auto schema = co_await store->check_schema(clock_.boot_now() + statement_time);
        if (!schema) {
            co_return finding{false, schema.error().message()};
        }
        const auto deaf = co_await try_to_listen();
        if (!deaf.empty()) {
            co_return finding{false, deaf};
        }
        auto text = std::string{to_string(state->which)} + ", " + std::to_string(state->applied) + " migrations";
        if (state->unknown > 0) {
            text +=
                ", " + std::to_string(state->unknown) + " unknown to this program: the database has seen a newer one";
        }
        co_return finding{true, std::move(text)};
    }

    // Why nothing was heard; "" when it was.
    net::task<std::string> try_to_listen() {
        group_.spawn("listener", listener_->run());
        const auto until = clock_.boot_now() + listen_time;
        while (!listening_ && lost_.empty() && clock_.boot_now() < until) {
            co_await done_->wait_until(until);
        }
        if (listening_) {
            co_return std::string{};
        }
        co_return lost_.empty() ? std::string{"LISTEN: no notification to ourselves arrived in time"} : lost_;
    }

    net::task<finding> compare_clocks() {
        if (!client_->connected()) {
            co_return finding{false, "cannot be compared without the database"};
        }
        const auto asked = clock_.wall_now();
        const auto theirs = co_await net::read_database_clock(*client_, clock_.boot_now() + statement_time);
        if (!theirs) {
            co_return finding{false, theirs.error().message()};
        }
        // Half of the round trip is the way there.
        const std::chrono::duration<double> skew = *theirs - (asked + (clock_.wall_now() - asked) / 2);
        const bool good = std::abs(skew.count()) <= tolerated_skew.count();
        co_return finding{good, std::to_string(std::lround(skew.count() * 1000)) + " ms from the database's" +
                                    (good ? "" : ", expected at most 2 s: is the time synchronised?")};
    }

    net::clock& clock_;
    const config::settings& settings_;
    first_trouble log_;
    first_trouble quiet_;
    std::unique_ptr<net::postgres::client> client_;
    std::unique_ptr<net::postgres::listener> listener_;
    std::unique_ptr<net::alarm> done_;
    net::task_group group_;
    bool listening_ = false;
    std::string lost_;
};

}  // namespace

std::string why_refused(const error& what) {
    const bool forbidden = net::postgres::sqlstate(what) == "42501";
    return what.message() + (forbidden ? "; the role needs the grants of docs/operations.md" : "");
}

std::string what_to_migrate(const net::migration_state& found) {
    return "not migrated: " + first_few(found.missing) + " missing; run punctuald migrate --adapter " +
           (found.applied == 0 ? "ADAPTER" : std::string{to_string(found.which)});
}

net::task<database_findings> check_database(boost::asio::io_context& context, net::clock& clock,
                                            const config::settings& with) {
    checking work{context, clock, with};
    co_return co_await work.run();
}

}  // namespace punctual::commands
