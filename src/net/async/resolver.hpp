#pragma once
// Names to addresses, off the loop. getaddrinfo(3) cannot be cancelled and may hang for minutes, so it
// runs on a few threads that nobody ever joins: a dead name server costs the caller its deadline, never
// another caller's turn and never the exit of the process.
//
// Answers are kept: fresh for a minute, and used up to an hour more while look-ups fail or hang. An
// IP literal needs no thread. It refuses to know about ports, SRV or MX.

#include "domain/result.hpp"
#include "domain/time.hpp"
#include "net/async/task.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace punctual::net {

using address_list = std::vector<boost::asio::ip::address>;

// Runs on a thread of the resolver, may block; must be thread-safe and own all that it uses, since it
// may still run when everything else is gone. A failure's text is safe to log.
using lookup_function = std::function<result<address_list>(const std::string& host)>;

// getaddrinfo(3), in its order (RFC 6724); at most 16 addresses.
[[nodiscard]] result<address_list> look_up_with_getaddrinfo(const std::string& host);

struct resolver_options {
    std::chrono::milliseconds fresh_for{std::chrono::minutes{1}};
    std::chrono::milliseconds stale_for{std::chrono::hours{1}};      // beyond fresh_for
    std::chrono::milliseconds stale_wait{500};                       // for a fresh answer, when there is a stale one
    std::chrono::milliseconds failure_for{std::chrono::seconds{1}};  // a failure is an answer that long
    std::size_t threads = 4;
    std::size_t names = 256;  // kept or asked for at once
};

class resolver {
public:
    explicit resolver(const executor& ex, lookup_function lookup = look_up_with_getaddrinfo,
                      resolver_options options = {});
    ~resolver();
    resolver(const resolver&) = delete;
    resolver& operator=(const resolver&) = delete;

    // At least one address; else resolve_failed (also when `until` passes) or cancelled.
    [[nodiscard]] task<result<address_list>> resolve(std::string host, deadline until);

private:
    struct cache;
    std::shared_ptr<cache> cache_;
};

}  // namespace punctual::net
