#pragma once
// The room of an appointment, as the API needs it: there when asked for, whatever Twilio has done with
// the last one.

#include "domain/result.hpp"
#include "domain/time.hpp"
#include "domain/vocabulary.hpp"
#include "net/async/task.hpp"

#include <string>

namespace punctual::jobs {

struct room_info {
    std::string name;      // fixed for the appointment
    std::string sid;       // of the room in progress
    std::string status;    // Twilio's word: in-progress
    bool created = false;  // made at Twilio by this call
};

class room_service {
public:
    virtual ~room_service() = default;

    // The in-progress room; made if there is none, made again under the same name if Twilio has ended
    // it. Callers at the same time share one request to Twilio. Quick when the room is known to be in
    // progress: every token asks. Errors: twilio_errc, store_errc.
    [[nodiscard]] virtual net::task<result<room_info>> open_room(domain::appointment_id id, deadline until) = 0;

    // Twilio says (a signed callback) that this room is over; the next open_room() makes another.
    // For services that remember what they opened.
    [[nodiscard]] virtual net::task<result<>> room_ended(std::string /*name*/, std::string /*sid*/,
                                                         deadline /*until*/) {
        co_return result<>{};
    }
};

}  // namespace punctual::jobs
