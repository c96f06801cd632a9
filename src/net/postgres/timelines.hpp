#pragma once
// What is known of the timelines of database clusters, shared by every connection of a program: a promotion
// begins a new and higher timeline, so of two writable servers the one with the higher number is the primary,
// and one that shows a lower number than was ever seen is an old primary come back. Kept for as long as the
// program runs.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace punctual::net::postgres {

class timelines {
public:
    // A writable server of that cluster (pg_control_system) showed that timeline. 0: it could not be asked.
    void saw(const std::string& system, std::uint32_t timeline) {
        auto& highest = highest_[system];
        if (timeline > highest) {
            highest = timeline;
            for (const auto& call : on_raised_) {
                call();
            }
        }
    }
    [[nodiscard]] std::uint32_t highest(const std::string& system) const {
        const auto found = highest_.find(system);
        return found == highest_.end() ? 0 : found->second;
    }
    [[nodiscard]] bool is_outdated(const std::string& system, std::uint32_t timeline) const {
        return timeline > 0 && timeline < highest(system);
    }

    // Called whenever a higher timeline than before has been seen. For as long as both live.
    void on_raised(std::function<void()> call) { on_raised_.push_back(std::move(call)); }

    // How often an old primary was met and refused.
    void count_refused() noexcept { ++refused_; }
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

private:
    std::map<std::string, std::uint32_t> highest_;
    std::vector<std::function<void()>> on_raised_;
    std::uint64_t refused_ = 0;
};

}  // namespace punctual::net::postgres
