// What a page of the feed leads to: the schedule as it is now, notices, and one transaction for all of them. A row that
// breaks on the way is set aside.

#include "jobs/feed_follower.hpp"

#include "net/async/caught.hpp"
#include "net/store/refusal.hpp"
#include "net/store/store_error.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <ranges>
#include <tuple>
#include <utility>

namespace punctual::jobs {
namespace {

using namespace std::chrono_literals;
using domain::delivery_state;

constexpr auto statement_time = 10s;
constexpr std::size_t most_named = 5;
constexpr std::size_t most_named_set_aside = 20;
// Of those set aside, beside a page: what breaks may be slow to do so.
constexpr std::size_t most_tried_again = 50;
// Without one that was taken: then it is the database and not the rows.
constexpr std::size_t most_refusals = 64;

std::string some_of(std::span<const domain::appointment_id> ids, std::size_t most) {
    std::string some;
    for (const auto id : ids | std::views::take(most)) {
        some += (some.empty() ? "" : " ") + std::to_string(id);
    }
    return some + (ids.size() > most ? " ..." : "");
}

bool is_same(const domain::appointment_change& one, const domain::appointment_change& other) {
    return one.version == other.version && one.change_ids == other.change_ids;
}

bool is_off(const domain::appointment_change& change) {
    return !change.now || change.now->status == domain::appointment_status::cancelled;
}

}  // namespace

// One line a page: an import may be full of them.
void feed_follower::tell_of_refused(const std::vector<domain::appointment_id>& refused) {
    if (refused.empty()) {
        return;
    }
    log_.warning("appointment_refused",
                 {{"count", refused.size()},
                  {"appointment", some_of(refused, most_named)},
                  {"why", "a column holds what no visit can have"},
                  {"expected", "a start from 1970 to 2199, 0 to 10080 minutes, a known session_type and status"}});
}

feed_follower::planned_changes feed_follower::take_over_all(std::vector<domain::appointment_change> told) {
    const auto now = clock_.boot_now();
    auto again = aside_.due(now, most_tried_again);
    if (!again.empty()) {
        // What the feed tells of them now is newer.
        std::erase_if(again, [&](const auto& kept) {
            return std::ranges::find(told, kept.appointment, &domain::appointment_change::appointment) != told.end();
        });
        std::ranges::move(again, std::back_inserter(told));
    }
    planned_changes good;
    good.reserve(told.size());
    std::vector<domain::appointment_change> broken;
    std::string why;
    for (auto& change : told) {
        const auto* kept = aside_.find(change.appointment);
        if (kept != nullptr && is_same(*kept, change) && aside_.rests(change.appointment, now)) {
            continue;
        }
        std::optional<domain::notice_plan> plan;
        const auto broke = net::caught([&] {
            take_over(change);
            if (!change.change_ids.empty()) {
                plan = plan_(change, clock_.wall_now());
            }
        });
        if (broke) {
            why = net::describe(broke);
            broken.push_back(std::move(change));
        } else if (plan) {
            good.push_back({std::move(change), std::move(plan)});
        } else {
            aside_.remove(change.appointment);  // another daemon has settled it
        }
    }
    if (!broken.empty()) {
        put_aside(std::move(broken), why);
    }
    return good;
}

void feed_follower::take_over(const domain::appointment_change& change) {
    if (comparison_) {
        comparison_->untold.erase(change.appointment);
        comparison_->told.insert(change.appointment);
    }
    for (auto* lane : lanes_) {
        lane->revoke(change.appointment, change.version);
    }
    if (!change.now) {
        schedule_.remove(change.appointment);
        return;
    }
    const auto& now = *change.now;
    if (now.what.starts_at >= horizon_) {
        schedule_.remove(change.appointment);
        return;
    }
    domain::scheduled_visit visit;
    visit.appointment = change.appointment;
    visit.starts_at = now.what.starts_at;
    visit.duration = now.what.duration;
    visit.version = change.version;
    visit.telehealth = now.what.session_type == domain::session_type::telehealth;
    visit.open =
        now.status == domain::appointment_status::scheduled || now.status == domain::appointment_status::confirmed;
    visit.booked_at = change.changed_at;
    schedule_.upsert(visit, clock_.wall_now());
}

// One line a page here too.
bool feed_follower::put_aside(std::vector<domain::appointment_change> what, std::string_view why) {
    broken_.add(static_cast<double>(what.size()));
    std::vector<domain::appointment_id> ids;
    for (auto& change : what) {
        const auto id = change.appointment;
        if (aside_.add(id, std::move(change), clock_.boot_now())) {
            ids.push_back(id);
        } else {
            no_place_ = true;
        }
    }
    aside_count_.set(static_cast<double>(aside_.size()));
    if (!ids.empty()) {
        log_.error("changes_set_aside",
                   {{"count", ids.size()}, {"appointment", some_of(ids, most_named_set_aside)}, {"error", why}});
    }
    if (no_place_) {
        failed("changes_not_settled", error{net::store_errc::refused, "too many are set aside"});
    }
    return !no_place_;
}

net::task<bool> feed_follower::settle(planned_changes what) {
    const auto done = co_await settle_together(what);
    if (done) {
        co_return true;
    }
    if (net::is_refusal(done.error()) && !net::is_of_the_moment(done.error())) {
        auto why = done.error();
        co_return co_await settle_apart(std::move(what), std::move(why));
    }
    failed("changes_not_settled", done.error());
    co_return false;
}

// By halves, the largest first: finds the one that the database does not take, and settles the others.
net::task<bool> feed_follower::settle_apart(planned_changes what, error why) {
    std::deque<std::span<planned_change>> parts;
    std::vector<domain::appointment_change> refused;
    const auto split = [&](std::span<planned_change> part) {
        if (part.size() == 1) {
            refused.push_back(part.front().change);
            return;
        }
        parts.push_back(part.first(part.size() / 2));
        parts.push_back(part.subspan(part.size() / 2));
    };
    split(what);
    bool took_any = false;
    std::size_t refusals = 1;
    while (!parts.empty()) {
        const auto part = parts.front();
        parts.pop_front();
        const auto done = co_await settle_together(part);
        if (done) {
            took_any = true;
            continue;
        }
        why = done.error();
        ++refusals;
        const bool of_a_row = net::is_refusal(why) && !net::is_of_the_moment(why);
        if (!of_a_row || (!took_any && refusals >= most_refusals)) {
            failed("changes_not_settled", why);
            co_return false;
        }
        split(part);
    }
    // Not a word of the row, and nothing beside it was taken: the statement may be what is refused.
    if (!took_any && !net::is_of_the_row(why)) {
        failed("changes_not_settled", why);
        co_return false;
    }
    const auto reason = why.message();
    co_return put_aside(std::move(refused), reason);
}

net::task<result<>> feed_follower::settle_together(std::span<planned_change> what) {
    if (what.empty()) {
        co_return result<>{};
    }
    auto work = draft(what);
    choose_states(work.deliveries);
    net::lease_terms lease{.instance = instance_, .length = lease_, .granted_at = clock_.boot_now()};
    auto claimed = co_await store_.settle(std::move(work), std::move(lease), clock_.boot_now() + statement_time);
    if (!claimed) {
        co_return std::unexpected{claimed.error()};
    }
    settled(what);
    hand_over(std::move(*claimed));
    co_return result<>{};
}

net::settlement feed_follower::draft(std::span<planned_change> what) const {
    net::settlement work;
    work.entries.reserve(what.size());
    for (auto& [change, planned] : what) {
        auto plan = planned ? std::move(*planned) : plan_(change, clock_.wall_now());
        planned.reset();
        work.entries.push_back({change.appointment, change.version, change.change_ids, std::move(plan.told)});
        std::ranges::move(plan.deliveries, std::back_inserter(work.deliveries));
    }
    return work;
}

void feed_follower::settled(std::span<const planned_change> what) {
    const auto now = clock_.wall_now();
    bool any_off = false;
    for (const auto& [change, plan] : what) {
        delay_.observe(std::chrono::duration<double>(now - change.changed_at).count());
        any_off = any_off || is_off(change);
        if (aside_.size() > 0) {
            aside_.remove(change.appointment);
        }
    }
    aside_count_.set(static_cast<double>(aside_.size()));
    handled_.add(static_cast<double>(what.size()));
    if (unrung_look_) {
        unrung_.add(static_cast<double>(what.size()));
    }
    if (any_off) {
        events_.cancelled();
    }
}

// As many as a lane can carry now are claimed with the settlement, what is useful for the shortest time first; the rest
// waits in the database.
void feed_follower::choose_states(std::vector<domain::planned_delivery>& deliveries) {
    std::ranges::sort(deliveries, {}, [](const domain::planned_delivery& one) {
        return std::tuple{one.useless_after, one.appointment, one.kind, one.recipient_role, one.channel};
    });
    const auto now = clock_.wall_now();
    for (auto* lane : lanes_) {
        auto room = lane->room();
        // Some of them may send only so many a second.
        std::map<domain::channel, std::size_t> rooms;
        bool parked = false;
        for (auto& one : deliveries) {
            if (one.state != delivery_state::claimed || !lane->carries(one.channel)) {
                continue;
            }
            auto& its_room = rooms.try_emplace(one.channel, lane->room_beside_what_waits(one.channel)).first->second;
            if (room > 0 && its_room > 0) {
                --room;
                --its_room;
                continue;
            }
            one.state = delivery_state::retrying;
            one.next_attempt_at = now;
            parked = true;
        }
        if (parked) {
            lane->retry_at(now);
        }
    }
}

void feed_follower::hand_over(std::vector<domain::claimed_delivery> claimed) {
    for (auto* lane : lanes_) {
        std::vector<domain::claimed_delivery> mine;
        for (auto& one : claimed) {
            if (lane->carries(one.channel)) {
                mine.push_back(std::move(one));
            }
        }
        if (!mine.empty()) {
            lane->adopt(std::move(mine));
        }
    }
}

}  // namespace punctual::jobs
