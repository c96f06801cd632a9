#pragma once
// Writes outcomes to the database, as many at a time as have gathered while the last batch was being
// written. An outcome is kept until it is recorded: with the database away it waits and tries again.

#include "domain/delivery.hpp"
#include "jobs/outcome_tally.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "net/postgres/outage.hpp"
#include "net/store/store.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace punctual::jobs {

class recorder {
public:
    recorder(net::store& store, net::clock& clock, net::logger& log);

    void add(domain::outcome what);
    // Called for each outcome that leaves its row `retrying`, or an SMS in its place, once that is written: who
    // looks for the row before does not find it. For as long as the recorder runs.
    using retry_listener = std::function<void(const domain::delivery_id& id, wall_time next_attempt_at)>;
    void on_retry(retry_listener listener) { retry_listeners_.push_back(std::move(listener)); }
    // So much waits that no more should be sent: what is sent and not recorded may be sent again.
    [[nodiscard]] bool is_full() const noexcept { return pending() >= bound; }
    // Called when it is full no longer. For as long as the recorder runs.
    void on_relief(std::function<void()> call) { relief_listeners_.push_back(std::move(call)); }
    // Ends after stop() when everything is recorded, or at once after give_up(). Begun again after an exception, it
    // begins with what was in hand then.
    [[nodiscard]] net::task<> run();
    void stop();
    // What is not recorded now stays `claimed` in the database and is reconciled after its lease.
    void give_up();

    [[nodiscard]] std::size_t pending() const noexcept { return waiting_.size() + in_hand_.size(); }
    // Whether an outcome of that delivery waits to be written, or is being written.
    [[nodiscard]] bool holds(const domain::delivery_id& id) const;
    // All of which that is so.
    void append_held(std::vector<domain::delivery_id>& to) const;

private:
    static constexpr std::size_t bound = 2000;

    [[nodiscard]] net::task<bool> write(std::vector<domain::outcome> batch);
    // One by one, because the database refuses something in them: the others are not to suffer for it.
    [[nodiscard]] net::task<bool> write_apart(std::vector<domain::outcome> batch);

    net::store& store_;
    net::clock& clock_;
    net::logger& log_;
    std::unique_ptr<net::alarm> alarm_;
    std::vector<domain::outcome> waiting_;
    std::vector<domain::outcome> in_hand_;  // being written
    std::vector<retry_listener> retry_listeners_;
    std::vector<std::function<void()>> relief_listeners_;
    net::postgres::outage trouble_;
    outcome_tally not_accepted_;
    bool stopping_ = false;
    bool given_up_ = false;
};

}  // namespace punctual::jobs
