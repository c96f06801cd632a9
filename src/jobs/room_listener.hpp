#pragma once
// Takes in the callbacks of rooms: each is kept and acted on in one commit before it is answered, since Twilio calls
// once. What could only be kept is taken up again each minute, by this process or the next one.
//
// What breaks or is refused holds up none behind it: it is set aside, told, counted, and tried again, each time later.
//
// It refuses to order them by arrival: every event names the coming and going that it is about, so they may come
// late, twice, and in any order.

#include "jobs/room_event_service.hpp"
#include "jobs/room_service.hpp"
#include "jobs/set_aside.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "net/metrics/metrics.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace punctual::jobs {

class room_listener final : public room_event_service {
public:
    struct events {
        // A callback that was kept, read again.
        std::function<net::room_event(const net::kept_event&)> read;
        // A room of that appointment is over.
        std::function<void(domain::appointment_id)> ended;
        // Somebody has come into one.
        std::function<void(domain::appointment_id)> came;
    };

    room_listener(room_service& rooms, net::visit_log& visits, net::clock& clock, net::logger& log,
                  net::metrics& metrics, events then);

    [[nodiscard]] net::task<result<>> take(net::room_event what, deadline until) override;

    // Takes up what was only kept; ends after stop().
    [[nodiscard]] net::task<> run();
    void stop();

private:
    [[nodiscard]] net::task<result<>> act(net::room_event what, deadline until);
    [[nodiscard]] net::task<> take_up();
    [[nodiscard]] net::task<result<>> act_again(net::kept_event kept);
    void put_aside(const std::string& key, std::string_view why);

    room_service& rooms_;
    net::visit_log& visits_;
    net::clock& clock_;
    net::logger& log_;
    net::counter& taken_;
    net::counter& foreign_;
    net::counter& broken_;
    net::gauge& aside_count_;
    events then_;
    std::unique_ptr<net::alarm> alarm_;
    set_aside<std::string, std::monostate> aside_;  // by key; what it is stays in the database
    bool stopping_ = false;
};

}  // namespace punctual::jobs
