#pragma once
// Everything that talks to one Twilio account: a pool of connections a host, one gate for both, the
// messenger and the rooms on top.

#include "domain/result.hpp"
#include "net/async/byte_stream.hpp"
#include "net/https/base_url.hpp"
#include "net/twilio/make_messenger.hpp"
#include "net/twilio/make_rooms.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace punctual::net::twilio {

struct connection_options {
    account who;
    senders from;
    room_options room;
    std::string api_base_url = "https://api.twilio.com";
    std::string video_base_url = "https://video.twilio.com";
    std::size_t connections = 20;  // for messages; rooms have a few of their own
    std::chrono::seconds connect_timeout{5};
};

class connections {
public:
    connections(executor ex, connector& by, connection_options options, https::base_url api, https::base_url video);

    [[nodiscard]] twilio::messenger& messenger() noexcept { return *messenger_; }
    [[nodiscard]] twilio::rooms& rooms() noexcept { return *rooms_; }
    // At the end: kept connections are closed.
    void close();

private:
    account_gate gate_;
    std::unique_ptr<https::client> api_;
    std::unique_ptr<https::client> video_;
    std::unique_ptr<twilio::messenger> messenger_;
    std::unique_ptr<twilio::rooms> rooms_;
};

// `by` must outlive it. The error says which base URL is wrong and how.
[[nodiscard]] result<std::unique_ptr<connections>> make_connections(executor ex, connector& by,
                                                                    connection_options options);

}  // namespace punctual::net::twilio
