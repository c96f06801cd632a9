#pragma once
// Who came, and what follows: a visit by video is completed when both were there, a no_show is proposed when nobody
// or one side was, and somebody is told when one waits for the other (domain rules §5). Twilio is asked once who was
// there before anything is decided, since callbacks may be lost.
//
// It never ends a room.

#include "domain/change.hpp"
#include "domain/policy.hpp"
#include "jobs/lane.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "net/metrics/metrics.hpp"
#include "net/store/store.hpp"
#include "net/store/visit_log.hpp"
#include "net/twilio/rooms.hpp"

#include <cstdint>
#include <vector>

namespace punctual::jobs {

class attendance_keeper {
public:
    // `rooms` null: video is not configured, nobody knows who came, and nothing is decided.
    attendance_keeper(net::twilio::rooms* rooms, const domain::policy& rules, std::vector<lane*> lanes,
                      net::store& store, net::visit_log& visits, net::clock& clock, net::logger& log,
                      net::metrics& metrics);

    // Of a visit by video whose room has ended, or whose window to join has closed. False: to be tried again.
    [[nodiscard]] net::task<bool> decide(domain::appointment_id id);
    // Some minutes after its start. False: to be tried again.
    [[nodiscard]] net::task<bool> nudge(domain::scheduled_visit visit);

private:
    // How far Twilio's answer can be relied on.
    enum class clarity : std::uint8_t { clear, missing, away };

    [[nodiscard]] net::task<result<clarity>> ask_twilio(domain::appointment_id id,
                                                        const std::vector<std::string>& rooms);
    [[nodiscard]] net::task<bool> complete(domain::appointment_id id);
    [[nodiscard]] net::task<bool> propose(const net::api_appointment& of, net::absence who);

    net::twilio::rooms* rooms_;
    const domain::policy& rules_;
    std::vector<lane*> lanes_;
    net::store& store_;
    net::visit_log& visits_;
    net::clock& clock_;
    net::logger& log_;
    net::counter& completed_;
    net::counter& proposed_;
    net::counter& nudged_;
};

}  // namespace punctual::jobs
