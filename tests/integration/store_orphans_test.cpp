// Rows of reminders that the plan does not have any more, on a real database.

#include "support/store_fixture.hpp"

namespace punctual::test {
namespace {

class store_orphans : public store_fixture {
protected:
    // A row of that kind in that state; what is null unless `more` says otherwise.
    void row(std::string_view kind, std::string_view state, std::string_view more = "null, null, null",
             std::string_view channel = "whatsapp") {
        psql(
            "insert into punctual.delivery (appointment_id, kind, channel, recipient_id, recipient_role, version, "
            "state, due_at, useless_after, next_attempt_at, lease_until, fallback_at) select 1, '" +
            std::string{kind} + "', '" + std::string{channel} + "', count(*), 'patient', 1, '" + std::string{state} +
            "', now() - interval '5 minutes', now() + interval '1 day', " + std::string{more} +
            " from punctual.delivery");
    }
    std::int64_t settle() { return must(run(store->settle_orphans(soon()))); }
    std::string states() {
        return psql(
            "select string_agg(kind || ' ' || state || ' ' || coalesce(error_text, '-'), '; ' order by recipient_id) "
            "from punctual.delivery");
    }
};

TEST_F(store_orphans, that_wait_are_superseded_and_say_why) {
    row("reminder_2h", "retrying", "now() - interval '2 minutes', null, null");
    row("reminder_24h", "retrying", "now() - interval '2 minutes', null, null");
    EXPECT_EQ(must(run(store->health(soon()))).overdue, 2);
    EXPECT_EQ(settle(), 1);
    EXPECT_EQ(states(),
              "reminder_2h superseded the reminder plan has no reminder_2h any more; reminder_24h retrying -");
    // Not ready for ever would be the price of forgetting them.
    EXPECT_EQ(must(run(store->health(soon()))).overdue, 1);
    EXPECT_EQ(settle(), 0);
}

TEST_F(store_orphans, that_a_dead_process_claimed_are_unconfirmed) {
    row("reminder_2h", "claimed", "null, now() - interval '1 second', null");
    row("reminder_1h", "claimed", "null, now() - interval '1 second', null");
    row("reminder_2h", "claimed", "null, now() + interval '1 minute', null");
    EXPECT_EQ(settle(), 1);
    EXPECT_EQ(states(),
              "reminder_2h unconfirmed the reminder plan has no reminder_2h any more; reminder_1h claimed -; "
              "reminder_2h claimed -");
}

TEST_F(store_orphans, that_were_accepted_stay_so_and_no_sms_follows) {
    row("reminder_2h", "accepted", "null, null, now() + interval '1 minute'");
    row("reminder_1h", "accepted", "null, null, now() + interval '1 minute'");
    EXPECT_EQ(settle(), 1);
    EXPECT_EQ(psql("select count(*) from punctual.delivery where fallback_at is not null"), "1");
    EXPECT_EQ(states(), "reminder_2h accepted -; reminder_1h accepted -");
}

TEST_F(store_orphans, that_are_settled_are_left_alone) {
    for (const auto* state : {"delivered", "failed", "skipped", "expired", "superseded", "unconfirmed", "accepted"}) {
        row("reminder_2h", state);
    }
    EXPECT_EQ(settle(), 0);
}

TEST_F(store_orphans, are_settled_however_many_there_are) {
    psql(
        "insert into punctual.delivery (appointment_id, kind, channel, recipient_id, recipient_role, version, state, "
        "due_at, useless_after, next_attempt_at) select g, 'reminder_2h', 'email', 1, 'patient', 1, 'retrying', now(), "
        "now(), now() from generate_series(1, 2500) g");
    EXPECT_EQ(settle(), 2500);
}

}  // namespace
}  // namespace punctual::test
