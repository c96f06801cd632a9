#pragma once
// The messenger on Twilio's REST API. Its client must be one for the API's host.

#include "net/https/client.hpp"
#include "net/twilio/account.hpp"
#include "net/twilio/account_gate.hpp"
#include "net/twilio/messenger.hpp"
#include "net/twilio/text_request.hpp"

#include <memory>
#include <string>

namespace punctual::net::twilio {

struct messenger_options {
    account who;
    senders from;
    std::string path_prefix;  // of the base URL
};

// Client and gate must outlive it; the gate is the account's, shared with the rooms.
[[nodiscard]] std::unique_ptr<messenger> make_messenger(https::client& client, account_gate& gate,
                                                        messenger_options options);

}  // namespace punctual::net::twilio
