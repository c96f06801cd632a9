#pragma once
// Which channels of a lane may send how much now, where the configuration limits messages per second
// (limits.email_per_second and the like). A channel without a limit has room for anything.
// Of a limited one no more are under way than there are connections: one that waited for a connection would go
// together with others when the provider wakes up, faster than allowed.

#include "domain/message_pace.hpp"
#include "domain/time.hpp"
#include "domain/vocabulary.hpp"

#include <cstddef>
#include <map>

namespace punctual::jobs {

class channel_paces {
public:
    // Messages a second by channel; 0: no limit.
    explicit channel_paces(const domain::channel_counts& per_second);

    [[nodiscard]] bool limits(domain::channel channel) const noexcept { return limited_.contains(channel); }
    // How many may be started, of a provider with so many connections; without a limit: more than anybody asks for.
    [[nodiscard]] std::size_t room(domain::channel channel, boot_time now, std::size_t connections) const;
    // The same, but none until there is room for `wanted` or for a whole burst: one commit for a handful, not each.
    [[nodiscard]] std::size_t worthwhile(domain::channel channel, boot_time now, std::size_t connections,
                                         std::size_t wanted) const;
    // When that is, as far as it is time alone that it waits for; without a limit: now.
    [[nodiscard]] boot_time when(domain::channel channel, boot_time now, std::size_t wanted) const;

    void started(domain::channel channel);
    // It is handed to the provider now.
    void handed_over(domain::channel channel, boot_time now);
    // `went`: it had been handed over.
    void ended(domain::channel channel, bool went);

private:
    struct limited {
        domain::message_pace pace;
        std::size_t under_way = 0;
    };

    std::map<domain::channel, limited> limited_;
};

}  // namespace punctual::jobs
