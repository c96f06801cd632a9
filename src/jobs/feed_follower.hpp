#pragma once
// Keeps the schedule true to the database and turns changes into notices.
//
// A snapshot of everything within the horizon first, and again after every reconnection; then the
// change feed from the mark that the snapshot gave: at once after a bell, and every 0.9 s without one,
// since the table is the truth and NOTIFY only the bell. Now and then everything within the horizon is compared
// with what is held: what neither told of (a trigger that was disabled) is counted as drift. A change is settled
// (marked handled, its notices claimed) in one transaction.
//
// A change that breaks the planning, or that the database refuses, holds up none behind it: it is set aside with its id
// told, and tried again, each time later. It stays unhandled in the table, where the next process finds it too.
//
// Each look at the feed also tells the lanes when the next row of any daemon's is to be tried, so that whichever
// lives meets a time that another wrote down.

#include "domain/planning.hpp"
#include "domain/schedule.hpp"
#include "jobs/lane.hpp"
#include "jobs/set_aside.hpp"
#include "net/async/clock.hpp"
#include "net/log/logger.hpp"
#include "net/metrics/metrics.hpp"
#include "net/postgres/outage.hpp"
#include "net/store/store.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace punctual::jobs {

// What a comparison of the schedule with the tables has found otherwise. The feed is read to its end once more before
// it is called drift: what was committed meanwhile is told of there.
struct schedule_comparison {
    std::unordered_set<domain::appointment_id> untold;
    std::unordered_set<domain::appointment_id> told;  // by the feed since it began
    bool read = false;                                // to its end
};

class feed_follower {
public:
    struct events {
        std::function<void()> loaded;            // the first snapshot and every later one
        std::function<void()> schedule_changed;  // the next deadline may be another
        std::function<void()> cancelled;         // some appointment has no visit any more
        // The first lease of anybody's claims runs out then.
        std::function<void(wall_time)> lease_ends = {};
    };

    feed_follower(std::string instance, std::chrono::seconds lease, domain::schedule& schedule,
                  const domain::policy& rules, std::vector<lane*> lanes, net::store& store, net::clock& clock,
                  net::logger& log, net::metrics& metrics, events events);

    void bell();    // something may have changed
    void resync();  // the connection was lost in between: snapshot, then the feed from there

    // The wall clock was stepped: another stretch of time is within the horizon, and after a step back what has
    // fired is to come again.
    void clock_was_set(std::chrono::seconds by);

    // How often everything within the horizon is compared; less often where that takes long. A minute at first.
    void reconcile_every(std::chrono::seconds interval) { reconcile_interval_ = interval; }

    // In the place of domain::plan_notices: for tests of what breaks.
    using planner = std::function<domain::notice_plan(const domain::appointment_change&, wall_time)>;
    void plan_with(planner how) { plan_ = std::move(how); }

    // Follows the feed; ends after stop().
    [[nodiscard]] net::task<> run();
    // Beside it, because both take as long as reading everything does, and the feed is not to wait for that: takes in
    // what comes into range, and compares what is held with the tables. Ends after stop().
    [[nodiscard]] net::task<> run_comparisons();
    void stop();

    // The schedule holds what the database holds; false from a lost connection to the next snapshot.
    [[nodiscard]] bool loaded() const noexcept { return loaded_ && !loading_; }
    // The last time that the snapshot or a page of the feed was read, or a page settled.
    [[nodiscard]] boot_time last_look() const noexcept { return last_look_; }

private:
    // "Every committed change is acted on within a second even with no bell."
    static constexpr std::chrono::milliseconds look_interval{900};
    static constexpr std::chrono::milliseconds pause_after_error{500};
    static constexpr std::chrono::seconds snapshot_time{120};
    static constexpr std::chrono::hours horizon_step{1};

    // A change and what it calls for; nullopt once that has been handed to the database.
    struct planned_change {
        domain::appointment_change change;
        std::optional<domain::notice_plan> plan;
    };
    using planned_changes = std::vector<planned_change>;

    void watch_clock();
    [[nodiscard]] net::task<bool> load();
    domain::upserted take_from_tables(const domain::scheduled_visit& visit, wall_time now);
    [[nodiscard]] net::task<bool> extend_horizon();
    [[nodiscard]] net::task<bool> compare();
    void compared(boot_time started);
    void tell_of_drift();
    void failed(std::string_view event, const error& why);
    [[nodiscard]] net::task<bool> drain();
    // One page from there; false: it is to be read again.
    [[nodiscard]] net::task<bool> read_page(net::feed_mark& from);
    void close_rounds();
    void tell_of_refused(const std::vector<domain::appointment_id>& refused);
    void tell_what_waits(const net::waiting_rows& waiting);
    void take_over(const domain::appointment_change& change);
    // Takes over those of the look, and those set aside whose time has come, and plans what they call for. Without
    // those that nobody has to settle, that rest, or that break.
    [[nodiscard]] planned_changes take_over_all(std::vector<domain::appointment_change> told);
    // False: there was no place for them all.
    bool put_aside(std::vector<domain::appointment_change> what, std::string_view why);
    // False: they are to be read again.
    [[nodiscard]] net::task<bool> settle(planned_changes what);
    [[nodiscard]] net::task<bool> settle_apart(planned_changes what, error why);
    [[nodiscard]] net::task<result<>> settle_together(std::span<planned_change> what);
    [[nodiscard]] net::settlement draft(std::span<planned_change> what) const;
    void settled(std::span<const planned_change> what);
    void choose_states(std::vector<domain::planned_delivery>& deliveries);
    void hand_over(std::vector<domain::claimed_delivery> claimed);

    std::string instance_;
    std::chrono::seconds lease_;
    domain::schedule& schedule_;
    const domain::policy& rules_;
    std::vector<lane*> lanes_;
    net::store& store_;
    net::clock& clock_;
    net::logger& log_;
    net::counter& handled_;
    net::counter& unrung_;
    net::counter& drifted_;
    net::counter& broken_;
    net::gauge& aside_count_;
    net::postgres::outage trouble_;
    net::histogram& delay_;
    events events_;
    planner plan_;
    set_aside<domain::appointment_id, domain::appointment_change> aside_;
    bool no_place_ = false;  // for one more that is to be set aside
    std::unique_ptr<net::alarm> alarm_;
    std::unique_ptr<net::alarm> comparison_alarm_;
    // Never empty; the oldest round first. Each reads what the ones before it do not show.
    std::vector<net::feed_mark> marks_ = std::vector<net::feed_mark>(1);
    wall_time horizon_{};     // what starts before it is held, once the feed has told of it
    wall_time read_up_to_{};  // and up to here in any case
    boot_time horizon_extended_{};
    std::chrono::seconds reconcile_interval_{60};
    boot_time next_comparison_{};
    std::optional<schedule_comparison> comparison_;
    boot_time last_look_{};
    std::chrono::nanoseconds wall_ahead_{};
    bool bell_ = false;
    boot_time silent_until_{};  // the bell has rung and does not ring again before
    bool unrung_look_ = false;  // nobody has rung since the last look
    bool loaded_ = false;
    bool loading_ = false;
    bool anew_ = false;  // the next snapshot begins with nothing
    bool stopping_ = false;
};

}  // namespace punctual::jobs
