#pragma once
// Where the API hands in what Twilio tells of a room.

#include "domain/result.hpp"
#include "net/async/task.hpp"
#include "net/store/visit_log.hpp"

namespace punctual::jobs {

class room_event_service {
public:
    virtual ~room_event_service() = default;
    // Ends when it is on disk. Errors: store_errc.
    [[nodiscard]] virtual net::task<result<>> take(net::room_event what, deadline until) = 0;
};

}  // namespace punctual::jobs
