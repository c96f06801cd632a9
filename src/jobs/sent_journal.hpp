#pragma once
// What this process has sent in the last minutes, in memory: after an asynchronous failover the new primary may
// lack the last commits of the old one, and then a message that has gone looks unsent there.
//
// By the message, not by its row: the row may be gone and made anew under another id. It is asked only for a
// while after a failover, and only of what was sent before it, so that a message that staff send again on
// purpose is not held back otherwise. It dies with the process, and knows nothing of other daemons: what it does not
// cover stands in docs/reliability.md.

#include "domain/delivery.hpp"
#include "domain/time.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <tuple>

namespace punctual::jobs {

class sent_journal {
public:
    // How far a standby may lag, and how long after a failover its gaps are expected to show.
    static constexpr std::chrono::minutes kept_for{10};
    static constexpr std::size_t most_kept = 50'000;

    // Of what a provider has accepted.
    void remember(const domain::claimed_delivery& what, domain::outcome how, boot_time now);
    void failed_over(boot_time now) noexcept { failed_over_ = now; }
    // The outcome that a row which is to be sent already had, under its own id; nullopt: nothing is known.
    [[nodiscard]] std::optional<domain::outcome> find(const domain::claimed_delivery& what, boot_time now) const;
    [[nodiscard]] std::size_t size() const noexcept { return sent_.size(); }

private:
    // The start too: an id or a version that was lost may be given to another booking.
    using key =
        std::tuple<domain::appointment_id, domain::kind, domain::channel, domain::person_id, std::int32_t, wall_time>;
    struct entry {
        domain::outcome how;
        boot_time at;
    };
    [[nodiscard]] static key key_of(const domain::claimed_delivery& what);

    std::map<key, entry> sent_;
    std::deque<std::pair<boot_time, key>> order_;
    std::optional<boot_time> failed_over_;
};

}  // namespace punctual::jobs
