#pragma once
// Which of a fixed number of connections serves the next mail: book-keeping alone, it opens and
// closes nothing. Slots are empty, idle (a kept connection) or busy. The most recently used idle one
// goes first, so that after a burst the others grow old and are closed.

#include "domain/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace punctual::net::smtp {

struct pool_limits {
    std::size_t size = 10;
    std::size_t mails_per_connection = 100;
    std::chrono::nanoseconds idle_limit = std::chrono::seconds{60};   // then it is closed
    std::chrono::nanoseconds probe_after = std::chrono::seconds{10};  // idle longer: NOOP first
};

class pool {
public:
    struct grant {
        std::size_t slot = 0;
        bool kept = false;  // it holds a connection
        bool needs_probe = false;
    };

    explicit pool(pool_limits limits) : limits_{limits}, slots_(limits.size) {}

    // nullopt: all are busy.
    [[nodiscard]] std::optional<grant> acquire(boot_time now);
    // The busy slot's connection was replaced by a fresh one.
    void renewed(std::size_t slot) noexcept { slots_[slot].mails = 0; }
    // Its connection has carried as many mails as it may with the present one.
    [[nodiscard]] bool is_last(std::size_t slot) const noexcept {
        return slots_[slot].mails + 1 >= limits_.mails_per_connection;
    }
    // `healthy`: another mail could follow. True: keep the connection; false: close it, the slot is empty.
    [[nodiscard]] bool release(std::size_t slot, bool healthy, boot_time now);
    // An idle slot whose time is over (all idle ones when `all`); it is busy until released.
    [[nodiscard]] std::optional<std::size_t> take_expired(boot_time now, bool all = false);
    // When the next one's time is over; nullopt when none is idle.
    [[nodiscard]] std::optional<boot_time> next_expiry() const noexcept;

    [[nodiscard]] std::size_t busy() const noexcept;

private:
    enum class state : std::uint8_t { empty, idle, busy };
    struct slot {
        state is = state::empty;
        std::size_t mails = 0;
        boot_time idle_since{};
    };

    pool_limits limits_;
    std::vector<slot> slots_;
};

}  // namespace punctual::net::smtp
