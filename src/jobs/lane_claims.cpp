#include "jobs/lane_claims.hpp"

#include "domain/planted_bug.hpp"

#include <algorithm>
#include <utility>

namespace punctual::jobs {

using namespace std::chrono_literals;

lane_claims::lane_claims(const std::vector<domain::channel>& channels, const domain::channel_counts& per_second,
                         std::size_t largest)
    : channels_{channels}, largest_{largest}, paces_{per_second} {}

const std::vector<domain::planned_delivery>& lane_claims::take(std::size_t limit, domain::channel_counts allowed) {
    in_hand_ = queue_.take(limit, allowed);
    return in_hand_;
}

void lane_claims::put_back() {
    const auto batch = std::exchange(in_hand_, {});
    if (!domain::planted_bug::is(domain::planted_bug::mistake::queue_lost_on_error)) {
        queue_.put_back(batch);
    }
}

bool lane_claims::waits(domain::channel channel, wall_time now) const {
    return queue_.size(channel) > 0 || backlog_.at(index_of(channel)) || retries_due(now);
}

domain::channel_counts lane_claims::allowed(boot_time now, std::size_t connections) const {
    domain::channel_counts counts{};
    for (const auto channel : channels_) {
        const auto waiting = queue_.size(channel);
        if (waiting > 0) {
            counts.at(index_of(channel)) = paces_.worthwhile(channel, now, connections, waiting);
        }
    }
    return counts;
}

domain::channel_counts lane_claims::behind_backlog() const {
    domain::channel_counts counts{};
    for (const auto channel : channels_) {
        counts.at(index_of(channel)) = backlog_.at(index_of(channel)) ? largest_ : 0;
    }
    return counts;
}

std::size_t lane_claims::claimable(const domain::channel_counts& allowed) const {
    std::size_t sum = 0;
    for (const auto channel : channels_) {
        sum += std::min(queue_.size(channel), allowed.at(index_of(channel)));
    }
    return sum;
}

// What waits for a connection is told by its end.
boot_time lane_claims::next_allowed(boot_time now) const {
    auto next = boot_time::max();
    for (const auto channel : channels_) {
        const auto waiting = queue_.size(channel);
        if (waiting > 0 && paces_.limits(channel)) {
            const auto when = paces_.when(channel, now, waiting);
            next = when > now ? std::min(next, when) : next;
        }
    }
    return next;
}

bool lane_claims::retry_at(wall_time when) {
    if (retry_at_ && *retry_at_ <= when) {
        return false;
    }
    retry_at_ = when;
    return true;
}

// Where more was due than could be claimed, a burst at a time.
std::size_t lane_claims::wanted_retries(domain::channel channel) const {
    return backlog_.at(index_of(channel)) ? largest_ : 1;
}

std::vector<lane_claims::retry_share> lane_claims::retry_shares(boot_time now, std::size_t free,
                                                                std::size_t connections) const {
    retry_share unlimited{.channels = {}, .limit = free};
    std::vector<retry_share> shares;
    for (const auto channel : channels_) {
        if (!paces_.limits(channel)) {
            unlimited.channels.push_back(channel);
        } else if (const auto some = paces_.worthwhile(channel, now, connections, wanted_retries(channel)); some > 0) {
            shares.push_back({.channels = {channel}, .limit = std::min(some, free)});
        }
    }
    if (!unlimited.channels.empty()) {
        shares.insert(shares.begin(), std::move(unlimited));
    }
    return shares;
}

boot_time lane_claims::next_retry_allowed(boot_time now) const {
    auto next = boot_time::max();
    for (const auto channel : channels_) {
        const auto when = paces_.when(channel, now, wanted_retries(channel));
        next = when > now ? std::min(next, when) : next;
    }
    return next;
}

std::chrono::microseconds lane_claims::pause_of(domain::channel channel, boot_time now, std::size_t connections) const {
    std::chrono::nanoseconds wait{};
    if (paces_.limits(channel)) {
        wait = paces_.when(channel, now, largest_) - now;
        // It waits for a connection, whose end wakes us; beside another channel, do not ask the database meanwhile.
        if (wait == 0ns && paces_.room(channel, now, connections) == 0) {
            wait = 100ms;
        }
    }
    return std::chrono::ceil<std::chrono::microseconds>(wait);
}

}  // namespace punctual::jobs
