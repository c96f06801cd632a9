#pragma once
// Twilio's video rooms in a simulation: rooms that die unused or empty, 404s right after an end, answers that are
// slow or lost, and callbacks that come late, twice, out of order or never. It outlives the daemons, and knows the
// truth of who was where and when.

#include "net/store/visit_log.hpp"
#include "net/twilio/rooms.hpp"
#include "support/simulation/far_end.hpp"

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace punctual::test {

class video_rooms final : public net::twilio::rooms {
public:
    struct guest {
        std::string sid;
        domain::person_id person = 0;
        wall_time joined_at{};
        std::optional<wall_time> left_at;
        // What a daemon has said that it took in.
        bool coming_told = false;
        bool going_told = false;
    };
    struct room {
        std::string sid;
        std::string name;
        domain::appointment_id appointment = 0;
        wall_time quiet_since{};  // nobody is in it
        std::optional<wall_time> ended_at;
        std::vector<guest> guests;
        int sequence = 0;
        bool end_told = false;

        [[nodiscard]] std::size_t connected() const;
    };
    struct callback {
        net::room_event what;
        bool known = false;  // to the daemon that took it in: it answered well
    };

    video_rooms(std::uint64_t seed, far_end& far, const net::clock& true_time, memory_database& rows, trace& log);

    // --- Twilio's side ----------------------------------------------------------------------------------------
    // The participant's sid; empty: there is no such room in progress.
    std::string join(const std::string& name, domain::person_id who);
    void leave(const std::string& participant);
    // What time alone has ended.
    void advance();
    // Of callbacks and of rooms that will end; max: nothing.
    [[nodiscard]] wall_time next_due() const;
    // Callbacks whose time has come; a daemon takes each, or they are lost.
    [[nodiscard]] std::vector<net::room_event> take_callbacks();
    // A daemon has answered that callback well.
    void taken(const net::room_event& what);
    [[nodiscard]] net::room_event event_of(const std::string& key) const { return sent_.at(key); }

    // --- the truth --------------------------------------------------------------------------------------------
    [[nodiscard]] bool was_live(const std::string& name, wall_time since) const;
    // In a room of that appointment at some time between.
    [[nodiscard]] bool was_there(domain::appointment_id of, domain::person_id who, wall_time since,
                                 wall_time until) const;
    // Since when that person is in one without a break; nullopt: is not.
    [[nodiscard]] std::optional<wall_time> there_since(domain::appointment_id of, domain::person_id who) const;
    [[nodiscard]] bool were_together(domain::appointment_id of, domain::person_id one, domain::person_id other,
                                     wall_time since, wall_time until, std::chrono::seconds least) const;
    [[nodiscard]] const std::map<std::string, room>& all() const noexcept { return rooms_; }
    [[nodiscard]] const std::set<std::string>& running() const noexcept { return running_; }
    // When a call was last answered otherwise than Twilio at its best would.
    [[nodiscard]] wall_time last_fault() const noexcept { return last_fault_; }
    void note_fault() { last_fault_ = now(); }
    std::size_t fault_one_in = 50;
    // Calls that have no answer yet.
    [[nodiscard]] bool busy() const noexcept { return asked_ > 0; }

    // --- net::twilio::rooms -----------------------------------------------------------------------------------
    net::task<result<net::twilio::room>> ensure(std::string name, deadline until) override;
    net::task<result<net::twilio::room>> find(std::string name, deadline until) override;
    net::task<result<std::vector<net::twilio::room>>> list_in_progress(deadline until) override;
    net::task<result<std::size_t>> connected(std::string sid, deadline until) override;
    net::task<result<std::vector<net::twilio::room_participant>>> participants(std::string sid,
                                                                               deadline until) override;
    net::task<result<>> remove(std::string sid, std::string participant, deadline until) override;
    net::task<result<>> complete(std::string sid, deadline until) override;

private:
    enum class answer : std::uint8_t { good, nothing_done, lost };
    [[nodiscard]] net::task<answer> reach(deadline until);
    [[nodiscard]] wall_time now() const { return true_time_.wall_now(); }
    [[nodiscard]] std::span<const room* const> rooms_of(domain::appointment_id id) const;
    [[nodiscard]] room* running_by_name(const std::string& name);
    [[nodiscard]] std::optional<wall_time> end_of(const room& one) const;
    void depart(room& from, guest& who, wall_time at);
    void end(room& which, wall_time at);
    void notify(room& about, std::string what, wall_time at, const guest* who);
    static net::twilio::room as_told(const room& one);

    dice random_;
    far_end& far_;
    const net::clock& true_time_;
    memory_database& rows_;
    trace& log_;
    std::chrono::minutes unused_;
    std::chrono::minutes emptied_;
    std::map<std::string, room> rooms_;  // by sid
    std::map<domain::appointment_id, std::vector<const room*>> rooms_of_;
    std::set<std::string> running_;                                      // sids
    std::map<std::string, std::pair<std::string, std::size_t>> guests_;  // participant -> room, place
    std::multimap<wall_time, net::room_event> callbacks_;
    std::map<std::string, net::room_event> sent_;  // by key
    wall_time last_fault_{};
    int asked_ = 0;
};

}  // namespace punctual::test
