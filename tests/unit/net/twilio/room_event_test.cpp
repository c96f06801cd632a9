#include "net/twilio/room_event.hpp"

#include "net/twilio/dates.hpp"

#include <gtest/gtest.h>

namespace punctual::net::twilio {
namespace {

using namespace std::chrono_literals;

const wall_time nine = wall_time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}} + 9h;

TEST(room_event, is_read_from_its_form) {
    const form_fields form{{"RoomSid", "RM0123456789abcdef0123456789abcdef"},
                           {"RoomName", "apt-123-1790000000-abc123de"},
                           {"StatusCallbackEvent", "participant-disconnected"},
                           {"SequenceNumber", "7"},
                           {"ParticipantSid", "PA0123456789abcdef0123456789abcdef"},
                           {"ParticipantIdentity", "456-patient@example.com"},
                           {"ParticipantDuration", "65"},
                           {"Timestamp", "2026-11-23T09:00:00.250Z"}};
    const auto read = read_room_event(form, nine);
    EXPECT_EQ(read.appointment, 123);
    EXPECT_EQ(read.person, 456);
    EXPECT_EQ(read.at, nine + 250ms);
    EXPECT_EQ(read.stayed, 65s);
    EXPECT_EQ(room_event_key(form), "RM0123456789abcdef0123456789abcdef:7");
}

TEST(room_event, leaves_out_what_is_odd) {
    const auto read = read_room_event({{"RoomSid", "RM1'; drop"},
                                       {"ParticipantSid", "x"},
                                       {"ParticipantIdentity", "me"},
                                       {"ParticipantDuration", "-5"},
                                       {"Timestamp", "yesterday"}},
                                      nine);
    EXPECT_EQ(read.room_sid, "");
    EXPECT_EQ(read.participant_sid, "");
    EXPECT_EQ(read.person, 0);
    EXPECT_EQ(read.appointment, 0);
    EXPECT_EQ(read.stayed, 0s);
    EXPECT_EQ(read.at, nine);
}

TEST(room_event, has_the_event_for_a_key_where_there_is_no_number) {
    EXPECT_EQ(room_event_key({{"RoomSid", "RM1"}, {"StatusCallbackEvent", "room-created"}}), "RM1:room-created");
}

TEST(room_event, knows_noise) {
    for (const auto* event : {"track-added", "track-removed", "track-enabled", "recording-started"}) {
        EXPECT_TRUE(is_noise(event)) << event;
    }
    for (const auto* event : {"room-ended", "room-created", "participant-connected", "participant-disconnected", ""}) {
        EXPECT_FALSE(is_noise(event)) << event;
    }
}

TEST(iso_date, is_read_with_and_without_a_fraction) {
    EXPECT_EQ(parse_iso_date("2026-11-23T09:00:00Z"), nine);
    EXPECT_EQ(parse_iso_date("2026-11-23T09:00:00.5Z"), nine + 500ms);
    EXPECT_EQ(parse_iso_date("2026-11-23T09:00:00.123456789Z"), nine + 123456us);
}

TEST(iso_date, refuses_everything_else) {
    for (const auto* text :
         {"", "Z", "2026-11-23", "2026-11-23T09:00:00", "2026-11-23T09:00:00+01:00", "2026-13-23T09:00:00Z",
          "2026-02-30T09:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T09:00:00.Z", "2026-11-23T09:00:00,5Z",
          "2026-11-23T09:00:00.1x3Z", "2026-11-23 09:00:00Z"}) {
        EXPECT_EQ(parse_iso_date(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace punctual::net::twilio
