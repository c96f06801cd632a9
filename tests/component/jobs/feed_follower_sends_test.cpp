// What a change does to messages that are claimed and not yet on their way.
#include "component/jobs/feed_follower_fixture.hpp"
#include "jobs/attempts.hpp"

namespace punctual::test {
namespace {

using domain::delivery_state;

// As senders do: nothing is written without the lease.
class feed_follower_with_waiting_sends : public feed_follower {
protected:
    feed_follower_with_waiting_sends() {
        sender.judge = [this](const auto& what, jobs::attempt& made) {
            if (what.lease.holds(clock.boot_now())) {
                written.push_back(what.kind);
            } else {
                made.sign = jobs::provider_sign::none;
                made.outcome = jobs::untried(what, clock.wall_now(), clock.wall_now());
            }
        };
        start();
        id = book(48h);
        settle();
        written.clear();
        sender.gate.close();
        lane->push(std::vector{due(id)});
        settle();
    }
    void go_on() {
        sender.gate.open();
        advance(2s);
    }
    [[nodiscard]] const memory_database::delivery& reminder() const {
        return rows.deliveries.at(rows.keys.at({id, domain::reminder_kind(0), domain::channel::email, patient, 1}));
    }

    std::vector<domain::kind> written;
    domain::appointment_id id = 0;
};

TEST_F(feed_follower_with_waiting_sends, do_not_write_a_reminder_of_what_was_cancelled_meanwhile) {
    auto off = rows.appointments.at(id);
    off.status = domain::appointment_status::cancelled;
    rows.change_to(id, off, clock.wall_now());
    advance(1s);
    go_on();
    EXPECT_EQ(written, (std::vector{domain::kind::cancellation, domain::kind::cancellation}));
    EXPECT_EQ(reminder().state, delivery_state::superseded);
    EXPECT_EQ(reminder().attempts, 0);
}

TEST_F(feed_follower_with_waiting_sends, do_not_write_a_reminder_of_the_former_time) {
    move(id, 72h);
    advance(1s);
    go_on();
    EXPECT_EQ(written, (std::vector{domain::kind::reschedule, domain::kind::reschedule}));
    EXPECT_EQ(reminder().state, delivery_state::superseded);
}

TEST_F(feed_follower_with_waiting_sends, do_not_write_without_a_bell_either_after_a_second) {
    rings = false;
    rows.remove(id, clock.wall_now());
    advance(1s);
    go_on();
    EXPECT_EQ(std::ranges::count(written, domain::reminder_kind(0)), 0);
    EXPECT_EQ(reminder().state, delivery_state::superseded);
}

// Another daemon settles the change before this one can look again: the feed does not tell of it here.
TEST_F(feed_follower_with_waiting_sends, are_read_again_after_a_lost_connection) {
    rings = false;
    move(id, 72h);
    rows.states[id].version = rows.version_of(id);
    for (auto& one : rows.changes) {
        one.handled = true;
    }
    subject.resync();
    advance(1s);
    go_on();
    EXPECT_TRUE(written.empty());
    EXPECT_EQ(reminder().state, delivery_state::superseded);
}

TEST_F(feed_follower_with_waiting_sends, still_tell_of_a_cancellation_that_is_followed_by_its_deletion) {
    auto off = rows.appointments.at(id);
    off.status = domain::appointment_status::cancelled;
    rows.change_to(id, off, clock.wall_now());
    advance(1s);
    rows.remove(id, clock.wall_now());
    advance(1s);
    go_on();
    EXPECT_EQ(written, (std::vector{domain::kind::cancellation, domain::kind::cancellation}));
}

TEST_F(feed_follower_with_waiting_sends, read_a_person_again_who_has_changed) {
    rows.people.at(patient).email = "new@example.com";
    rows.person_changed(patient, clock.wall_now());
    advance(1s);
    const auto before = sender.sent.size();
    go_on();
    ASSERT_EQ(sender.sent.size(), before + 1);
    EXPECT_EQ(sender.sent.back().recipient.email, "new@example.com");
    EXPECT_EQ(written, std::vector{domain::reminder_kind(0)});
    EXPECT_EQ(reminder().attempts, 1);
}

}  // namespace
}  // namespace punctual::test
