#pragma once
// Turns for a bounded number of connections, in order of asking, and the idle ones between two uses.

#include "net/async/byte_stream.hpp"
#include "net/async/timer.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace punctual::net::https {

class connection_pool {
public:
    connection_pool(const executor& ex, std::size_t size, boot_clock::duration idle_limit)
        : executor_{ex}, size_{size}, idle_limit_{idle_limit} {}

    // A turn is given back when the object goes, at the latest.
    class turn {
    public:
        explicit turn(connection_pool& pool) noexcept : pool_{&pool} {}
        turn(turn&& other) noexcept : pool_{std::exchange(other.pool_, nullptr)} {}
        turn& operator=(turn&&) = delete;
        ~turn() {
            if (pool_ != nullptr) {
                pool_->give_back();
            }
        }

    private:
        connection_pool* pool_;
    };

    // Errors: timed_out, cancelled.
    [[nodiscard]] task<result<turn>> take_turn(deadline until);

    // The freshest idle connection that is still alive, or nothing.
    [[nodiscard]] std::unique_ptr<byte_stream> take_idle();
    void keep(std::unique_ptr<byte_stream> stream);
    void close_idle(bool all);

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    struct waiter {
        explicit waiter(const executor& ex) : timer{ex} {}
        steady_timer timer;
        bool granted = false;
    };
    struct idle_connection {
        std::unique_ptr<byte_stream> stream;
        boot_time since;
    };

    void give_back();

    executor executor_;
    std::size_t size_;
    boot_clock::duration idle_limit_;
    std::size_t used_ = 0;
    std::deque<waiter*> waiters_;
    std::vector<idle_connection> idle_;
};

}  // namespace punctual::net::https
