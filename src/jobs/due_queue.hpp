#pragma once
// What is due and not yet claimed: the reminder nearest to its visit first, within a kind what has been due longest.
// A channel that may not send as many holds up no other.
// It refuses to know why a channel may not.

#include "domain/delivery.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace punctual::jobs {

class due_queue {
public:
    void push(const domain::planned_delivery& what);
    // What take() gave, in front of all that has come since.
    void put_back(const std::vector<domain::planned_delivery>& batch);
    // At most `limit` in all, and of each channel at most its `allowed`.
    [[nodiscard]] std::vector<domain::planned_delivery> take(std::size_t limit, domain::channel_counts allowed);

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t size(domain::channel channel) const noexcept;
    // nullopt: nothing waits.
    [[nodiscard]] std::optional<wall_time> oldest_due() const;

private:
    using waiting = std::deque<domain::planned_delivery>;

    // Kinds are numbered by nearness to the visit; the map runs from the last.
    std::map<domain::kind, domain::by_channel<waiting>, std::greater<>> kinds_;
    domain::channel_counts sizes_{};
    std::size_t size_ = 0;
};

}  // namespace punctual::jobs
