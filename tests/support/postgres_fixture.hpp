#pragma once
// A private Postgres, a client or listener on it, and a loop that is turned until something is true.

#include "net/async/task_group.hpp"
#include "net/log/logger.hpp"
#include "net/postgres/client.hpp"
#include "support/loop_fixture.hpp"
#include "support/private_postgres.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace punctual::test {

class kept_log final : public net::logger {
public:
    void write(net::log_level, std::string_view event, std::initializer_list<net::log_field> fields) override {
        std::string line{event};
        for (const auto& field : fields) {
            line += " " + std::string{field.key} + "=" + field.value;
        }
        lines.push_back(std::move(line));
    }
    [[nodiscard]] std::ptrdiff_t count(std::string_view event) const {
        return std::ranges::count_if(lines, [&](const auto& line) { return line.starts_with(event); });
    }
    [[nodiscard]] std::string text() const {
        std::string all;
        for (const auto& line : lines) {
            all += line + "\n";
        }
        return all;
    }

    std::vector<std::string> lines;
};

class postgres_fixture : public loop_fixture {
protected:
    using rows_or_error = result<net::postgres::row_set>;

    ~postgres_fixture() override { stop_client(); }

    static net::postgres::client_options options_for(std::string conninfo) {
        net::postgres::client_options options;
        options.conninfo = std::move(conninfo);
        options.last_backoff = std::chrono::milliseconds{500};
        return options;
    }

    void start_client(net::postgres::client_options options) {
        client = net::postgres::make_client(context, log, std::move(options));
        client->on_connected([this] { ++connections; });
        client->on_lost([this](const error& why) { losses.push_back(why); });
        work.spawn("client", client->run());
    }
    // Every derived class calls it in its destructor, while its server is still there.
    void stop_client() {
        if (client) {
            client->stop();
            run_group(context, work);
        }
        cancel_group(context, group);
    }

    // Where answers appear: theirs is a longer life than the test's own variables have when it fails.
    std::vector<std::optional<rows_or_error>>& places(std::size_t count) { return places_.emplace_back(count); }

    // Turns the loop; false when it has not become true within the time.
    bool turn_until(const std::function<bool()>& is_true, std::chrono::seconds limit = std::chrono::seconds{20}) {
        const auto end = std::chrono::steady_clock::now() + limit;
        context.restart();
        // Asked once more than needed, a question that changes something would answer otherwise.
        bool came_true = is_true();
        while (!came_true && std::chrono::steady_clock::now() < end) {
            // In slices: some ask the server, which makes no event here.
            context.run_one_for(std::chrono::milliseconds{20});
            context.restart();
            came_true = is_true();
        }
        return came_true;
    }

    rows_or_error ask(std::string_view sql, net::postgres::parameters with = {},
                      std::chrono::milliseconds time = std::chrono::seconds{10}) {
        return run(client->query(sql, std::move(with), within(time)));
    }

    // Asked in the background; the answer appears in the vector's place.
    void ask_later(std::string_view sql, net::postgres::parameters with, std::chrono::milliseconds time,
                   std::optional<rows_or_error>& into) {
        work.spawn("query", store_into(client->query(sql, std::move(with), within(time)), into));
    }

private:
    std::list<std::vector<std::optional<rows_or_error>>> places_;

protected:
    kept_log log;
    std::unique_ptr<net::postgres::client> client;
    int connections = 0;
    std::vector<error> losses;
    std::exception_ptr thrown;
    net::task_group group{context.get_executor(), {}};
    net::task_group work{context.get_executor(),
                         [this](std::string_view, std::exception_ptr why) { thrown = why ? why : thrown; }};
};

}  // namespace punctual::test
