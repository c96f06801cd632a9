#pragma once
// A loop that a thread turns, for peers whose other end is another process. What the peers remember is read through
// atomics, or after stop(); a peer is made before start() and goes after stop().

#include <boost/asio/io_context.hpp>

#include <thread>

namespace punctual::test {

class threaded_loop {
public:
    threaded_loop() = default;
    ~threaded_loop() { stop(); }
    threaded_loop(const threaded_loop&) = delete;
    threaded_loop& operator=(const threaded_loop&) = delete;

    void start() {
        context.restart();
        thread_ = std::thread{[this] { context.run(); }};
    }
    // From here on it is the test's own loop.
    void stop() {
        if (thread_.joinable()) {
            context.stop();
            thread_.join();
        }
    }

    // Starts it, and stops it before the peers that were made earlier in the same scope go.
    class turning {
    public:
        explicit turning(threaded_loop& loop) : loop_{loop} { loop_.start(); }
        ~turning() { loop_.stop(); }
        turning(const turning&) = delete;
        turning& operator=(const turning&) = delete;

    private:
        threaded_loop& loop_;
    };

    boost::asio::io_context context;

private:
    std::thread thread_;
};

}  // namespace punctual::test
