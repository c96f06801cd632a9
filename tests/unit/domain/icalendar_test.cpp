#include "domain/icalendar.hpp"

#include <gtest/gtest.h>

namespace punctual::domain {
namespace {

using namespace std::chrono_literals;

calendar_event sample_event() {
    calendar_event event;
    event.uid = calendar_uid(123, "clinic.example");
    event.sequence = 3;
    event.stamp = wall_time{1'796'086'800s};
    event.starts_at = wall_time{1'796'086'800s} + 24h;
    event.ends_at = event.starts_at + 50min;
    event.summary = "Appointment with Harbour Clinic";
    event.location = "https://app.example/video-session/apt-1";
    event.url = event.location;
    event.organizer = {"Harbour Clinic", "no-reply@clinic.example"};
    event.attendee = {"Jane Citizen", "jane@example.com"};
    return event;
}

std::string unfolded(std::string text) {
    for (auto at = text.find("\r\n "); at != std::string::npos; at = text.find("\r\n ", at)) {
        text.erase(at, 3);
    }
    return text;
}

TEST(icalendar, writes_a_request_with_its_version_and_times_in_utc) {
    const auto text = unfolded(write_calendar(sample_event()));
    for (const auto* const line :
         {"METHOD:REQUEST", "UID:appointment-123@clinic.example", "SEQUENCE:3", "DTSTAMP:20261201T010000Z",
          "DTSTART:20261202T010000Z", "DTEND:20261202T015000Z", "SUMMARY:Appointment with Harbour Clinic",
          "URL:https://app.example/video-session/apt-1", "STATUS:CONFIRMED",
          "ORGANIZER;CN=\"Harbour Clinic\":mailto:no-reply@clinic.example"}) {
        EXPECT_TRUE(text.contains(std::string{line} + "\r\n")) << line;
    }
}

TEST(icalendar, cancels_the_same_uid) {
    auto event = sample_event();
    event.cancelled = true;
    const auto text = write_calendar(event);
    EXPECT_TRUE(text.contains("METHOD:CANCEL\r\n"));
    EXPECT_TRUE(text.contains("STATUS:CANCELLED\r\n"));
    EXPECT_TRUE(text.contains("UID:appointment-123@clinic.example\r\n"));
}

TEST(icalendar, folds_at_seventy_five_octets_and_at_characters) {
    auto event = sample_event();
    for (int i = 0; i < 40; ++i) {
        event.location += "\u00e9\U0001F600";
    }
    std::string_view rest;
    const auto text = write_calendar(event);
    rest = text;
    while (!rest.empty()) {
        const auto end = rest.find("\r\n");
        ASSERT_NE(end, std::string_view::npos);
        EXPECT_LE(end, 75U);
        // A line that begins in the midst of a character begins with a continuation byte.
        const auto first = static_cast<unsigned char>(rest[rest.front() == ' ' ? 1 : 0]);
        EXPECT_NE(first & 0xC0U, 0x80U);
        rest.remove_prefix(end + 2);
    }
    EXPECT_TRUE(unfolded(text).contains(event.location));
}

TEST(icalendar, escapes_text_so_that_nothing_can_end_its_line) {
    auto event = sample_event();
    event.location = "Room 1; 2, back\\slash\r\nATTENDEE:mailto:evil@example.com\nEND:VEVENT";
    const auto text = unfolded(write_calendar(event));
    EXPECT_TRUE(
        text.contains("LOCATION:Room 1\\; 2\\, back\\\\slash\\nATTENDEE:mailto:evil@example.com\\nEND:VEVENT\r\n"));
    EXPECT_FALSE(text.contains("\r\nATTENDEE:mailto:evil"));
}

TEST(icalendar, keeps_a_name_inside_its_quotes) {
    auto event = sample_event();
    event.attendee.name = "Jo \"x\":^\r\nEND:VCALENDAR";
    const auto text = unfolded(write_calendar(event));
    EXPECT_TRUE(text.contains(";CN=\"Jo ^'x^':^^  END:VCALENDAR\":mailto:jane@example.com\r\n"));
}

TEST(icalendar, leaves_out_an_end_that_is_not_after_the_start) {
    auto event = sample_event();
    event.ends_at = event.starts_at;
    EXPECT_FALSE(write_calendar(event).contains("DTEND"));
}

}  // namespace
}  // namespace punctual::domain
