#pragma once
// One log line per change of state: a reason that stays the same is told once.

#include <string>
#include <string_view>

namespace punctual::net::postgres {

class outage {
public:
    // True when this is news.
    [[nodiscard]] bool is_new(std::string_view reason) {
        const bool news = reason != reason_;
        reason_ = reason;
        return news;
    }
    void over() noexcept { reason_.clear(); }

private:
    std::string reason_;
};

}  // namespace punctual::net::postgres
