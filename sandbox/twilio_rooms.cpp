#include "sandbox/twilio_rooms.hpp"

#include "sandbox/room_request.hpp"

#include <algorithm>
#include <utility>

namespace punctual::sandbox {
namespace {

constexpr std::size_t rooms_at_once = 10'000;  // Twilio's quota
constexpr std::size_t rooms_remembered = 50'000;
constexpr long day_minutes = 24L * 60;

auto room_missing(std::string_view what) {
    return refuse(20404, "The requested resource /Rooms/" + std::string{what} + " was not found", 404);
}

}  // namespace

std::size_t room::connected() const noexcept {
    return static_cast<std::size_t>(std::ranges::count(participants, true, &participant::connected));
}

twilio_rooms::twilio_rooms(std::string account_sid, std::uint64_t seed, std::chrono::milliseconds minute)
    : account_sid_{std::move(account_sid)}, sids_{seed}, minute_{minute} {}

api_result<const room*> twilio_rooms::create(const form& fields, wall_time now) {
    advance(now);
    auto wanted = read_room_request(fields);
    if (!wanted) {
        return std::unexpected{wanted.error()};
    }
    if (by_name_.contains(wanted->unique_name)) {
        return refuse(53113, "Room exists");
    }
    if (by_name_.size() >= rooms_at_once) {
        return refuse(53119, "The maximum number of rooms at once has been reached");
    }
    wanted->sid = sids_.make("RM");
    if (wanted->unique_name.empty()) {
        wanted->unique_name = wanted->sid;
    }
    wanted->created_at = wanted->updated_at = now;
    auto& made = rooms_[wanted->sid] = std::move(*wanted);
    by_name_[made.unique_name] = made.sid;
    order_.push_back(made.sid);
    reschedule(made);
    notify(made, "room-created", now, nullptr);
    forget_old_rooms();
    return &made;
}

const room* twilio_rooms::find_room(std::string_view sid_or_name) const {
    // Twilio compares with the name first.
    if (const auto named = by_name_.find(sid_or_name); named != by_name_.end()) {
        return &rooms_.find(named->second)->second;
    }
    const auto at = rooms_.find(sid_or_name);
    return at == rooms_.end() ? nullptr : &at->second;
}

room* twilio_rooms::find_room(std::string_view sid_or_name) {
    return const_cast<room*>(std::as_const(*this).find_room(sid_or_name));
}

api_result<const room*> twilio_rooms::fetch(std::string_view sid_or_name) const {
    if (const auto* found = find_room(sid_or_name)) {
        return found;
    }
    return room_missing(sid_or_name);
}

api_result<const room*> twilio_rooms::complete(std::string_view sid_or_name, wall_time now) {
    advance(now);
    auto* found = find_room(sid_or_name);
    if (found == nullptr) {
        return room_missing(sid_or_name);
    }
    if (!found->in_progress) {
        return refuse(53112, "The Status is invalid: the room is not in progress");
    }
    end(*found, now);
    return found;
}

std::vector<const room*> twilio_rooms::list(const room_filter& filter) const {
    std::vector<const room*> found;
    for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
        const auto& each = rooms_.find(*at)->second;
        const bool named = filter.unique_name.empty() || each.unique_name == filter.unique_name;
        const bool late_enough = !filter.created_from || each.created_at >= *filter.created_from;
        const bool early_enough = !filter.created_until || each.created_at < *filter.created_until;
        if (each.in_progress == filter.in_progress && named && late_enough && early_enough) {
            found.push_back(&each);
        }
    }
    return found;
}

api_result<participant> twilio_rooms::join(std::string_view sid_or_name, std::string_view identity, wall_time now) {
    advance(now);
    auto* into = find_room(sid_or_name);
    if (into == nullptr || !into->in_progress) {
        return refuse(53106, "Room not found", 404);
    }
    if (identity.empty()) {
        return refuse(53200, "Participant identity is invalid");
    }
    if (code_points(identity) > 128) {
        return refuse(53201, "Participant identity is too long");
    }
    for (auto& each : into->participants) {
        if (each.connected && each.identity == identity) {
            disconnect(*into, each, now);
        }
    }
    if (std::cmp_greater_equal(into->connected(), into->max_participants)) {
        return refuse(53105, "Room contains too many participants");
    }
    const auto& joined =
        into->participants.emplace_back(participant{sids_.make("PA"), std::string{identity}, true, now, {}});
    notify(*into, "participant-connected", now, &joined);
    reschedule(*into);
    return joined;
}

api_result<participant> twilio_rooms::leave(std::string_view sid_or_name, std::string_view who, wall_time now) {
    advance(now);
    auto* from = find_room(sid_or_name);
    if (from == nullptr) {
        return room_missing(sid_or_name);
    }
    const auto at = std::ranges::find_if(from->participants, [&](const participant& each) {
        return each.connected && (each.sid == who || each.identity == who);
    });
    if (at == from->participants.end()) {
        return refuse(20404, "The requested participant was not found", 404);
    }
    disconnect(*from, *at, now);
    reschedule(*from);
    return *at;
}

void twilio_rooms::advance(wall_time now) {
    while (!due_.empty() && due_.begin()->first <= now) {
        const auto at = due_.begin()->first;
        auto& which = rooms_.find(due_.begin()->second)->second;
        const auto stay = minute_ * which.max_participant_seconds / 60;
        bool someone_left = false;
        for (auto& each : which.participants) {
            if (each.connected && each.joined_at + stay <= at) {
                disconnect(which, each, at);
                someone_left = true;
            }
        }
        const bool too_old = which.created_at + minute_ * day_minutes <= at;
        if (too_old || (!someone_left && which.connected() == 0)) {
            end(which, at);
        } else {
            reschedule(which);
        }
    }
}

std::optional<wall_time> twilio_rooms::next_due() const {
    return due_.empty() ? std::nullopt : std::optional{due_.begin()->first};
}

std::vector<callback> twilio_rooms::take_callbacks() {
    return std::exchange(callbacks_, {});
}

void twilio_rooms::disconnect(room& from, participant& who, wall_time now) {
    who.connected = false;
    who.left_at = now;
    from.updated_at = now;
    if (from.connected() == 0) {
        from.emptied_at = now;
    }
    notify(from, "participant-disconnected", now, &who);
}

void twilio_rooms::end(room& which, wall_time now) {
    for (auto& each : which.participants) {
        if (each.connected) {
            disconnect(which, each, now);
        }
    }
    which.in_progress = false;
    which.ended_at = which.updated_at = now;
    by_name_.erase(which.unique_name);
    reschedule(which);
    notify(which, "room-ended", now, nullptr);
}

void twilio_rooms::reschedule(room& which) {
    if (which.due) {
        due_.erase({*which.due, which.sid});
        which.due.reset();
    }
    if (!which.in_progress) {
        return;
    }
    wall_time due = which.created_at + minute_ * day_minutes;
    if (which.participants.empty()) {
        due = std::min<wall_time>(due, which.created_at + minute_ * which.unused_timeout_minutes);
    } else if (which.connected() == 0) {
        due = std::min<wall_time>(due, which.emptied_at + minute_ * which.empty_timeout_minutes);
    }
    for (const auto& each : which.participants) {
        if (each.connected) {
            due = std::min<wall_time>(due, each.joined_at + minute_ * which.max_participant_seconds / 60);
        }
    }
    which.due = due;
    due_.emplace(due, which.sid);
}

void twilio_rooms::notify(room& about, std::string_view event, wall_time now, const participant* who) {
    ++revision_;
    const auto sequence = about.sequence++;
    if (about.status_callback.empty()) {
        return;
    }
    form fields{{"AccountSid", account_sid_},    {"RoomSid", about.sid},
                {"RoomName", about.unique_name}, {"RoomStatus", about.in_progress ? "in-progress" : "completed"},
                {"RoomType", "group"},           {"StatusCallbackEvent", std::string{event}},
                {"Timestamp", iso_millis(now)},  {"SequenceNumber", std::to_string(sequence)}};
    const auto seconds = [](wall_time from, wall_time until) {
        return std::to_string(std::chrono::floor<std::chrono::seconds>(until - from).count());
    };
    if (who != nullptr) {
        fields.emplace_back("ParticipantSid", who->sid);
        fields.emplace_back("ParticipantIdentity", who->identity);
        fields.emplace_back("ParticipantStatus", who->connected ? "connected" : "disconnected");
        if (!who->connected) {
            fields.emplace_back("ParticipantDuration", seconds(who->joined_at, who->left_at));
        }
    }
    if (event == "room-ended") {
        fields.emplace_back("RoomDuration", seconds(about.created_at, about.ended_at));
    }
    callbacks_.push_back({about.status_callback, about.callback_by_post, std::move(fields)});
}

void twilio_rooms::forget_old_rooms() {
    while (order_.size() > rooms_remembered) {
        const auto oldest = rooms_.find(order_.front());
        if (oldest->second.in_progress) {
            return;
        }
        rooms_.erase(oldest);
        order_.pop_front();
    }
}

}  // namespace punctual::sandbox
