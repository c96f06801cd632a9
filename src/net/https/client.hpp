#pragma once
// HTTP/1.1 requests to one endpoint over a few kept connections.
//
// It never follows a redirect, and never repeats a POST of which a byte was written. A GET on a kept
// connection that turns out to be dead goes once more on a fresh one. Deadlines are total: waiting for a
// free connection, connecting, writing and the whole answer.

#include "domain/lease.hpp"
#include "net/async/byte_stream.hpp"
#include "net/https/errc.hpp"
#include "net/https/message.hpp"

#include <chrono>
#include <cstddef>
#include <memory>

namespace punctual::net::https {

struct client_options {
    endpoint to;
    std::size_t connections = 8;
    std::chrono::seconds connect_timeout{5};
    std::chrono::seconds idle_limit{30};  // a connection idle for longer is not used again
    std::chrono::seconds wait_limit{5};   // for one of the connections to become free
};

class client {
public:
    virtual ~client() = default;
    // Any status is an answer, redirects too. Errors are https_errc. Without the `lease` no byte of the
    // request is written.
    [[nodiscard]] virtual task<result<response>> send(request what, domain::lease lease, deadline until) = 0;
    // How many requests can be under way at once.
    [[nodiscard]] virtual std::size_t capacity() const noexcept = 0;
    // Lets kept connections go: those idle beyond the limit, or all.
    virtual void close_idle(bool all) = 0;
};

// `by` must outlive the client; calls under way must have ended before the client goes.
[[nodiscard]] std::unique_ptr<client> make_client(const executor& ex, connector& by, client_options options);

// The bytes of a request; bad_request when target or headers would break its frame. For tests, too.
[[nodiscard]] result<std::string> serialise(const request& what, const endpoint& to);

}  // namespace punctual::net::https
