#include "sandbox/twilio_rooms.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace punctual::sandbox {
namespace {

using namespace std::chrono_literals;

const wall_time start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 14h};
constexpr auto account_sid = "AC0123456789abcdef0123456789abcdef";

struct twilio_rooms_test : testing::Test {
    twilio_rooms rooms{account_sid, 7, 1min};

    std::string make(const form& fields, wall_time now = start) { return rooms.create(fields, now).value()->sid; }
    int refusal(const form& fields) {
        const auto made = rooms.create(fields, start);
        return made ? 0 : made.error().code;
    }
    std::vector<std::string> events() {
        std::vector<std::string> names;
        for (const auto& each : rooms.take_callbacks()) {
            names.push_back(value_of(each.fields, "StatusCallbackEvent") + " " +
                            value_of(each.fields, "SequenceNumber"));
        }
        return names;
    }
};

TEST_F(twilio_rooms_test, finds_a_room_in_progress_by_name_and_by_sid) {
    const auto sid = make({{"UniqueName", "apt-1"}});
    EXPECT_EQ(rooms.fetch("apt-1").value()->sid, sid);
    EXPECT_EQ(rooms.fetch(sid).value()->unique_name, "apt-1");
}

TEST_F(twilio_rooms_test, refuses_a_second_room_of_the_same_name) {
    make({{"UniqueName", "apt-1"}});
    const auto again = rooms.create({{"UniqueName", "apt-1"}}, start);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, 53113);
    EXPECT_EQ(again.error().status, 400U);
}

TEST_F(twilio_rooms_test, gives_a_name_free_when_its_room_is_completed) {
    const auto first = make({{"UniqueName", "apt-1"}});
    ASSERT_TRUE(rooms.complete(first, start));
    EXPECT_EQ(rooms.fetch("apt-1").error().code, 20404);
    EXPECT_FALSE(rooms.fetch(first).value()->in_progress);
    EXPECT_NE(make({{"UniqueName", "apt-1"}}), first);
}

TEST_F(twilio_rooms_test, refuses_to_complete_a_room_twice) {
    const auto sid = make({});
    ASSERT_TRUE(rooms.complete(sid, start));
    EXPECT_EQ(rooms.complete(sid, start).error().code, 53112);
}

TEST_F(twilio_rooms_test, names_a_nameless_room_after_its_sid) {
    const auto sid = make({});
    EXPECT_EQ(rooms.fetch(sid).value()->unique_name, sid);
}

TEST_F(twilio_rooms_test, ends_an_unjoined_room_after_five_minutes_by_default) {
    const auto sid = make({});
    rooms.advance(start + 5min - 1us);
    EXPECT_TRUE(rooms.fetch(sid).value()->in_progress);
    rooms.advance(start + 5min);
    EXPECT_FALSE(rooms.fetch(sid).value()->in_progress);
    EXPECT_EQ(rooms.fetch(sid).value()->ended_at, start + 5min);
}

TEST_F(twilio_rooms_test, keeps_an_unjoined_room_for_as_long_as_was_asked) {
    const auto sid = make({{"UnusedRoomTimeout", "60"}});
    rooms.advance(start + 59min);
    EXPECT_TRUE(rooms.fetch(sid).value()->in_progress);
    rooms.advance(start + 60min);
    EXPECT_FALSE(rooms.fetch(sid).value()->in_progress);
}

TEST_F(twilio_rooms_test, counts_the_empty_time_from_the_last_leaving) {
    const auto sid = make({{"EmptyRoomTimeout", "15"}});
    ASSERT_TRUE(rooms.join(sid, "anna", start + 1min));
    ASSERT_TRUE(rooms.leave(sid, "anna", start + 40min));
    rooms.advance(start + 54min);
    EXPECT_TRUE(rooms.fetch(sid).value()->in_progress);
    rooms.advance(start + 55min);
    EXPECT_FALSE(rooms.fetch(sid).value()->in_progress);
}

TEST_F(twilio_rooms_test, does_not_end_a_room_with_somebody_in_it_before_a_day_has_gone) {
    const auto sid = make({{"MaxParticipantDuration", "86400"}});
    ASSERT_TRUE(rooms.join(sid, "anna", start + 1min));
    rooms.advance(start + 23h);
    EXPECT_TRUE(rooms.fetch(sid).value()->in_progress);
    rooms.advance(start + 24h);
    EXPECT_FALSE(rooms.fetch(sid).value()->in_progress);
    EXPECT_EQ(rooms.fetch(sid).value()->connected(), 0U);
}

TEST_F(twilio_rooms_test, puts_a_participant_out_after_the_longest_stay) {
    const auto sid = make({{"MaxParticipantDuration", "600"}});
    ASSERT_TRUE(rooms.join(sid, "anna", start));
    rooms.advance(start + 10min);
    EXPECT_EQ(rooms.fetch(sid).value()->connected(), 0U);
    EXPECT_TRUE(rooms.fetch(sid).value()->in_progress);
}

TEST_F(twilio_rooms_test, runs_room_minutes_as_fast_as_it_was_told) {
    twilio_rooms fast{account_sid, 7, 1s};
    const auto sid = fast.create({}, start).value()->sid;
    EXPECT_EQ(fast.next_due(), start + 5s);
    fast.advance(start + 5s);
    EXPECT_FALSE(fast.fetch(sid).value()->in_progress);
}

TEST_F(twilio_rooms_test, lets_a_second_join_of_one_identity_put_the_first_one_out) {
    const auto sid = make({});
    const auto first = rooms.join(sid, "anna", start).value();
    const auto second = rooms.join(sid, "anna", start + 1s).value();
    EXPECT_NE(first.sid, second.sid);
    EXPECT_EQ(rooms.fetch(sid).value()->connected(), 1U);
    EXPECT_FALSE(rooms.fetch(sid).value()->participants[0].connected);
}

TEST_F(twilio_rooms_test, refuses_more_participants_than_asked_for) {
    const auto sid = make({{"MaxParticipants", "1"}});
    ASSERT_TRUE(rooms.join(sid, "anna", start));
    EXPECT_EQ(rooms.join(sid, "ben", start).error().code, 53105);
}

TEST_F(twilio_rooms_test, never_revives_a_completed_room) {
    const auto sid = make({{"UniqueName", "apt-1"}});
    ASSERT_TRUE(rooms.complete(sid, start));
    EXPECT_EQ(rooms.join("apt-1", "anna", start).error().code, 53106);
    EXPECT_EQ(rooms.join(sid, "anna", start).error().code, 53106);
}

TEST_F(twilio_rooms_test, numbers_its_callbacks_from_the_creation_on) {
    const auto sid = make({{"StatusCallback", "http://localhost:8000/hook"}});
    ASSERT_TRUE(rooms.join(sid, "anna", start + 1s));
    ASSERT_TRUE(rooms.leave(sid, "anna", start + 2s));
    ASSERT_TRUE(rooms.complete(sid, start + 3s));
    EXPECT_EQ(events(), (std::vector<std::string>{"room-created 0", "participant-connected 1",
                                                  "participant-disconnected 2", "room-ended 3"}));
}

TEST_F(twilio_rooms_test, tells_in_a_callback_what_twilio_tells) {
    const auto sid = make({{"UniqueName", "apt-1"}, {"StatusCallback", "http://localhost:8000/hook"}});
    ASSERT_TRUE(rooms.join(sid, "anna", start + 1500ms));
    const auto sent = rooms.take_callbacks();
    const auto& fields = sent.at(1).fields;
    EXPECT_EQ(value_of(fields, "AccountSid"), account_sid);
    EXPECT_EQ(value_of(fields, "RoomSid"), sid);
    EXPECT_EQ(value_of(fields, "RoomName"), "apt-1");
    EXPECT_EQ(value_of(fields, "RoomStatus"), "in-progress");
    EXPECT_EQ(value_of(fields, "Timestamp"), "2026-11-22T14:00:01.500Z");
    EXPECT_EQ(value_of(fields, "ParticipantIdentity"), "anna");
    EXPECT_EQ(value_of(fields, "ParticipantStatus"), "connected");
}

TEST_F(twilio_rooms_test, sends_no_callback_where_none_was_asked_for) {
    make({});
    EXPECT_TRUE(rooms.take_callbacks().empty());
}

TEST_F(twilio_rooms_test, lists_rooms_in_progress_newest_first) {
    const auto first = make({});
    const auto second = make({});
    const auto gone = make({});
    ASSERT_TRUE(rooms.complete(gone, start));
    const auto listed = rooms.list({});
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(listed[0]->sid, second);
    EXPECT_EQ(listed[1]->sid, first);
}

struct refusal_case {
    std::string name;
    std::string value;
    int code;
};

class room_refusal : public testing::TestWithParam<refusal_case> {};

TEST_P(room_refusal, has_twilios_code) {
    twilio_rooms rooms{account_sid, 7, 1min};
    const auto made = rooms.create({{GetParam().name, GetParam().value}}, start);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, GetParam().code);
    EXPECT_EQ(made.error().status, 400U);
}

INSTANTIATE_TEST_SUITE_P(
    codes, room_refusal,
    testing::Values(refusal_case{"UniqueName", std::string(129, 'a'), 53101},
                    refusal_case{"UniqueName", "\xC3\x28", 53102}, refusal_case{"MaxParticipants", "0", 53107},
                    refusal_case{"MaxParticipants", "51", 53107}, refusal_case{"UnusedRoomTimeout", "61", 53109},
                    refusal_case{"UnusedRoomTimeout", "1.5", 53109}, refusal_case{"EmptyRoomTimeout", "0", 53109},
                    refusal_case{"MaxParticipantDuration", "599", 53216}, refusal_case{"Type", "peer-to-peer", 53126},
                    refusal_case{"Type", "group-small", 53126}, refusal_case{"Type", "huge", 53108},
                    refusal_case{"StatusCallback", "localhost/hook", 53111},
                    refusal_case{"StatusCallback", "http://a/" + std::string(1024, 'a'), 53111},
                    refusal_case{"StatusCallbackMethod", "PUT", 53110}, refusal_case{"MediaRegion", "mars1", 53115}));

TEST_F(twilio_rooms_test, takes_a_name_of_exactly_128_characters_whatever_their_bytes) {
    std::string name;
    for (int i = 0; i < 128; ++i) {
        name += "ü";
    }
    EXPECT_EQ(refusal({{"UniqueName", name}}), 0);
}

}  // namespace
}  // namespace punctual::sandbox
