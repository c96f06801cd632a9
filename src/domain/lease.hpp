#pragma once
// The right to write one claimed message to its provider, as it stands at this moment. Whoever sends looks at it
// right before the first byte; meanwhile it may be renewed, or revoked because the appointment has changed.
// Copies are the same lease. It knows no clock: `now` is an argument.

#include "domain/time.hpp"

#include <algorithm>
#include <memory>

namespace punctual::domain {

class lease {
public:
    // Implicit: a plain time is a lease that nobody renews. The default one has run out.
    lease(boot_time until = {}) : state_{std::make_shared<state>(state{.until = until})} {}

    [[nodiscard]] bool holds(boot_time now) const noexcept {
        return !state_->revoked && now < state_->until && now < state_->limit;
    }
    // For a send of which nothing is begun, one that waits for a connection.
    [[nodiscard]] bool may_begin(boot_time now) const noexcept { return !state_->withheld && holds(now); }
    [[nodiscard]] boot_time until() const noexcept { return state_->until; }

    // `until` counts from before the renewal was asked for, so that ours is over before the database's is.
    void renew(boot_time until) noexcept { state_->until = std::max(state_->until, until); }
    // No renewal goes beyond it: the message is of no use then.
    void limit(boot_time last) noexcept { state_->limit = std::min(state_->limit, last); }
    // For good: what is to be sent of it is claimed anew, and read again by that.
    void revoke() noexcept { state_->revoked = true; }
    // Its provider is held: what is begun goes on, what is not is given back.
    void withhold() noexcept { state_->withheld = true; }

private:
    struct state {
        boot_time until;
        boot_time limit = boot_time::max();
        bool revoked = false;
        bool withheld = false;
    };
    std::shared_ptr<state> state_;
};

}  // namespace punctual::domain
