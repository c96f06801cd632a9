#pragma once
// Coroutines stop at a closed door until the test opens it, their deadline comes, or they are cancelled.

#include "net/async/clock.hpp"

#include <vector>

namespace punctual::test {

class door {
public:
    explicit door(net::clock& clock) : clock_{clock} {}

    void close() { open_ = false; }
    void open() {
        open_ = true;
        for (auto* one : waiting_) {
            one->poke();
        }
    }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

    // False: it did not open in time.
    [[nodiscard]] net::task<bool> pass(deadline until) {
        if (open_) {
            co_return true;
        }
        const auto alarm = clock_.make_alarm();
        waiting_.push_back(alarm.get());
        co_await alarm->wait_until(until);
        std::erase(waiting_, alarm.get());
        co_return open_;
    }

private:
    net::clock& clock_;
    std::vector<net::alarm*> waiting_;
    bool open_ = true;
};

}  // namespace punctual::test
