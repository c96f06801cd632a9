#pragma once
// Who came, and what follows: a visit by video is completed when both were there, a no_show is proposed when nobody
// or one side was, and somebody is told when one waits for the other (domain rules §5). Twilio is asked once who was
// there before anything is decided, since callbacks may be lost.
//
// It never ends a room. Beside another system (shadow) it writes no status: that one does.

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
#include <map>
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
    enum class watch : std::uint8_t {
        over,        // they have met, it has ended, or everybody knows: no more to look for
        going_on,    // somebody may still come to an empty room
        unanswered,  // to be tried again soon
    };
    // From some minutes after its start until its end: does one of the two wait for the other? Each side is told once.
    [[nodiscard]] net::task<watch> nudge(domain::scheduled_visit visit);

private:
    // How far Twilio's answer can be relied on.
    enum class clarity : std::uint8_t { clear, missing, away };

    [[nodiscard]] net::task<result<clarity>> ask_twilio(domain::appointment_id id,
                                                        const std::vector<std::string>& rooms);
    [[nodiscard]] net::task<bool> complete(domain::appointment_id id);
    [[nodiscard]] net::task<bool> propose(const net::api_appointment& of, net::absence who);
    [[nodiscard]] net::task<watch> tell(domain::scheduled_visit visit, domain::role absent);

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
    // Of visits that are looked at: of whose absence it was told. The rows are the truth; this spares asking for them.
    struct told {
        std::int32_t version = 0;
        bool patient = false;
        bool psychologist = false;
    };
    std::map<domain::appointment_id, told> told_;
    // Visits to be decided of which Twilio could not say who was there, since when.
    std::map<domain::appointment_id, boot_time> unclear_since_;
};

}  // namespace punctual::jobs
