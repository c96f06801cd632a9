#pragma once
// Writes the invitation of one appointment (RFC 5545; methods of RFC 5546). Instants are in UTC, so
// no zone definition can be wrong in it. It refuses to say more than a stranger may read over a
// shoulder: the summary is the caller's neutral one, the class is PRIVATE.

#include "domain/mime.hpp"
#include "domain/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace punctual::domain {

struct calendar_event {
    bool cancelled = false;     // METHOD:CANCEL instead of REQUEST
    std::string uid;            // the same for the life of the appointment
    std::int32_t sequence = 0;  // rises with every version
    wall_time stamp{};          // when this message was made
    wall_time starts_at{};
    wall_time ends_at{};  // left out unless it is after the start
    std::string summary;
    std::string description;
    std::string location;  // left out when empty, as are the two around it
    std::string url;
    mailbox organizer;
    mailbox attendee;
};

// Content lines end in CRLF and hold at most 75 octets; no character is split by a fold.
[[nodiscard]] std::string write_calendar(const calendar_event& event);

// "appointment-{id}@{domain}"
[[nodiscard]] std::string calendar_uid(std::int64_t appointment, std::string_view domain);

}  // namespace punctual::domain
