#include "jobs/outcome_tally.hpp"

#include <chrono>
#include <string_view>

namespace punctual::jobs {
namespace {

using domain::delivery_state;

constexpr auto between = std::chrono::seconds{1};
// Codes are a provider's: a line is not to grow with what it invents.
constexpr std::size_t most_causes = 20;

std::string spell(const std::map<std::string, std::size_t, std::less<>>& counts) {
    std::string text;
    for (const auto& [word, count] : counts) {
        text += (text.empty() ? "" : " ") + word + "=" + std::to_string(count);
    }
    return text;
}

}  // namespace

void outcome_tally::add(const domain::outcome& what) {
    if (what.state == delivery_state::accepted || what.state == delivery_state::delivered) {
        return;
    }
    ++count_;
    ++states_[std::string{domain::to_string(what.state)}];
    const std::string_view cause =
        what.error_code.empty() ? domain::to_string(what.reason) : std::string_view{what.error_code};
    if (!cause.empty()) {
        const bool known = causes_.contains(cause) || causes_.size() < most_causes;
        ++causes_[known ? std::string{cause} : "other"];
    }
}

boot_time outcome_tally::due() const noexcept {
    return count_ == 0 ? boot_time::max() : next_;
}

void outcome_tally::tell(boot_time now) {
    if (now >= due()) {
        tell_the_rest();
        next_ = now + between;
    }
}

void outcome_tally::tell_the_rest() {
    if (count_ > 0) {
        log_.info("deliveries_not_accepted",
                  {{"count", count_}, {"states", spell(states_)}, {"causes", spell(causes_)}});
    }
    count_ = 0;
    states_.clear();
    causes_.clear();
}

}  // namespace punctual::jobs
