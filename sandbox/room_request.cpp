#include "sandbox/room_request.hpp"

#include <algorithm>
#include <array>

namespace punctual::sandbox {
namespace {

constexpr std::array<std::string_view, 11> regions{"au1", "br1", "de1", "ie1", "in1", "jp1",
                                                   "sg1", "us1", "us2", "gll", "gb1"};

struct range {
    std::string_view name;
    long least;
    long most;
    int code;
};

// Absent or empty leaves `into` as it is.
api_result<> read_number(const form& fields, const range& allowed, long& into) {
    const auto* text = find(fields, allowed.name);
    if (text == nullptr || text->empty()) {
        return {};
    }
    const auto value = parse_number(*text);
    if (!value || *value < allowed.least || *value > allowed.most) {
        return refuse(allowed.code, std::string{allowed.name} + " is out of range");
    }
    into = *value;
    return {};
}

api_result<> check_type(const form& fields) {
    const auto type = value_of(fields, "Type");
    if (type.empty() || type == "group") {
        return {};
    }
    if (type == "go" || type == "peer-to-peer" || type == "group-small") {
        return refuse(53126, "The RoomType provided in the API request is a legacy type");
    }
    return refuse(53108, "The RoomType parameter is invalid");
}

api_result<> read_name(const form& fields, room& into) {
    into.unique_name = value_of(fields, "UniqueName");
    if (!is_utf8(into.unique_name)) {
        return refuse(53102, "The room name contains invalid characters");
    }
    if (code_points(into.unique_name) > 128) {
        return refuse(53101, "The room name provided is too long");
    }
    if (is_sid(into.unique_name, "RM")) {
        return refuse(53100, "The room name provided is invalid");
    }
    return {};
}

api_result<> read_callback(const form& fields, room& into) {
    into.status_callback = value_of(fields, "StatusCallback");
    if (!into.status_callback.empty() && !is_callback_url(into.status_callback)) {
        return refuse(53111, "The StatusCallback parameter is invalid");
    }
    const auto method = value_of(fields, "StatusCallbackMethod");
    if (!method.empty() && method != "POST" && method != "GET") {
        return refuse(53110, "The StatusCallbackMethod parameter is invalid");
    }
    into.callback_by_post = method != "GET";
    return {};
}

api_result<> read_media(const form& fields, room& into) {
    into.media_region = value_of(fields, "MediaRegion");
    if (!into.media_region.empty() && std::ranges::find(regions, into.media_region) == regions.end()) {
        return refuse(53115, "The MediaRegion parameter is invalid");
    }
    for (const auto& [name, value] : fields) {
        if (name != "VideoCodecs") {
            continue;
        }
        if (value != "VP8" && value != "H264") {
            return refuse(53117, "The VideoCodecs parameter is invalid");
        }
        into.video_codecs.push_back(value);
    }
    if (into.video_codecs.empty()) {
        into.video_codecs = {"H264", "VP8"};
    }
    into.record_participants = value_of(fields, "RecordParticipantsOnConnect") == "true";
    return {};
}

}  // namespace

api_result<room> read_room_request(const form& fields) {
    room wanted;
    // Minutes for the two timeouts, seconds for the participant: Twilio's own mixture.
    const std::array<std::pair<range, long*>, 4> numbers{{
        {{"MaxParticipants", 1, 50, 53107}, &wanted.max_participants},
        {{"UnusedRoomTimeout", 1, 60, 53109}, &wanted.unused_timeout_minutes},
        {{"EmptyRoomTimeout", 1, 60, 53109}, &wanted.empty_timeout_minutes},
        {{"MaxParticipantDuration", 600, 86'400, 53216}, &wanted.max_participant_seconds},
    }};
    auto checked = check_type(fields);
    if (checked) {
        checked = read_name(fields, wanted);
    }
    for (const auto& [allowed, into] : numbers) {
        if (checked) {
            checked = read_number(fields, allowed, *into);
        }
    }
    if (checked) {
        checked = read_callback(fields, wanted);
    }
    if (checked) {
        checked = read_media(fields, wanted);
    }
    if (!checked) {
        return std::unexpected{checked.error()};
    }
    return wanted;
}

}  // namespace punctual::sandbox
