#pragma once
// What a lane may claim, and when: what is queued, what waits in the database for another try, and what the limits of
// messages a second leave room for, by channel. Together limited channels hold up nobody but themselves.
// It refuses to claim anything, and to know how many the provider could take beside: the lane tells.

#include "domain/delivery.hpp"
#include "jobs/channel_paces.hpp"
#include "jobs/due_queue.hpp"

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace punctual::jobs {

class lane_claims {
public:
    static constexpr domain::channel_counts everything{std::numeric_limits<std::size_t>::max(),
                                                       std::numeric_limits<std::size_t>::max(),
                                                       std::numeric_limits<std::size_t>::max()};

    // What may be claimed again in one statement.
    struct retry_share {
        std::vector<domain::channel> channels;
        std::size_t limit = 0;
    };

    // `largest`: of one statement. `channels` must outlive it.
    lane_claims(const std::vector<domain::channel>& channels, const domain::channel_counts& per_second,
                std::size_t largest);

    // The queue. take() keeps what it gives in hand until it is written() or put_back().
    void push(const domain::planned_delivery& what) { queue_.push(what); }
    [[nodiscard]] const std::vector<domain::planned_delivery>& take(std::size_t limit, domain::channel_counts allowed);
    void put_back();
    void written() noexcept { in_hand_.clear(); }
    [[nodiscard]] std::size_t queued() const noexcept { return queue_.size(); }
    [[nodiscard]] std::optional<wall_time> oldest_due() const { return queue_.oldest_due(); }

    // `connections` of the provider's, here and below.
    [[nodiscard]] std::size_t room(domain::channel channel, boot_time now, std::size_t connections) const {
        return paces_.room(channel, now, connections);
    }
    // Something of the channel is due already: what comes new is to compete with it.
    [[nodiscard]] bool waits(domain::channel channel, wall_time now) const;

    // Of what is queued, by channel: what may be claimed now, and what is to wait in the database instead, since more
    // of its channel does. There all compete by how soon they are of no use, and nothing fresh waits for what was
    // first.
    [[nodiscard]] domain::channel_counts allowed(boot_time now, std::size_t connections) const;
    [[nodiscard]] domain::channel_counts behind_backlog() const;
    // How many of the queue that is.
    [[nodiscard]] std::size_t claimable(const domain::channel_counts& allowed) const;
    // When something of the queue may be claimed that may not now; max: nothing that time alone brings.
    [[nodiscard]] boot_time next_allowed(boot_time now) const;

    // What waits in the database. False: it was known to be so early already.
    bool retry_at(wall_time when);
    [[nodiscard]] std::optional<wall_time> next_retry() const noexcept { return retry_at_; }
    [[nodiscard]] bool retries_due(wall_time now) const { return retry_at_ && *retry_at_ <= now; }
    // Channels without a limit together, each limited one for itself; none that has no room.
    [[nodiscard]] std::vector<retry_share> retry_shares(boot_time now, std::size_t free, std::size_t connections) const;
    // When that may be more than now, as next_allowed() has it.
    [[nodiscard]] boot_time next_retry_allowed(boot_time now) const;
    // Nothing is known of when to look again.
    void forget_retry() noexcept { retry_at_.reset(); }
    // `more`: as many as were asked for came, so that more may be due.
    void note_backlog(domain::channel channel, bool more) { backlog_.at(domain::index_of(channel)) = more; }
    // For how long to leave a channel alone of which more may be due.
    [[nodiscard]] std::chrono::microseconds pause_of(domain::channel channel, boot_time now,
                                                     std::size_t connections) const;

    void started(domain::channel channel) { paces_.started(channel); }
    void handed_over(domain::channel channel, boot_time now) { paces_.handed_over(channel, now); }
    void ended(domain::channel channel, bool went) { paces_.ended(channel, went); }

private:
    [[nodiscard]] std::size_t wanted_retries(domain::channel channel) const;

    const std::vector<domain::channel>& channels_;
    std::size_t largest_;
    due_queue queue_;
    std::vector<domain::planned_delivery> in_hand_;  // out of it, until they are written
    channel_paces paces_;
    domain::by_channel<bool> backlog_{};  // more is due in the database than could be claimed at once
    std::optional<wall_time> retry_at_;
};

}  // namespace punctual::jobs
