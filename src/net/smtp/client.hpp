#pragma once
// The SMTP client: a bounded pool of kept connections to one server. It refuses to retry: apart from
// a kept connection that turns out to be gone before the server saw the mail, one send is one try.

#include "net/async/byte_stream.hpp"
#include "net/log/logger.hpp"
#include "net/smtp/mailer.hpp"
#include "net/smtp/pool.hpp"
#include "net/smtp/protocol.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace punctual::net::smtp {

struct client_options {
    std::string host;
    std::uint16_t port = 587;
    // `none` sends mail in clear text, and a password only to the loopback (localhost, 127.*, ::1).
    smtp::security security = smtp::security::starttls;
    std::string user;  // empty: no AUTH
    std::string password;
    std::string helo_name = "localhost";  // what EHLO says; a name or an address literal, ASCII
    pool_limits pool;
    std::chrono::nanoseconds wait_limit = std::chrono::seconds{5};  // for one of the pool to become free
    std::chrono::nanoseconds connect_limit = std::chrono::seconds{5};
    std::chrono::nanoseconds command_limit = std::chrono::seconds{30};
    std::chrono::nanoseconds dot_limit = std::chrono::seconds{120};
    std::chrono::nanoseconds probe_limit = std::chrono::seconds{3};
};

class client : public mailer {
public:
    // A connection of its own through greeting, TLS and AUTH, and QUIT; no mail. `accepted` with a
    // line that says how, or the verdict and line that a mail would get. Also the probe of a channel
    // that is held.
    [[nodiscard]] virtual task<mail_outcome> check(deadline until) = 0;
    // Closes kept connections that have been idle too long, until stop(); then closes all idle ones.
    [[nodiscard]] virtual task<> run() = 0;
    // Sends go on to their end, and their connections are closed after it.
    virtual void stop() = 0;
};

// The context, connector and logger must outlive the client, and the client every send.
[[nodiscard]] std::unique_ptr<client> make_mailer(boost::asio::io_context& context, connector& network, logger& log,
                                                  client_options options);

}  // namespace punctual::net::smtp
