#pragma once
// Twilio as a server that can be sick, in a thread of its own: messages are taken and counted, or met by silence, a
// drip, a closed port, 429 or 503. For what the sandbox cannot do, and for when each request came.

#include "support/scripted_peer.hpp"
#include "support/threaded_loop.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace punctual::test {

enum class sickness : std::uint8_t {
    none,
    hang,    // takes the request, says nothing
    drip,    // a byte of the answer now and then, for ever
    busy,    // 429 with the headers given to be()
    broken,  // 503, nothing made
    gone,    // nobody listens
};

class twilio_peer {
public:
    struct request {
        std::chrono::steady_clock::time_point at;
        std::size_t at_once = 0;  // POSTs that were being answered, this one included
        bool taken = false;
    };

    twilio_peer();
    ~twilio_peer();

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    void be(sickness what, std::string headers = {});
    // POST Messages, in order.
    [[nodiscard]] std::vector<request> requests() const;
    // By number, how many messages were taken.
    [[nodiscard]] std::map<std::string, int> taken() const;
    [[nodiscard]] std::size_t connections() const { return connections_; }

private:
    [[nodiscard]] net::task<> serve(peer_connection& client);
    [[nodiscard]] net::task<> answer(peer_connection& client, std::string request);
    [[nodiscard]] std::string take(const std::string& request, std::size_t number);
    void open();
    void close();

    threaded_loop loop_;
    std::optional<scripted_peer> peer_;
    std::uint16_t port_ = 0;
    std::atomic<sickness> now_ = sickness::none;
    std::atomic<std::size_t> connections_ = 0;
    mutable std::mutex mutex_;  // of what follows
    std::string headers_;
    std::vector<request> requests_;
    std::map<std::string, int> taken_;
    std::size_t at_once_ = 0;
};

}  // namespace punctual::test
