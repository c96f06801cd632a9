#pragma once
// A lane of each provider, its sender a fake, on the memory store.

#include "jobs/attempts.hpp"
#include "jobs/lane.hpp"
#include "support/jobs_fixture.hpp"

namespace punctual::test {

class lane : public jobs_fixture {
protected:
    lane() { run(recorder.run()); }

    void start() {
        run(subject->run());
        settle();
    }
    void push(const std::vector<domain::planned_delivery>& due) {
        subject->push(due);
        settle();
    }

    fake_sender sender{clock};
    fake_sender texts{clock, {domain::channel::whatsapp, domain::channel::sms}};
    jobs::recorder recorder{store, clock, log};
    std::unique_ptr<jobs::lane> subject = make_lane(sender, recorder);
    std::unique_ptr<jobs::lane> text_lane = make_lane(texts, recorder);
};

}  // namespace punctual::test
