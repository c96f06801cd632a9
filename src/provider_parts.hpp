#pragma once
// What it takes to speak to each provider, for the composition root alone.

#include "net/async/connector.hpp"
#include "net/smtp/client.hpp"
#include "net/twilio/connections.hpp"

#include <memory>

namespace punctual {

struct email_parts {
    std::unique_ptr<net::connector> connector;
    std::unique_ptr<net::smtp::client> mailer;
};

struct twilio_parts {
    std::unique_ptr<net::connector> connector;
    std::unique_ptr<net::twilio::connections> connections;
};

}  // namespace punctual
