#pragma once
// Writes outcomes to the database, as many at a time as have gathered while the last batch was being
// written. An outcome is kept until it is recorded: with the database away it waits and tries again.

#include "domain/delivery.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "net/store/store.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace punctual::jobs {

class recorder {
public:
    recorder(net::store& store, net::clock& clock, net::logger& log);

    void add(domain::outcome what);
    // Ends after stop() when everything is recorded, or at once after give_up().
    [[nodiscard]] net::task<> run();
    void stop();
    // What is not recorded now stays `claimed` in the database and is reconciled after its lease.
    void give_up();

    [[nodiscard]] std::size_t pending() const noexcept { return waiting_.size() + writing_; }

private:
    [[nodiscard]] net::task<bool> write(std::vector<domain::outcome> batch);

    net::store& store_;
    net::clock& clock_;
    net::logger& log_;
    std::unique_ptr<net::alarm> alarm_;
    std::vector<domain::outcome> waiting_;
    std::size_t writing_ = 0;
    bool stopping_ = false;
    bool given_up_ = false;
};

}  // namespace punctual::jobs
