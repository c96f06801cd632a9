#include "jobs/due_queue.hpp"

#include <algorithm>
#include <ranges>

namespace punctual::jobs {

void due_queue::push(const domain::planned_delivery& what) {
    const auto at = index_of(what.channel);
    kinds_[what.kind].at(at).push_back(what);
    ++sizes_.at(at);
    ++size_;
}

void due_queue::put_back(const std::vector<domain::planned_delivery>& batch) {
    size_ += batch.size();
    for (const auto& one : std::views::reverse(batch)) {
        const auto at = index_of(one.channel);
        ++sizes_.at(at);
        kinds_[one.kind].at(at).push_front(one);
    }
}

std::vector<domain::planned_delivery> due_queue::take(std::size_t limit, domain::channel_counts allowed) {
    std::vector<domain::planned_delivery> batch;
    batch.reserve(std::min(limit, size_));
    for (auto& [kind, channels] : kinds_) {
        while (batch.size() < limit) {
            waiting* next = nullptr;
            std::size_t its = 0;
            for (std::size_t at = 0; at < channels.size(); ++at) {
                auto& one = channels.at(at);
                if (!one.empty() && allowed.at(at) > 0 &&
                    (next == nullptr || one.front().due_at < next->front().due_at)) {
                    next = &one;
                    its = at;
                }
            }
            if (next == nullptr) {
                break;
            }
            batch.push_back(next->front());
            next->pop_front();
            --allowed.at(its);
            --sizes_.at(its);
        }
    }
    size_ -= batch.size();
    return batch;
}

std::size_t due_queue::size(domain::channel channel) const noexcept {
    return sizes_.at(index_of(channel));
}

std::optional<wall_time> due_queue::oldest_due() const {
    std::optional<wall_time> oldest;
    for (const auto& [kind, channels] : kinds_) {
        for (const auto& one : channels) {
            if (!one.empty() && (!oldest || one.front().due_at < *oldest)) {
                oldest = one.front().due_at;
            }
        }
    }
    return oldest;
}

}  // namespace punctual::jobs
