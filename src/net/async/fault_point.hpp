#pragma once
// Named places, between every two steps of claim → render → connect → write → answer → record, at which a test
// ends or freezes the daemon. It is for tests alone: without PUNCTUAL_FAULT_POINTS (the release) a call compiles
// to nothing and the variable below means nothing.
//
//     PUNCTUAL_FAULT=smtp.dot_written:3:kill     SIGKILL at the third passing; `stop` is SIGSTOP
//
// Several are separated by commas. A name that is not in the table ends the daemon at its first fault point.

#include <algorithm>
#include <array>
#include <string_view>

namespace punctual::net {

// A killed process has sent nothing, or may have sent the message: then its outcome is unknown to whoever finds
// the row.
enum class in_doubt : bool { no, yes };

struct fault_place {
    std::string_view name;
    in_doubt outcome;  // of the message on its way at that place
};

// Statements have three each: "asked" before it is handed over, "sent" when it is on its way to the server and
// not answered, "answered" when its result has come. They are named by the comment that opens their text.
inline constexpr std::array fault_places{
    // A change becomes claimed notices (feed_follower), a due reminder a claimed row (lane), a retry a claimed row
    // again, a row whose lease ran out ours (lease_keeper).
    fault_place{"settle.asked", in_doubt::no},
    fault_place{"settle.sent", in_doubt::no},
    fault_place{"settle.answered", in_doubt::no},
    fault_place{"claim.asked", in_doubt::no},
    fault_place{"claim.sent", in_doubt::no},
    fault_place{"claim.answered", in_doubt::no},
    fault_place{"retries.asked", in_doubt::no},
    fault_place{"retries.sent", in_doubt::no},
    fault_place{"retries.answered", in_doubt::no},
    fault_place{"takeover.asked", in_doubt::no},
    fault_place{"takeover.sent", in_doubt::no},
    fault_place{"takeover.answered", in_doubt::no},
    // A mail: composed; connected; greeted, under TLS, authenticated; about to write MAIL; RCPT taken; 354 read;
    // all written but the dot; the dot written; 250 read.
    fault_place{"mail.rendered", in_doubt::no},
    fault_place{"smtp.connected", in_doubt::no},
    fault_place{"smtp.opened", in_doubt::no},
    fault_place{"smtp.before_mail", in_doubt::no},
    fault_place{"smtp.rcpt_accepted", in_doubt::no},
    fault_place{"smtp.data_accepted", in_doubt::no},
    fault_place{"smtp.body_written", in_doubt::no},
    fault_place{"smtp.dot_written", in_doubt::yes},
    fault_place{"smtp.accepted", in_doubt::yes},
    // A WhatsApp message or an SMS: composed; asked after an unknown outcome whether Twilio has it; an SMS in the place
    // of a silent WhatsApp message: asked what became of that; connected and about to write the request; request
    // written; answer read.
    fault_place{"text.rendered", in_doubt::no},
    fault_place{"text.looked_up", in_doubt::no},
    fault_place{"text.silence_asked", in_doubt::no},
    fault_place{"text.before_write", in_doubt::no},
    fault_place{"text.written", in_doubt::yes},
    fault_place{"text.answered", in_doubt::yes},
    // Judged and handed to the recorder; written down.
    fault_place{"outcome.handed_over", in_doubt::yes},
    fault_place{"record.asked", in_doubt::yes},
    fault_place{"record.sent", in_doubt::yes},
    fault_place{"record.answered", in_doubt::no},
    // Twilio's status callback; the look for WhatsApp messages that stay silent. Both may write an SMS's row.
    fault_place{"status.asked", in_doubt::no},
    fault_place{"status.sent", in_doubt::no},
    fault_place{"status.answered", in_doubt::no},
    fault_place{"silence.asked", in_doubt::no},
    fault_place{"silence.sent", in_doubt::no},
    fault_place{"silence.answered", in_doubt::no},
    // A room is made and written down.
    fault_place{"room.before_write", in_doubt::no},
    fault_place{"room.written", in_doubt::no},
    fault_place{"room.answered", in_doubt::no},
    fault_place{"room_row.asked", in_doubt::no},
    fault_place{"room_row.sent", in_doubt::no},
    fault_place{"room_row.answered", in_doubt::no},
    // A callback of a room is kept and written into the attendance, in one commit; then it is acted on. What is
    // decided of the visit: it is completed, or a no_show is proposed and then written.
    fault_place{"room_event.asked", in_doubt::no},
    fault_place{"room_event.sent", in_doubt::no},
    fault_place{"room_event.answered", in_doubt::no},
    fault_place{"complete.asked", in_doubt::no},
    fault_place{"complete.sent", in_doubt::no},
    fault_place{"complete.answered", in_doubt::no},
    fault_place{"no_show.asked", in_doubt::no},
    fault_place{"no_show.sent", in_doubt::no},
    fault_place{"no_show.answered", in_doubt::no},
};

[[nodiscard]] constexpr bool is_fault_place(std::string_view name) noexcept {
    return std::ranges::find(fault_places, name, &fault_place::name) != fault_places.end();
}

// A literal from the table; anything else does not compile.
class fault_name {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): so that a call reads fault_point("claim.asked")
    consteval fault_name(const char* name) : name_{name} {
        if (!is_fault_place(name_)) {
            throw "not in fault_places";
        }
    }
    [[nodiscard]] constexpr std::string_view text() const noexcept { return name_; }

private:
    std::string_view name_;
};

#ifdef PUNCTUAL_FAULT_POINTS
void fault_point(fault_name name) noexcept;
// Made of two parts where one line stands for several places; one that the table does not name is none.
void fault_point(std::string_view subject, std::string_view stage) noexcept;
// By the comment that opens the text of a statement, as in "/* claim */ with …"; none has no place.
void statement_fault_point(std::string_view sql, std::string_view stage) noexcept;
// Whether the next passing of it ends or freezes the process: for a step that is split for its sake alone.
[[nodiscard]] bool fault_awaits(fault_name name) noexcept;
#else
constexpr void fault_point(fault_name /*name*/) noexcept {}
constexpr void fault_point(std::string_view /*subject*/, std::string_view /*stage*/) noexcept {}
constexpr void statement_fault_point(std::string_view /*sql*/, std::string_view /*stage*/) noexcept {}
[[nodiscard]] constexpr bool fault_awaits(fault_name /*name*/) noexcept {
    return false;
}
#endif

}  // namespace punctual::net
