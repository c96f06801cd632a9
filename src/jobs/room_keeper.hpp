#pragma once
// The one way to a live room: found or made at Twilio under the appointment's own name, and written
// down. Requests for the same appointment that come together share one answer, so that a thousand
// clicks make one room.

#include "jobs/room_service.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "net/postgres/outage.hpp"
#include "net/store/store.hpp"
#include "net/twilio/rooms.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace punctual::jobs {

class room_keeper final : public room_service {
public:
    // `rooms` null: video is not configured, and every request is refused with not_configured.
    room_keeper(net::twilio::rooms* rooms, net::store& store, net::clock& clock, net::logger& log);

    [[nodiscard]] net::task<result<room_info>> open_room(domain::appointment_id id, deadline until) override;
    [[nodiscard]] net::task<result<>> room_ended(std::string name, std::string sid, deadline until) override;

private:
    struct flight {
        std::vector<net::alarm*> waiting;
        std::optional<result<room_info>> answer;
    };

    struct landing {
        room_keeper& keeper;
        domain::appointment_id id;
        flight& of;
        ~landing();
    };

    // Seen in progress at Twilio a moment ago: the next click need not ask again.
    struct seen {
        room_info info;
        boot_time at{};
    };

    [[nodiscard]] std::optional<room_info> seen_just_now(domain::appointment_id id);
    [[nodiscard]] net::task<result<room_info>> open(domain::appointment_id id, deadline until);
    [[nodiscard]] net::task<bool> end_if_dropped(domain::appointment_id id, std::string sid, deadline until);
    [[nodiscard]] net::task<result<room_info>> share(std::shared_ptr<flight> with, deadline until);

    net::twilio::rooms* rooms_;
    net::store& store_;
    net::clock& clock_;
    net::logger& log_;
    net::postgres::outage trouble_;  // with Twilio
    std::map<domain::appointment_id, std::shared_ptr<flight>> flights_;
    std::map<domain::appointment_id, seen> seen_;
};

}  // namespace punctual::jobs
