#pragma once
// Counts the deliveries that no provider took, and tells of them in one line, at most once a second: an import or an
// outage is thousands of them. Which they were, the debug level and `punctuald explain` say.

#include "domain/delivery.hpp"
#include "domain/time.hpp"
#include "net/log/logger.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace punctual::jobs {

class outcome_tally {
public:
    explicit outcome_tally(net::logger& log) : log_{log} {}

    // One that was accepted or delivered is not counted.
    void add(const domain::outcome& what);
    // When tell() has something to tell; boot_time::max(): never.
    [[nodiscard]] boot_time due() const noexcept;
    void tell(boot_time now);
    // What there is, whatever was told when: nothing follows.
    void tell_the_rest();

private:
    using counts = std::map<std::string, std::size_t, std::less<>>;

    net::logger& log_;
    std::size_t count_ = 0;
    counts states_;
    counts causes_;  // our reasons and the providers' codes
    boot_time next_{};
};

}  // namespace punctual::jobs
