#include "sandbox/inbox.hpp"

#include <algorithm>
#include <utility>

namespace punctual::sandbox {

std::uint64_t inbox::add(delivery what, std::string raw) {
    what.n = ++last_;
    what.revision = ++revision_;
    by_revision_.emplace_hint(by_revision_.end(), what.revision, what.n);
    records_.push_back(std::move(what));
    if (!raw.empty()) {
        raw_bytes_ += raw.size();
        raw_.emplace_hint(raw_.end(), last_, std::move(raw));
    }
    forget_oldest();
    return last_;
}

void inbox::forget_oldest() {
    while (records_.size() > limits_.records) {
        by_revision_.erase(records_.front().revision);
        records_.pop_front();
    }
    const auto first = records_.empty() ? last_ + 1 : records_.front().n;
    while (!raw_.empty() && (raw_bytes_ > limits_.raw_bytes || raw_.begin()->first < first)) {
        raw_bytes_ -= raw_.begin()->second.size();
        raw_.erase(raw_.begin());
    }
}

delivery* inbox::find_record(std::uint64_t n) {
    if (records_.empty() || n < records_.front().n || n > records_.back().n) {
        return nullptr;
    }
    return &records_[static_cast<std::size_t>(n - records_.front().n)];
}

const delivery* inbox::find(std::uint64_t n) const {
    return const_cast<inbox*>(this)->find_record(n);
}

void inbox::set_status(std::uint64_t n, std::string_view status, int error_code) {
    auto* record = find_record(n);
    if (record == nullptr) {
        return;
    }
    by_revision_.erase(record->revision);
    record->status = status;
    record->error_code = error_code;
    record->revision = ++revision_;
    by_revision_.emplace_hint(by_revision_.end(), record->revision, n);
}

void inbox::clear() {
    records_.clear();
    by_revision_.clear();
    raw_.clear();
    raw_bytes_ = 0;
    ++generation_;
}

std::string_view inbox::raw(std::uint64_t n) const {
    const auto at = raw_.find(n);
    return at == raw_.end() ? std::string_view{} : std::string_view{at->second};
}

std::vector<const delivery*> inbox::since(std::uint64_t n, std::size_t limit) const {
    std::vector<const delivery*> found;
    if (records_.empty()) {
        return found;
    }
    for (auto next = std::max(n + 1, records_.front().n); next <= records_.back().n && found.size() < limit; ++next) {
        found.push_back(find(next));
    }
    return found;
}

std::vector<const delivery*> inbox::changed_since(std::uint64_t revision, std::size_t limit) const {
    std::vector<const delivery*> found;
    for (auto at = by_revision_.upper_bound(revision); at != by_revision_.end() && found.size() < limit; ++at) {
        found.push_back(find(at->second));
    }
    return found;
}

}  // namespace punctual::sandbox
