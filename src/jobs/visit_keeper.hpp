#pragma once
// What a visit needs beside messages: its room just in time, an alert when nobody was reached, its
// completion, word to those who are waited for, texts that would come at night, and the end of rooms that nobody uses
// any more (domain rules §4, §5).
//
// What an exception ends, a bug, is told with its chore and its appointment and tried again, each time later, ten
// times at most.

#include "domain/change.hpp"
#include "domain/policy.hpp"
#include "jobs/attendance_keeper.hpp"
#include "jobs/lane.hpp"
#include "jobs/room_service.hpp"
#include "jobs/stray_rooms.hpp"
#include "net/async/clock.hpp"
#include "net/async/task_group.hpp"
#include "net/log/logger.hpp"
#include "net/store/store.hpp"
#include "net/store/visit_log.hpp"
#include "net/twilio/rooms.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace punctual::jobs {

class visit_keeper {
public:
    // `rooms` null: video is not configured.
    visit_keeper(net::executor ex, room_service& opener, net::twilio::rooms* rooms, const domain::policy& rules,
                 std::vector<lane*> lanes, net::store& store, net::visit_log& visits, net::clock& clock,
                 net::logger& log, net::metrics& metrics);

    // Each returns at once; so many at a time are under way, the others wait for their turn.
    void make_room(const domain::scheduled_visit& visit);
    void check_reached(const domain::scheduled_visit& visit);
    // Texts of that reminder which would come at night get their row now, with the time when they go instead.
    void keep_night_quiet(const domain::scheduled_visit& visit, std::size_t reminder);
    void check_end(const domain::scheduled_visit& visit);
    void clean_up(const domain::scheduled_visit& visit);
    void check_waiting(const domain::scheduled_visit& visit);
    // Twilio says that the appointment's room is over.
    void room_ended(domain::appointment_id id);
    // Twilio says that somebody has come into it.
    void somebody_came(domain::appointment_id id);
    // Something was cancelled or may have been missed: look for rooms to end soon.
    void sweep_soon();

    // The sweep; ends after stop() when what is under way has ended.
    [[nodiscard]] net::task<> run();
    void stop();
    void abort();

private:
    enum class chore : std::uint8_t { open, alert, complete, quiet, decide, nudge };
    struct job {
        chore what = chore::open;
        domain::scheduled_visit visit;
        std::size_t reminder = 0;  // quiet only
        bool once = false;         // nudge only: another of its jobs goes on looking
        int breaks = 0;            // exceptions in a row
    };
    static std::string_view name_of(chore what) noexcept;

    void begin(job what);
    void start_waiting();
    [[nodiscard]] net::task<> carry_out(job what);
    [[nodiscard]] net::task<std::optional<std::chrono::seconds>> do_job(job what);
    // For how long until the next try; nullopt: there is none.
    [[nodiscard]] std::optional<std::chrono::seconds> broke(job& what, const std::exception_ptr& why);
    // For how long until the next look; nullopt: it was the last one.
    [[nodiscard]] net::task<std::optional<std::chrono::seconds>> look_for_waiting(job what);
    // False: to be tried again after a pause.
    [[nodiscard]] net::task<bool> open(domain::scheduled_visit visit);
    [[nodiscard]] net::task<bool> alert(domain::scheduled_visit visit);
    [[nodiscard]] net::task<bool> complete(domain::scheduled_visit visit);
    [[nodiscard]] net::task<bool> keep_quiet(domain::scheduled_visit visit, std::size_t reminder);
    // Visits that ended while nobody was there to look; once.
    [[nodiscard]] net::task<> catch_up();
    // False: go on no more.
    [[nodiscard]] net::task<bool> pause(net::alarm& alarm, std::chrono::seconds length);
    [[nodiscard]] net::task<> sweep();
    // False: Twilio gave no answer for it.
    [[nodiscard]] net::task<bool> settle(net::store::open_room room);
    // Those of the last sweep that got no answer, the one that was tried longest ago first.
    [[nodiscard]] net::task<> sweep_refused(std::vector<net::store::open_room> again);
    // Notes how it went; false: so many in a row got no answer that there is no use in going on.
    [[nodiscard]] net::task<bool> try_to_settle(net::store::open_room room, std::size_t& unanswered);

    room_service& opener_;
    net::twilio::rooms* rooms_;
    const domain::policy& rules_;
    std::vector<lane*> lanes_;
    net::store& store_;
    net::visit_log& visits_;
    net::clock& clock_;
    net::logger& log_;
    net::metrics& metrics_;
    attendance_keeper attendance_;
    stray_rooms strays_;
    std::deque<job> waiting_;
    std::size_t under_way_ = 0;
    bool starting_ = false;
    net::task_group work_;
    std::unique_ptr<net::alarm> alarm_;
    std::unordered_map<std::string, std::uint64_t> refused_;  // sid -> when it was last tried, counted in tries
    std::uint64_t tries_ = 0;
    std::vector<net::alarm*> pausing_;                                             // between two tries; woken by stop()
    std::unordered_map<domain::appointment_id, domain::scheduled_visit> watched_;  // for one who waits
    bool caught_up_ = false;
    bool stopping_ = false;
};

}  // namespace punctual::jobs
