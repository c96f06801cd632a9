#pragma once
// Twilio Video rooms, as the jobs and the API see them (Twilio, "Rooms resource").

#include "domain/result.hpp"
#include "domain/time.hpp"
#include "net/async/task.hpp"

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace punctual::net::twilio {

enum class twilio_errc : int {
    not_configured = 1,  // no account in the configuration
    unavailable,         // no answer, 5xx, 429, breaker open: try later
    refused,             // our credentials or our request: somebody has to look
    not_found,           // no such room, or it has ended
    bad_answer,          // 2xx whose body cannot be read
};

const boost::system::error_category& twilio_category() noexcept;
inline boost::system::error_code make_error_code(twilio_errc code) noexcept {
    return {static_cast<int>(code), twilio_category()};
}

struct room {
    std::string sid;  // ^RM[0-9a-f]{32}$
    std::string unique_name;
    std::string status;  // in-progress, completed, failed
};

// One coming and going of somebody; who comes again is another participant.
struct room_participant {
    std::string sid;  // ^PA[0-9a-f]{32}$
    std::string identity;
    wall_time joined_at{};
    std::optional<wall_time> left_at;  // nullopt: connected
};

class rooms {
public:
    virtual ~rooms() = default;
    // The in-progress room of that name: found or made; 53113 (exists) is adopted.
    [[nodiscard]] virtual task<result<room>> ensure(std::string name, deadline until) = 0;
    // By name while in progress; not_found otherwise.
    [[nodiscard]] virtual task<result<room>> find(std::string name, deadline until) = 0;
    // All in-progress rooms whose name begins with "apt-", paging followed.
    [[nodiscard]] virtual task<result<std::vector<room>>> list_in_progress(deadline until) = 0;
    // How many participants are connected.
    [[nodiscard]] virtual task<result<std::size_t>> connected(std::string sid, deadline until) = 0;
    // Everybody who was ever in it, paging followed.
    [[nodiscard]] virtual task<result<std::vector<room_participant>>> participants(std::string sid, deadline until) = 0;
    // Puts one participant out; gone already is success.
    [[nodiscard]] virtual task<result<>> remove(std::string sid, std::string participant, deadline until) = 0;
    // Already ended is success.
    [[nodiscard]] virtual task<result<>> complete(std::string sid, deadline until) = 0;
};

}  // namespace punctual::net::twilio

template <>
struct boost::system::is_error_code_enum<punctual::net::twilio::twilio_errc> : std::true_type {};
