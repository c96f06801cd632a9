#pragma once
// For coroutines that must not end: what breaks one round of them, a bug, is logged, and they are begun again, later
// each time. Beside task_group's edge, because they are its children; what they were doing is theirs to take up again.

#include "net/async/clock.hpp"
#include "net/async/task.hpp"
#include "net/log/logger.hpp"
#include "net/metrics/metrics.hpp"

#include <functional>
#include <string>

namespace punctual::net {

// Runs what `begin` gives until it ends without an exception. Between an exception and the next beginning: 0.1 s,
// doubling to 5 s, from the first again after a minute of good work. A cancelled pause ends it. `begin` is called at
// once and then after each exception; what it refers to must outlive the task, as the clock, the log and the metrics
// must.
[[nodiscard]] task<> keep_running(std::string name, std::function<task<>()> begin, clock& clock, logger& log,
                                  metrics& metrics);

}  // namespace punctual::net
