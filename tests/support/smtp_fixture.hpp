#pragma once
// A loop, a connector that trusts the test's CA, and a client of a peer on the loopback.

#include "net/smtp/client.hpp"
#include "support/loop_fixture.hpp"
#include "support/test_certificates.hpp"

#include <memory>
#include <string>
#include <utility>

namespace punctual::test {

class smtp_fixture : public loop_fixture {
protected:
    smtp_fixture() : log{net::make_null_logger()} {}

    [[nodiscard]] net::smtp::client_options options(std::uint16_t port,
                                                    net::smtp::security wanted = net::smtp::security::none) const {
        net::smtp::client_options out;
        out.host = "localhost";
        out.port = port;
        out.security = wanted;
        out.helo_name = "punctual.test";
        return out;
    }

    std::unique_ptr<net::smtp::client> make_client(net::smtp::client_options with) {
        network = net::make_connector(context, authority.file());
        return net::smtp::make_mailer(context, *network, *log, std::move(with));
    }

    static net::smtp::mail mail_number(int number) {
        const auto text = std::to_string(number);
        return {"clinic@example.com", "ann" + text + "@example.com", "Subject: mail " + text + "\r\n\r\n.dot\r\n"};
    }

    net::smtp::mail_outcome send(net::smtp::client& with, net::smtp::mail what) {
        return run(with.send(std::move(what), deadline::max(), within(std::chrono::seconds{20})));
    }

    std::unique_ptr<net::logger> log;
    certificate_authority authority;
    std::unique_ptr<net::connector> network;
};

}  // namespace punctual::test
