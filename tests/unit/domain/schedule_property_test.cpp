// The schedule against a plain map of visits and what was fired of each, over random operations. A
// failure prints the seed.

#include "domain/schedule.hpp"

#include "unit/domain/fixtures.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;

const policy rules = default_policy();

struct plain_visit {
    scheduled_visit visit;
    std::vector<moment> left;  // not fired yet, in the order of time
    std::vector<moment> late;  // passed before the booking, and still to be done
    std::optional<wall_time> late_at;
};

class schedule_property : public ::testing::TestWithParam<std::uint32_t> {
protected:
    std::int64_t below(std::int64_t limit) {
        return std::uniform_int_distribution<std::int64_t>{0, limit - 1}(random_);
    }

    // Few enough for collisions of every kind; also beyond 2^53.
    appointment_id any_id() {
        const auto id = below(500);
        return id % 5 == 0 ? (1LL << 60) + id * 1024 : id * 64;
    }

    scheduled_visit any_visit() {
        auto visit = visit_at(std::chrono::floor<std::chrono::minutes>(now_) + std::chrono::minutes{below(4000) - 300},
                              any_id());
        if (below(50) == 0) {
            visit.starts_at = below(2) == 0 ? wall_time::max() : wall_time{} + std::chrono::hours{below(100)};
        }
        visit.duration = std::chrono::minutes{below(4) * 30};
        visit.telehealth = below(2) == 0;
        visit.open = below(5) != 0;
        visit.booked_at = now_ - std::chrono::milliseconds{below(3) == 0 ? below(86'400'000) : below(1000)};
        const auto known = plain_.find(visit.appointment);
        visit.version =
            static_cast<std::int32_t>((known == plain_.end() ? 5 : known->second.visit.version) + below(4) - 1);
        return visit;
    }

    void upsert() {
        const auto visit = any_visit();
        const auto known = plain_.find(visit.appointment);
        const auto got = held_.upsert(visit, now_);
        if (known != plain_.end() && visit.version < known->second.visit.version) {
            ASSERT_EQ(got, upserted::stale);
            return;
        }
        plain_visit fresh{.visit = visit, .left = {}, .late = {}, .late_at = {}};
        fresh.visit.booked_at = {};
        if (known != plain_.end() && known->second.visit == fresh.visit) {
            ASSERT_EQ(got, upserted::unchanged);
            return;
        }
        for (const auto& each : moments_of(visit, rules)) {
            if (each.at >= visit.booked_at) {
                fresh.left.push_back(each);
            } else if ((each.what == moment_type::make_room || each.what == moment_type::quiet_texts ||
                        each.what == moment_type::nudge) &&
                       now_ < each.useless_after) {
                fresh.late.push_back(each);
                fresh.late_at = now_;
            }
        }
        if (fresh.left.empty()) {
            ASSERT_EQ(got, upserted::finished);
            plain_.erase(visit.appointment);
            return;
        }
        ASSERT_EQ(got, known == plain_.end() ? upserted::inserted : upserted::updated);
        plain_[visit.appointment] = std::move(fresh);
    }

    void read_again() {
        const auto at = plain_.lower_bound(any_id());
        if (at != plain_.end()) {
            ASSERT_EQ(held_.upsert(at->second.visit, now_), upserted::unchanged);
        }
    }

    void remove() {
        const auto id = any_id();
        ASSERT_EQ(held_.remove(id), plain_.erase(id) == 1);
    }

    void move_clock() {
        switch (below(8)) {
            case 0:
                now_ -= std::chrono::minutes{below(200)};
                break;
            case 1:
                now_ += std::chrono::minutes{below(2000)};
                break;
            default:
                now_ += std::chrono::milliseconds{below(60'000)};
                break;
        }
    }

    // Takes what one appointment has to say at now_ out of the plain map.
    std::vector<std::pair<moment, bool>> expected_of(plain_visit& plain) {
        std::vector<std::pair<moment, bool>> all;
        const auto wheel_now = std::chrono::floor<std::chrono::milliseconds>(now_);
        const bool next_is_due = !plain.left.empty() && plain.left.front().at <= wheel_now;
        if (plain.late_at && (*plain.late_at <= wheel_now || next_is_due)) {
            for (const auto& what : plain.late) {
                if (now_ < what.useless_after) {
                    all.emplace_back(what, false);
                }
            }
            plain.late.clear();
            plain.late_at.reset();
        }
        while (!plain.left.empty() && plain.left.front().at <= now_) {
            const auto what = plain.left.front();
            plain.left.erase(plain.left.begin());
            const auto useless = now_ >= what.useless_after;
            if (what.what == moment_type::reminder || !useless) {
                all.emplace_back(what, useless);
            }
        }
        return all;
    }

    void fire() {
        std::vector<due_moment> due;
        while (held_.fire(now_, static_cast<std::size_t>(1 + below(50)), due)) {
        }
        std::map<appointment_id, std::vector<std::pair<moment, bool>>> got;
        for (const auto& each : due) {
            ASSERT_TRUE(plain_.contains(each.visit.appointment));
            ASSERT_EQ(each.visit, plain_[each.visit.appointment].visit);
            got[each.visit.appointment].emplace_back(each.what, each.expired);
        }
        for (auto at = plain_.begin(); at != plain_.end();) {
            ASSERT_EQ(got[at->first], expected_of(at->second)) << "appointment " << at->first;
            at = at->second.left.empty() ? plain_.erase(at) : std::next(at);
        }
    }

    void check() {
        ASSERT_EQ(held_.size(), plain_.size());
        const auto id = any_id();
        const auto known = plain_.find(id);
        ASSERT_EQ(held_.find(id), known == plain_.end() ? std::nullopt : std::optional{known->second.visit});
    }

    void check_deadline() {
        std::optional<wall_time> earliest;
        for (const auto& [id, plain] : plain_) {
            const auto first = plain.left.front().at;
            const auto at = plain.late_at ? std::min(*plain.late_at, first) : first;
            earliest = std::min(earliest.value_or(wall_time::max()), at);
        }
        ASSERT_EQ(held_.next_deadline().has_value(), earliest.has_value());
        if (earliest && *earliest < wall_time::max() - 1h) {
            ASSERT_LT(*held_.next_deadline(), *earliest + 1ms);
        }
    }

    std::mt19937_64 random_{GetParam()};
    wall_time now_ = two_pm;
    schedule held_{rules, two_pm};
    std::map<appointment_id, plain_visit> plain_;
};

TEST_P(schedule_property, agrees_with_a_plain_map) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    for (int step = 0; step < 120'000; ++step) {
        const auto choice = below(100);
        if (choice < 60) {
            upsert();
        } else if (choice < 85) {
            read_again();
        } else if (choice < 99) {
            remove();
        } else {
            move_clock();
            fire();
            check_deadline();
        }
        check();
        if (HasFatalFailure()) {
            FAIL() << "step " << step;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(seeds, schedule_property, ::testing::Values(1, 2, 20261123, 4000000007));

}  // namespace
}  // namespace punctual::domain
