#pragma once
// A feed follower with one lane and a schedule, on the memory store.

#include "jobs/feed_follower.hpp"
#include "support/jobs_fixture.hpp"

namespace punctual::test {

class feed_follower : public jobs_fixture {
protected:
    feed_follower() {
        rows.bell = [this] {
            if (rings) {
                subject.bell();
            }
        };
        run(recorder.run());
        run(lane->run());
    }

    void start() {
        run(subject.run());
        run(subject.run_comparisons());
        settle();
    }
    void move(domain::appointment_id id, std::chrono::seconds ahead) {
        rows.change_to(id, image(ahead), clock.wall_now());
    }
    // Kinds in the order in which they were sent.
    [[nodiscard]] std::vector<domain::kind> kinds() const {
        std::vector<domain::kind> sent;
        for (const auto& one : sender.sent) {
            sent.push_back(one.kind);
        }
        return sent;
    }

    bool rings = true;
    int loads = 0;
    int cancellations = 0;
    int wakes = 0;
    std::optional<wall_time> lease_end;
    fake_sender sender{clock};
    jobs::recorder recorder{store, clock, log};
    std::unique_ptr<jobs::lane> lane = make_lane(sender, recorder);
    domain::schedule schedule{rules, clock.wall_now()};
    jobs::feed_follower subject{"one",
                                30s,
                                schedule,
                                rules,
                                {lane.get()},
                                store,
                                clock,
                                log,
                                *metrics,
                                {.loaded = [this] { ++loads; },
                                 .schedule_changed = [this] { ++wakes; },
                                 .cancelled = [this] { ++cancellations; },
                                 .lease_ends = [this](wall_time when) { lease_end = when; }}};
};

}  // namespace punctual::test
