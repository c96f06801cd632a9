#pragma once
// Forwards to the clinic, by e-mail, what people wrote to us and no program understands.
//
// The database holds what is to be forwarded, so a restart loses nothing; a lease there keeps two daemons from
// forwarding the same. A crash between the mail and its mark sends it once more, under the same Message-ID.

#include "domain/lease.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "net/metrics/metrics.hpp"
#include "net/rendering/composer.hpp"
#include "net/smtp/mailer.hpp"
#include "net/store/inbox.hpp"

#include <memory>

namespace punctual::jobs {

class inbound_forwarder {
public:
    // All outlive it.
    inbound_forwarder(net::smtp::mailer& mailer, const net::rendering::composer& composer, net::inbox& inbox,
                      net::clock& clock, net::logger& log, net::metrics& metrics);

    void wake();  // something has come

    // Ends after stop().
    [[nodiscard]] net::task<> run();
    void stop();

private:
    // How many it took; nullopt: the database did not say.
    [[nodiscard]] net::task<std::optional<std::size_t>> forward_some();
    [[nodiscard]] net::task<> forward(net::unread_message what, domain::lease lease);

    net::smtp::mailer& mailer_;
    const net::rendering::composer& composer_;
    net::inbox& inbox_;
    net::clock& clock_;
    net::logger& log_;
    net::counter& forwarded_;
    net::counter& refused_;
    std::unique_ptr<net::alarm> alarm_;
    bool stopping_ = false;
};

}  // namespace punctual::jobs
