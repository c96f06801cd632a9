#pragma once
// How many messages may go to a provider now: a token bucket as a value (GCRA, the way of ITU-T I.371). A message is
// reserved when it is claimed and spent when it is handed over; one that is not sent after all gives its place back,
// so that skips cost nothing and yet no second ever sees more than the rate and one burst. The burst is a tenth of a
// second's worth, at least one message.
// It refuses to wait and keeps no list of messages: one time point and one count, whatever the rate. `now` is an
// argument, and must not run backward.

#include "domain/time.hpp"

#include <chrono>
#include <cstddef>

namespace punctual::domain {

class message_pace {
public:
    // From 1 to 1,000,000 messages a second.
    explicit message_pace(std::size_t per_second) noexcept;

    // How many could be reserved now.
    [[nodiscard]] std::size_t available(boot_time now) const noexcept;
    // When `wanted` can be, or a whole burst if that is less.
    [[nodiscard]] boot_time when(boot_time now, std::size_t wanted) const noexcept;
    [[nodiscard]] bool is_ready(boot_time now, std::size_t wanted) const noexcept { return when(now, wanted) <= now; }

    // There is one available.
    void reserve() noexcept { ++reserved_; }
    // What was reserved goes now.
    void spend(boot_time now) noexcept;
    // What was reserved does not go.
    void give_back() noexcept;

    [[nodiscard]] std::size_t burst() const noexcept { return burst_; }

private:
    [[nodiscard]] boot_clock::duration worth(std::size_t messages) const noexcept;

    boot_clock::duration interval_;
    std::size_t burst_;
    std::size_t reserved_ = 0;
    boot_time full_at_{};  // the bucket's, if nothing more is spent
};

}  // namespace punctual::domain
