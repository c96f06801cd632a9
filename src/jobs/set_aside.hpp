#pragma once
// Rows whose handling broke or was refused, out of the way of those behind them until their next try: after 5 s, twice
// as long each time, at most 10 min. Nothing is forgotten with them: what a row is of stays in the database, and a
// process that begins anew finds it there.
//
// It refuses to know what a row is, and to keep more than its bound: so many at once are no rows that break but a job.

#include "domain/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace punctual::jobs {

template <class Key, class Row>
class set_aside {
public:
    explicit set_aside(std::size_t bound) : bound_{bound} {}

    // Once more: takes the place of what is kept under the key. False: there is no place left.
    [[nodiscard]] bool add(const Key& key, Row row, boot_time now) {
        const auto at = rows_.find(key);
        if (at == rows_.end() && rows_.size() >= bound_) {
            return false;
        }
        auto& one = at == rows_.end() ? rows_[key] : at->second;
        one.pause = one.pause == std::chrono::seconds{0} ? first_pause : std::min(one.pause * 2, longest_pause);
        one.row = std::move(row);
        one.next = now + one.pause;
        return true;
    }
    void remove(const Key& key) { rows_.erase(key); }
    void clear() noexcept { rows_.clear(); }

    // Null: nothing is kept under the key.
    [[nodiscard]] const Row* find(const Key& key) const {
        const auto at = rows_.find(key);
        return at == rows_.end() ? nullptr : &at->second.row;
    }
    [[nodiscard]] bool rests(const Key& key, boot_time now) const {
        const auto at = rows_.find(key);
        return at != rows_.end() && at->second.next > now;
    }
    // Copies of those whose time has come, in the order of their keys. They stay until remove(); what breaks again is
    // to be added again.
    [[nodiscard]] std::vector<Row> due(boot_time now, std::size_t limit) const {
        std::vector<Row> found;
        for (auto at = rows_.begin(); at != rows_.end() && found.size() < limit; ++at) {
            if (at->second.next <= now) {
                found.push_back(at->second.row);
            }
        }
        return found;
    }
    // When the next of them is; max: none is kept.
    [[nodiscard]] boot_time next() const {
        auto first = boot_time::max();
        for (const auto& [key, one] : rows_) {
            first = std::min(first, one.next);
        }
        return first;
    }
    template <class Predicate>
    void keep_only(const Predicate& wanted) {
        std::erase_if(rows_, [&](const auto& one) { return !wanted(one.first); });
    }

    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    [[nodiscard]] bool full() const noexcept { return rows_.size() >= bound_; }

private:
    static constexpr std::chrono::seconds first_pause{5};
    static constexpr std::chrono::seconds longest_pause{600};

    struct kept {
        Row row;
        std::chrono::seconds pause{0};
        boot_time next{};
    };

    std::size_t bound_;
    std::map<Key, kept> rows_;
};

}  // namespace punctual::jobs
