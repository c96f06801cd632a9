#pragma once
// The state of Twilio Video's rooms: what may be made, how long it lives, who is in it, which
// callbacks it causes. Pure: no sockets, `now` is an argument.
//
// The rules that surprise: the name belongs to a room only while it is in progress; an unjoined room
// ends by itself after UnusedRoomTimeout (5 minutes unless asked otherwise), one that has emptied after
// EmptyRoomTimeout, any room after 24 hours. docs/api/rooms, docs/api/status-callbacks.

#include "sandbox/api_error.hpp"
#include "sandbox/callback.hpp"
#include "sandbox/form.hpp"
#include "sandbox/text.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace punctual::sandbox {

struct participant {
    std::string sid;
    std::string identity;
    bool connected = true;
    wall_time joined_at{};
    wall_time left_at{};
};

struct room {
    std::string sid;
    std::string unique_name;
    bool in_progress = true;
    wall_time created_at{};
    wall_time updated_at{};
    wall_time ended_at{};
    long max_participants = 50;
    long max_participant_seconds = 14'400;
    long empty_timeout_minutes = 5;
    long unused_timeout_minutes = 5;
    bool record_participants = false;
    std::string media_region;
    std::vector<std::string> video_codecs;
    std::string status_callback;
    bool callback_by_post = true;
    std::vector<participant> participants;
    long sequence = 0;  // of the next callback

    wall_time emptied_at{};        // since when nobody is in it, once somebody was
    std::optional<wall_time> due;  // when time alone will change it next

    [[nodiscard]] std::size_t connected() const noexcept;
};

struct room_filter {
    bool in_progress = true;  // Twilio lists these unless asked for completed ones
    std::string unique_name;
    std::optional<wall_time> created_from;
    std::optional<wall_time> created_until;
};

class twilio_rooms {
public:
    // `minute`: how long one of Twilio's room minutes lasts here.
    twilio_rooms(std::string account_sid, std::uint64_t seed, std::chrono::milliseconds minute);

    // `fields`: the form of POST /v1/Rooms. The reference lives until the next call that changes state.
    [[nodiscard]] api_result<const room*> create(const form& fields, wall_time now);
    // By sid, or by name while in progress; 20404.
    [[nodiscard]] api_result<const room*> fetch(std::string_view sid_or_name) const;
    // 53112 when it is not in progress.
    [[nodiscard]] api_result<const room*> complete(std::string_view sid_or_name, wall_time now);
    // Newest first.
    [[nodiscard]] std::vector<const room*> list(const room_filter& filter) const;

    // What a browser's connect() does. The same identity twice puts the first one out (53205); 53105
    // when the room is full, 53106 when there is none in progress.
    [[nodiscard]] api_result<participant> join(std::string_view sid_or_name, std::string_view identity, wall_time now);
    // By participant sid or identity; 20404.
    [[nodiscard]] api_result<participant> leave(std::string_view sid_or_name, std::string_view who, wall_time now);

    // Ends what time has ended.
    void advance(wall_time now);
    [[nodiscard]] std::optional<wall_time> next_due() const;
    // What has happened since the last call, in order.
    [[nodiscard]] std::vector<callback> take_callbacks();
    // Changes with every change of state.
    [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }

private:
    [[nodiscard]] room* find_room(std::string_view sid_or_name);
    [[nodiscard]] const room* find_room(std::string_view sid_or_name) const;
    void disconnect(room& from, participant& who, wall_time now);
    void end(room& which, wall_time now);
    void reschedule(room& which);
    void notify(room& about, std::string_view event, wall_time now, const participant* who);
    void forget_old_rooms();

    std::string account_sid_;
    sid_maker sids_;
    std::chrono::milliseconds minute_;
    std::map<std::string, room, std::less<>> rooms_;           // by sid
    std::map<std::string, std::string, std::less<>> by_name_;  // in progress: name to sid
    std::deque<std::string> order_;                            // sids, oldest first
    std::set<std::pair<wall_time, std::string>> due_;
    std::vector<callback> callbacks_;
    std::uint64_t revision_ = 0;
};

}  // namespace punctual::sandbox
