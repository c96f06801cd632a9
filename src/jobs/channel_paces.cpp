#include "jobs/channel_paces.hpp"

#include <algorithm>
#include <limits>

namespace punctual::jobs {
namespace {

constexpr auto any = std::numeric_limits<std::size_t>::max();

}  // namespace

channel_paces::channel_paces(const domain::channel_counts& per_second) {
    for (std::size_t at = 0; at < per_second.size(); ++at) {
        if (per_second.at(at) > 0) {
            limited_.emplace(static_cast<domain::channel>(at),
                             limited{.pace = domain::message_pace{per_second.at(at)}});
        }
    }
}

std::size_t channel_paces::room(domain::channel channel, boot_time now, std::size_t connections) const {
    const auto at = limited_.find(channel);
    if (at == limited_.end()) {
        return any;
    }
    const auto& [pace, under_way] = at->second;
    return under_way < connections ? std::min(pace.available(now), connections - under_way) : 0;
}

std::size_t channel_paces::worthwhile(domain::channel channel, boot_time now, std::size_t connections,
                                      std::size_t wanted) const {
    const auto at = limited_.find(channel);
    return at == limited_.end() || at->second.pace.is_ready(now, wanted) ? room(channel, now, connections) : 0;
}

boot_time channel_paces::when(domain::channel channel, boot_time now, std::size_t wanted) const {
    const auto at = limited_.find(channel);
    return at == limited_.end() ? now : at->second.pace.when(now, wanted);
}

void channel_paces::started(domain::channel channel) {
    if (const auto at = limited_.find(channel); at != limited_.end()) {
        at->second.pace.reserve();
        ++at->second.under_way;
    }
}

void channel_paces::handed_over(domain::channel channel, boot_time now) {
    if (const auto at = limited_.find(channel); at != limited_.end()) {
        at->second.pace.spend(now);
    }
}

void channel_paces::ended(domain::channel channel, bool went) {
    // One that was never started has no place to give back: under_way would count down from none.
    if (const auto at = limited_.find(channel); at != limited_.end() && at->second.under_way > 0) {
        --at->second.under_way;
        if (!went) {
            at->second.pace.give_back();
        }
    }
}

}  // namespace punctual::jobs
