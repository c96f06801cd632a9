#pragma once
// A clinic of two people in memory, a clock that stands, and a far end: what tests of the jobs begin with.

#include "domain/planning.hpp"
#include "jobs/lane.hpp"
#include "net/metrics/metrics.hpp"
#include "support/fake_providers.hpp"
#include "support/manual_clock.hpp"
#include "support/memory_store.hpp"
#include "support/memory_visit_log.hpp"
#include "support/run_task.hpp"
#include "support/sample_delivery.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include <functional>
#include <memory>
#include <vector>

namespace punctual::test {

using namespace std::chrono_literals;

class jobs_fixture : public testing::Test {
protected:
    jobs_fixture() {
        domain::person who;
        who.role = domain::role::patient;
        who.full_name = "Jane Citizen";
        who.email = "jane@example.com";
        who.phone = "+61412345678";
        who.texts_enabled = true;
        patient = rows.add_person(who);
        who.role = domain::role::psychologist;
        who.email = "lee@example.com";
        who.phone = "+61412345679";
        psychologist = rows.add_person(who);
    }

    // Ends what the test has left running, as an abort does: from inside the loop. A lane that was not stopped
    // may begin more sends meanwhile.
    void TearDown() override {
        constexpr int rounds = 20;
        for (int round = 0; round < rounds; ++round) {
            boost::asio::post(context, [this] {
                for (const auto& abort : at_end) {
                    abort();
                }
                group.cancel();
            });
            clock.settle();
        }
    }

    void run(net::task<> job) { group.spawn("job", std::move(job)); }
    void settle() { clock.settle(); }
    void advance(std::chrono::nanoseconds by) { clock.advance(by); }

    std::unique_ptr<jobs::lane> make_lane(jobs::sender& sender, jobs::recorder& recorder,
                                          jobs::lane_options options = {.name = "smtp", .instance = "one"}) {
        auto made = std::make_unique<jobs::lane>(context.get_executor(), std::move(options), sender, store, recorder,
                                                 clock, log, *metrics, [this] { return fraction; });
        at_end.emplace_back([lane = made.get()] { lane->abort(); });
        return made;
    }

    [[nodiscard]] domain::appointment_image image(std::chrono::seconds ahead) const {
        domain::appointment_image made;
        made.what.starts_at = clock.wall_now() + ahead;
        made.what.duration = 50min;
        made.patient = patient;
        made.psychologist = psychologist;
        return made;
    }
    domain::appointment_id book(std::chrono::seconds ahead) { return rows.book(image(ahead), clock.wall_now()); }

    // The patient's row of a reminder that is due now.
    [[nodiscard]] domain::planned_delivery due(domain::appointment_id id,
                                               domain::channel channel = domain::channel::email,
                                               std::size_t reminder = 0) const {
        domain::planned_delivery row;
        row.appointment = id;
        row.version = rows.version_of(id);
        row.kind = domain::reminder_kind(reminder);
        row.channel = channel;
        row.due_at = clock.wall_now();
        row.useless_after = rows.appointments.at(id).what.starts_at;
        return row;
    }
    // Of as many new appointments.
    std::vector<domain::planned_delivery> due_many(std::size_t count, std::size_t reminder = 0) {
        std::vector<domain::planned_delivery> made;
        for (std::size_t i = 0; i < count; ++i) {
            made.push_back(due(book(24h), domain::channel::email, reminder));
        }
        return made;
    }

    [[nodiscard]] std::vector<domain::delivery_state> states() const {
        std::vector<domain::delivery_state> found;
        for (const auto& [id, row] : rows.deliveries) {
            found.push_back(row.state);
        }
        return found;
    }
    [[nodiscard]] std::size_t count(domain::delivery_state state) const {
        const auto all = states();
        return static_cast<std::size_t>(std::ranges::count(all, state));
    }
    [[nodiscard]] bool logged(std::string_view event) const {
        return std::ranges::any_of(log.lines, [&](const auto& line) { return line.starts_with(event); });
    }

    boost::asio::io_context context;
    manual_clock clock{context, sample_now};
    domain::policy rules = domain::default_policy();
    memory_database rows{rules};
    memory_store store{rows, clock};
    memory_visit_log visits{rows, clock};
    kept_log log;
    std::unique_ptr<net::metrics> metrics = net::make_metrics();
    fake_composer composer;
    fake_mailer mailer{clock};
    fake_messenger messenger{clock};
    fake_rooms rooms{clock};
    double fraction = 0.5;
    domain::person_id patient = 0;
    domain::person_id psychologist = 0;
    std::vector<std::function<void()>> at_end;
    // Keeps what jobs break with: none of them should.
    net::task_group group{context.get_executor(), [](std::string_view, std::exception_ptr why) {
                              EXPECT_FALSE(why) << "a job ended by an exception";
                          }};
};

}  // namespace punctual::test
