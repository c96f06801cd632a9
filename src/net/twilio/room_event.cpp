#include "net/twilio/room_event.hpp"

#include "domain/room_name.hpp"
#include "net/twilio/answers.hpp"
#include "net/twilio/dates.hpp"

#include <algorithm>
#include <charconv>

namespace punctual::net::twilio {
namespace {

// A visit is not longer; Twilio's own limit is 24 hours.
constexpr std::int64_t longest_stay = 7L * 24 * 3600;

std::string sid_or_empty(std::string_view text, std::string_view prefix) {
    return is_sid(text, prefix) ? std::string{text} : std::string{};
}

std::chrono::seconds seconds_of(std::string_view text) {
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [at, ec] = std::from_chars(text.data(), end, value);
    return std::chrono::seconds{ec == std::errc{} && at == end ? std::clamp<std::int64_t>(value, 0, longest_stay) : 0};
}

}  // namespace

bool is_noise(std::string_view event) noexcept {
    return event.starts_with("track-") || event.starts_with("recording-") || event.starts_with("transcription");
}

room_event read_room_event(const form_fields& form, wall_time now) {
    room_event made;
    made.room_name = find_field(form, "RoomName");
    made.appointment = domain::appointment_of_room(made.room_name).value_or(0);
    made.room_sid = sid_or_empty(find_field(form, "RoomSid"), "RM");
    made.what = find_field(form, "StatusCallbackEvent");
    made.participant_sid = sid_or_empty(find_field(form, "ParticipantSid"), "PA");
    made.person = domain::person_of_identity(find_field(form, "ParticipantIdentity")).value_or(0);
    made.at = parse_iso_date(find_field(form, "Timestamp")).value_or(now);
    made.stayed = seconds_of(find_field(form, "ParticipantDuration"));
    return made;
}

std::string room_event_key(const form_fields& form) {
    const auto number = find_field(form, "SequenceNumber");
    std::string key{find_field(form, "RoomSid")};
    key += ':';
    key += number.empty() ? find_field(form, "StatusCallbackEvent") : number;
    return key;
}

}  // namespace punctual::net::twilio
