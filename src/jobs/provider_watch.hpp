#pragma once
// The gate of a lane's provider as operators see it: what each attempt says of the provider goes in, every move of the
// gate is logged and counted.
// It refuses to know what waits behind the gate.

#include "domain/provider_gate.hpp"
#include "domain/time.hpp"
#include "jobs/sender.hpp"
#include "net/log/logger.hpp"
#include "net/metrics/metrics.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace punctual::jobs {

class provider_watch {
public:
    using state = domain::provider_gate::state;

    // `name` is the lane's. `random`: 0 to 1, asked for each pause after a failure.
    provider_watch(std::string name, net::logger& log, net::metrics& metrics, std::function<double()> random);

    [[nodiscard]] state current(boot_time now) const { return gate_.current(now); }
    // How many more could be asked of it now, beside those under way.
    [[nodiscard]] std::size_t allowance(boot_time now, std::size_t under_way, std::size_t depth) const {
        return gate_.allowance(now, under_way, depth);
    }
    // nullopt: it is not held.
    [[nodiscard]] std::optional<boot_time> held_until() const { return gate_.held_until(); }

    // True: it is held from now on, and all that is meant for it would be asking in vain.
    [[nodiscard]] bool judge(const attempt& result, boot_time now);
    // One goes to a provider that had been held.
    void probed(const domain::delivery_id& with, boot_time now);
    // In the metrics; time alone moves it too.
    void show(boot_time now);

private:
    bool moved(state before, const attempt& result, boot_time now);

    std::string name_;
    net::logger& log_;
    std::function<double()> random_;
    domain::provider_gate gate_;
    net::counter& holds_;
    std::map<state, net::gauge*> states_;
    std::optional<state> shown_;
    boot_time held_since_{};
};

}  // namespace punctual::jobs
