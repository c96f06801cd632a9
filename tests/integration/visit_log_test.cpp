// The visit log's SQL on a real Postgres.

#include "net/store/postgres_visit_log.hpp"

#include "support/store_fixture.hpp"

namespace punctual::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* room_sid = "RM0123456789abcdef0123456789abcdef";

class visit_log : public store_fixture {
protected:
    explicit visit_log(net::adapter which = net::adapter::standalone, std::string_view before = {},
                       std::string_view people = standalone_people)
        : store_fixture{which, before, people} {
        log = net::make_postgres_visit_log(*client);
    }

    // Begins `ago`, with its room.
    domain::appointment_id visit(std::chrono::minutes ago) {
        const auto id = book();
        psql("update punctual.appointment set starts_at = date_trunc('second', now()) - interval '" +
             std::to_string(ago.count()) + " minutes' where id = " + std::to_string(id));
        settle_all();
        name = must(run(store->find_appointment(id, soon())))->room_name;
        must_do(run(store->record_room(id, room_sid, soon())));
        return id;
    }
    [[nodiscard]] net::room_event event(domain::appointment_id id, std::string what, std::string participant = {},
                                        domain::person_id who = 0, wall_time at = now()) {
        net::room_event made;
        made.key = std::string{room_sid} + ":" + std::to_string(++sequence);
        made.form = "RoomSid=RM&x=%27";
        made.appointment = id;
        made.room_name = name;
        made.room_sid = room_sid;
        made.what = std::move(what);
        made.participant_sid = std::move(participant);
        made.person = who;
        made.at = at;
        return made;
    }
    static wall_time now() {
        return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    bool record(net::room_event what) { return must(run(log->record_event(std::move(what), soon()))); }
    net::visit_record read(domain::appointment_id id, wall_time since = {}) {
        return must(run(log->read(id, since, soon())));
    }
    bool propose(domain::appointment_id id, bool write, std::int32_t version = 0) {
        const auto current = must(run(store->find_appointment(id, soon())));
        return must(run(
            log->propose_no_show(id, version == 0 ? current->version : version, net::absence::patient, write, soon())));
    }
    std::string status_of(domain::appointment_id id) {
        return psql("select status from punctual.appointment where id = " + std::to_string(id));
    }

    std::unique_ptr<net::visit_log> log;
    std::string name;
    int sequence = 0;
};

TEST_F(visit_log, keeps_a_callback_and_does_what_it_says) {
    const auto id = visit(10min);
    EXPECT_TRUE(record(event(id, "participant-connected", "PA1", 1, now() - 10min)));
    auto gone = event(id, "participant-disconnected", "PA1", 1, now() - 4min);
    gone.stayed = 6min;
    EXPECT_TRUE(record(gone));
    EXPECT_TRUE(record(event(id, "participant-connected", "PA2", 1, now() - 3min)));
    const auto found = read(id);
    ASSERT_EQ(found.people.size(), 1U);
    const auto& one = found.people[0];
    EXPECT_EQ(one.role, "patient");
    EXPECT_EQ(one.stays, 2);
    EXPECT_EQ(one.left_at, std::nullopt);
    EXPECT_GE(one.length, 9min);
    EXPECT_LT(one.length, 10min);
    EXPECT_EQ(found.rooms, std::vector<std::string>{room_sid});
    EXPECT_EQ(psql("select count(*) from punctual.webhook where source = 'room_status' and handled_at is not null"),
              "3");
}

TEST_F(visit_log, comes_to_the_same_in_whatever_order_and_however_often) {
    const auto id = visit(10min);
    const auto came = event(id, "participant-connected", "PA1", 2, now() - 10min);
    auto gone = event(id, "participant-disconnected", "PA1", 2, now() - 5min);
    gone.stayed = 4min;
    const auto over = event(id, "room-ended", {}, 0, now());
    for (const auto& one : {over, gone, came, gone, over, came}) {
        EXPECT_TRUE(record(one));
    }
    const auto found = read(id);
    ASSERT_EQ(found.people.size(), 1U);
    EXPECT_EQ(found.people[0].role, "psychologist");
    EXPECT_EQ(found.people[0].stays, 1);
    EXPECT_EQ(*found.people[0].left_at - found.people[0].joined_at, *std::optional{gone.at} - came.at);
}

TEST_F(visit_log, lets_nobody_stay_in_a_room_that_has_ended) {
    const auto id = visit(10min);
    record(event(id, "participant-connected", "PA1", 1, now() - 10min));
    record(event(id, "room-ended"));
    record(event(id, "participant-connected", "PA2", 2, now() - 9min));
    for (const auto& one : read(id).people) {
        EXPECT_TRUE(one.left_at);
    }
    EXPECT_EQ(psql("select room_ended_at is not null from punctual.appointment_state"), "t");
    EXPECT_TRUE(must(run(store->rooms_to_clean(now(), 10, soon()))).empty());
}

TEST_F(visit_log, keeps_and_leaves_alone_what_is_of_another_installation) {
    const auto id = visit(10min);
    auto foreign = event(id, "room-ended");
    foreign.room_name = "apt-" + std::to_string(id) + "-1-ffffffff";
    EXPECT_FALSE(record(foreign));
    EXPECT_EQ(psql("select room_ended_at is null from punctual.appointment_state"), "t");
    EXPECT_EQ(psql("select count(*) from punctual.webhook where source = 'room_status'"), "1");
}

TEST_F(visit_log, gives_what_was_only_kept_until_it_is_acted_on) {
    const auto id = visit(10min);
    must_do(run(log->keep_event("RM:1", "a=b", soon())));
    const auto kept = must(run(log->unhandled_events(10, soon())));
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].form, "a=b");
    auto what = event(id, "participant-connected", "PA1", 1);
    what.key = kept[0].key;
    EXPECT_TRUE(record(what));
    EXPECT_TRUE(must(run(log->unhandled_events(10, soon()))).empty());
}

TEST_F(visit_log, adds_what_twilio_lists_to_what_the_callbacks_told) {
    const auto id = visit(10min);
    record(event(id, "participant-connected", "PA1", 1, now() - 10min));
    std::vector<net::stay> seen{{"PA1", room_sid, 1, now() - 11min, now() - 2min},
                                {"PA2", room_sid, 2, now() - 8min, std::nullopt}};
    must_do(run(log->record_stays(id, std::move(seen), soon())));
    const auto found = read(id);
    ASSERT_EQ(found.people.size(), 2U);
    EXPECT_TRUE(found.people[0].left_at);
    EXPECT_FALSE(found.people[1].left_at);
}

TEST_F(visit_log, leaves_out_stays_that_had_ended_by_then) {
    const auto id = visit(10min);
    std::vector<net::stay> seen{{"PA1", room_sid, 1, now() - 25h, now() - 24h}};
    must_do(run(log->record_stays(id, std::move(seen), soon())));
    EXPECT_EQ(read(id).people.size(), 1U);
    EXPECT_TRUE(read(id, now() - 1h).people.empty());
}

TEST_F(visit_log, proposes_a_no_show_once_and_writes_it_only_when_told) {
    const auto id = visit(3h);
    EXPECT_TRUE(propose(id, false));
    EXPECT_FALSE(propose(id, false));
    EXPECT_EQ(status_of(id), "scheduled");
    ASSERT_TRUE(read(id).no_show);
    EXPECT_EQ(read(id).no_show->absent, "patient");
    EXPECT_FALSE(read(id).no_show->written);
    EXPECT_FALSE(propose(id, true));
    EXPECT_EQ(status_of(id), "no_show");
    EXPECT_TRUE(read(id).no_show->written);
}

TEST_F(visit_log, proposes_nothing_of_a_visit_that_is_closed_or_of_another_version) {
    const auto id = visit(3h);
    EXPECT_FALSE(propose(id, true, 99));
    psql("update punctual.appointment set status = 'completed'");
    EXPECT_FALSE(propose(id, true));
    EXPECT_EQ(status_of(id), "completed");
    EXPECT_FALSE(read(id).no_show);
}

TEST_F(visit_log, finds_visits_that_ended_while_nobody_looked) {
    const auto missed = visit(72h);
    visit(2h);
    const auto unknown = book();
    psql("update punctual.appointment set starts_at = now() - interval '3 days' where id = " + std::to_string(unknown));
    psql("delete from punctual.appointment_state where appointment_id = " + std::to_string(unknown));
    const auto found = must(run(log->undecided(now() - 14 * 24h, now() - 23h, 100, soon())));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].appointment, missed);
    EXPECT_TRUE(found[0].telehealth);
    propose(missed, false);
    EXPECT_TRUE(must(run(log->undecided(now() - 14 * 24h, now() - 23h, 100, soon()))).empty());
}

TEST_F(visit_log, judges_rooms_by_their_whole_name) {
    using net::room_standing;
    const auto over = visit(5h);
    const auto over_name = name;
    const auto wanted = visit(10min);
    const auto wanted_name = name;
    const auto dropped = visit(10min);
    psql("update punctual.appointment set status = 'cancelled' where id = " + std::to_string(dropped));
    const auto gone = visit(10min);
    const auto gone_name = name;
    const auto dropped_name = must(run(store->find_appointment(dropped, soon())))->room_name;
    psql("delete from punctual.appointment where id = " + std::to_string(gone));
    const auto standings = must(run(
        log->judge_rooms({over_name, wanted_name, dropped_name, gone_name, over_name + "0", "apt-999999-1-a", "party"},
                         now() - 2h, soon())));
    EXPECT_EQ(standings,
              (std::vector{room_standing::over, room_standing::wanted, room_standing::dropped, room_standing::dropped,
                           room_standing::foreign, room_standing::foreign, room_standing::foreign}));
    EXPECT_NE(over, wanted);
}

TEST_F(visit_log, tells_the_sweep_who_has_to_leave) {
    const auto id = visit(10min);
    EXPECT_TRUE(must(run(store->rooms_to_clean(now() - 2h, 10, soon()))).empty());
    psql("update punctual.appointment set status = 'cancelled' where id = " + std::to_string(id));
    const auto rooms = must(run(store->rooms_to_clean(now() - 2h, 10, soon())));
    ASSERT_EQ(rooms.size(), 1U);
    EXPECT_TRUE(rooms[0].dropped);
}

TEST_F(visit_log, remembers_when_a_chore_was_done) {
    EXPECT_TRUE(must(run(log->chore_due("stray_rooms", 7 * 24h, soon()))));
    must_do(run(log->chore_done("stray_rooms", soon())));
    EXPECT_FALSE(must(run(log->chore_due("stray_rooms", 7 * 24h, soon()))));
    psql("update punctual.chore set done_at = done_at - interval '8 days'");
    EXPECT_TRUE(must(run(log->chore_due("stray_rooms", 7 * 24h, soon()))));
}

TEST_F(visit_log, believes_twilios_list_of_a_going_whose_callback_was_lost) {
    const auto id = visit(60min);
    const auto joined = std::chrono::floor<std::chrono::seconds>(now() - 50min);
    record(event(id, "participant-connected", "PA1", 1, joined));
    record(event(id, "participant-connected", "PA2", 2, joined));
    record(event(id, "participant-disconnected", "PA2", 2, joined + 30min + 700ms));
    record(event(id, "room-ended", {}, 0, joined + 40min));
    const auto as_listed = [&](std::string sid, domain::person_id who, std::chrono::minutes length) {
        return net::stay{.participant_sid = std::move(sid),
                         .room_sid = room_sid,
                         .person = who,
                         .joined_at = joined,
                         .left_at = joined + length};
    };
    must_do(run(log->record_stays(id, {as_listed("PA1", 1, 20min), as_listed("PA2", 2, 30min)}, soon())));
    const auto people = read(id).people;
    ASSERT_EQ(people.size(), 2U);
    EXPECT_EQ(people[0].left_at, joined + 20min) << "not when the room ended";
    EXPECT_EQ(people[1].left_at, joined + 30min + 700ms) << "the callback is finer";
}

TEST_F(visit_log, knows_whether_the_two_have_met) {
    const auto id = visit(30min);
    const auto stay = [&](const std::string& sid, domain::person_id who, std::chrono::minutes from,
                          std::chrono::minutes until) {
        record(event(id, "participant-connected", sid, who, now() - from));
        record(event(id, "participant-disconnected", sid, who, now() - until));
    };
    stay("PA1", 1, 28min, 20min);
    EXPECT_FALSE(read(id).met);
    stay("PA2", 2, 15min, 10min);
    EXPECT_FALSE(read(id).met) << "one after the other";
    record(event(id, "participant-connected", "PA3", 4, now() - 25min));
    EXPECT_FALSE(read(id).met) << "somebody else";
    record(event(id, "participant-connected", "PA4", 1, now() - 12min));
    EXPECT_TRUE(read(id).met);
    EXPECT_FALSE(read(id, now() - 5min).met) << "under an earlier time";
}

}  // namespace
}  // namespace punctual::test
