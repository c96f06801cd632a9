// Our mails and calendars, read by programs that are not ours: GMime, libical, Python's email.

#include "domain/icalendar.hpp"
#include "domain/plain_text.hpp"
#include "net/rendering/clinic_composer.hpp"
#include "support/sample_delivery.hpp"

#include <gmime/gmime.h>
#include <gtest/gtest.h>
#include <libical/ical.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace punctual::net::rendering {
namespace {

using namespace std::chrono_literals;
using domain::kind;
using test::sample_delivery;
using test::sample_now;

const std::vector<std::string>& difficult_names() {
    static const std::vector<std::string> names{
        "Jane Citizen",
        "Robert'); DROP TABLE \"x\\",
        "Jo\r\nBcc: all@example.com",
        "{{x}} {{{y}}}",
        "Zo\u00eb \U0001F600 \u4e2d\u6587",
        "\u05d3\u05d5\u05d3 \u05db\u05d4\u05df",
        ".",
        "=?utf-8?q?evil?=",
        "a, b; c: <d@e.f>",
        std::string(1'200, 'W'),
        "x  y",
        "\xFF\xFE bad",
        "O'Neill ^caret^",
        "a very long name with many many words in it that will surely not stay on one line of a header at all"};
    return names;
}

std::string composed(const domain::claimed_delivery& what) {
    test::kept_log log;
    const auto made = make_composer(test::sample_settings(), log);
    EXPECT_TRUE(made.has_value());
    const auto mail = made.value()->compose_mail(what, sample_now);
    EXPECT_TRUE(mail.has_value());
    return mail ? mail->message : std::string{};
}

domain::claimed_delivery invitation_to(const std::string& name) {
    auto what = sample_delivery(kind::reschedule, 72h);
    what.before = what.what;
    what.before->starts_at -= 24h;
    what.thread = "11111111-d9cb-469f-a165-70867728950e";
    what.recipient.full_name = name;
    what.patient_name = name;
    what.psychologist_name = name;
    return what;
}

template <class T>
using object = std::unique_ptr<T, void (*)(gpointer)>;
template <class T>
object<T> own(T* raw) {
    return {raw, g_object_unref};
}

class gmime : public testing::Test {
protected:
    static void SetUpTestSuite() { g_mime_init(); }
    static object<GMimeMessage> parse(const std::string& text) {
        const auto stream = own(g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
        const auto parser = own(g_mime_parser_new_with_stream(stream.get()));
        return own(g_mime_parser_construct_message(parser.get(), nullptr));
    }
    // Content types of all parts, depth first.
    static std::vector<std::string> types(GMimeMessage* message) {
        std::vector<std::string> out;
        g_mime_message_foreach(
            message,
            [](GMimeObject*, GMimeObject* part, gpointer into) {
                auto* const type = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(part));
                static_cast<std::vector<std::string>*>(into)->emplace_back(type);
                g_free(type);
            },
            &out);
        return out;
    }
};

TEST_F(gmime, reads_the_recipient_as_written) {
    for (const auto& name : difficult_names()) {
        const auto message = parse(composed(invitation_to(name)));
        ASSERT_NE(message, nullptr);
        auto* const to = g_mime_message_get_to(message.get());
        ASSERT_EQ(internet_address_list_length(to), 1) << name;
        auto* const first = internet_address_list_get_address(to, 0);
        EXPECT_STREQ(internet_address_get_name(first), domain::clean_line(name).c_str());
        EXPECT_STREQ(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(first)), "jane@example.com");
        EXPECT_EQ(internet_address_list_length(g_mime_message_get_cc(message.get())), 0);
        EXPECT_EQ(internet_address_list_length(g_mime_message_get_bcc(message.get())), 0);
    }
}

TEST_F(gmime, finds_the_parts_of_an_invitation_in_their_order) {
    const auto message = parse(composed(invitation_to("Jane")));
    EXPECT_EQ(types(message.get()), (std::vector<std::string>{"multipart/mixed", "multipart/alternative", "text/plain",
                                                              "text/html", "text/calendar", "application/ics"}));
    const auto reminder = parse(composed(sample_delivery(domain::reminder_kind(0), 24h)));
    EXPECT_EQ(types(reminder.get()), (std::vector<std::string>{"multipart/alternative", "text/plain", "text/html"}));
}

TEST_F(gmime, reads_identity_and_date) {
    const auto message = parse(composed(invitation_to("Jane")));
    EXPECT_STREQ(g_mime_message_get_message_id(message.get()), "0f8fad5b-d9cb-469f-a165-70867728950e@clinic.example");
    EXPECT_EQ(g_date_time_to_unix(g_mime_message_get_date(message.get())), 1'796'086'800);
    EXPECT_STREQ(g_mime_message_get_subject(message.get()), "Appointment with Harbour Clinic moved");
    EXPECT_STREQ(g_mime_object_get_header(GMIME_OBJECT(message.get()), "In-Reply-To"),
                 "<11111111-d9cb-469f-a165-70867728950e@clinic.example>");
}

using component = std::unique_ptr<icalcomponent, void (*)(icalcomponent*)>;

std::string string_of(icalcomponent* event, icalproperty_kind which) {
    auto* const property = icalcomponent_get_first_property(event, which);
    return property == nullptr ? "(none)" : icalproperty_get_value_as_string(property);
}

domain::calendar_event sample_event() {
    domain::calendar_event event;
    event.uid = domain::calendar_uid(123, "clinic.example");
    event.sequence = 4;
    event.stamp = sample_now;
    event.starts_at = sample_now + 24h;
    event.ends_at = event.starts_at + 50min;
    event.summary = "Appointment with Harbour Clinic";
    event.url = event.location = "https://app.clinic.example/video-session/apt-123";
    event.organizer = {"Harbour Clinic", "no-reply@clinic.example"};
    event.attendee = {"Jane", "jane@example.com"};
    return event;
}

TEST(libical, accepts_the_calendar_by_the_rules_of_its_method) {
    for (const bool cancelled : {false, true}) {
        auto event = sample_event();
        event.cancelled = cancelled;
        const component calendar{icalparser_parse_string(domain::write_calendar(event).c_str()), icalcomponent_free};
        ASSERT_NE(calendar, nullptr);
        EXPECT_NE(icalrestriction_check(calendar.get()), 0);
        EXPECT_EQ(icalcomponent_count_errors(calendar.get()), 0) << icalcomponent_as_ical_string(calendar.get());
        EXPECT_EQ(icalcomponent_get_method(calendar.get()), cancelled ? ICAL_METHOD_CANCEL : ICAL_METHOD_REQUEST);
    }
}

TEST(libical, reads_instants_version_and_identity) {
    const component calendar{icalparser_parse_string(domain::write_calendar(sample_event()).c_str()),
                             icalcomponent_free};
    auto* const event = icalcomponent_get_first_component(calendar.get(), ICAL_VEVENT_COMPONENT);
    ASSERT_NE(event, nullptr);
    const auto starts = icalcomponent_get_dtstart(event);
    const auto ends = icalcomponent_get_dtend(event);
    EXPECT_NE(icaltime_is_utc(starts), 0);
    EXPECT_EQ(icaltime_as_timet(starts), 1'796'086'800 + 86'400);
    EXPECT_EQ(icaltime_as_timet(ends) - icaltime_as_timet(starts), 50 * 60);
    EXPECT_EQ(icalcomponent_get_sequence(event), 4);
    EXPECT_STREQ(icalcomponent_get_uid(event), "appointment-123@clinic.example");
    EXPECT_STREQ(icalcomponent_get_summary(event), "Appointment with Harbour Clinic");
    EXPECT_EQ(string_of(event, ICAL_URL_PROPERTY), "https://app.clinic.example/video-session/apt-123");
    EXPECT_EQ(icalcomponent_count_properties(event, ICAL_ATTENDEE_PROPERTY), 1);
}

TEST(libical, reads_difficult_names_and_places_as_written) {
    for (const auto& raw : difficult_names()) {
        auto event = sample_event();
        event.location = domain::clean_line(raw);
        event.attendee.name = domain::clean_line(raw);
        const component calendar{icalparser_parse_string(domain::write_calendar(event).c_str()), icalcomponent_free};
        ASSERT_NE(calendar, nullptr);
        EXPECT_EQ(icalcomponent_count_errors(calendar.get()), 0) << raw;
        auto* const read = icalcomponent_get_first_component(calendar.get(), ICAL_VEVENT_COMPONENT);
        ASSERT_NE(read, nullptr);
        EXPECT_STREQ(icalcomponent_get_location(read), event.location.c_str());
        auto* const attendee = icalcomponent_get_first_property(read, ICAL_ATTENDEE_PROPERTY);
        auto* const name = icalproperty_get_first_parameter(attendee, ICAL_CN_PARAMETER);
        ASSERT_NE(name, nullptr) << raw;
        // A backslash at the end has a space behind it: libical's reader needs it.
        EXPECT_STREQ(icalparameter_get_cn(name),
                     (event.attendee.name + (event.attendee.name.ends_with('\\') ? " " : "")).c_str());
        EXPECT_STREQ(icalproperty_get_attendee(attendee), "mailto:jane@example.com");
    }
}

// What Python's parser (its strict policy: a defect is an error) says of a message.
constexpr const char* python_reader = R"(
import email, email.policy, sys
message = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default + email.policy.strict)
bodies = {}
for part in message.walk():
    assert not part.defects, part.defects
    for value in part.values():
        assert not value.defects, value.defects
    if not part.is_multipart():
        content = part.get_content()
        bodies[part.get_content_type()] = content if isinstance(content, str) else content.decode()
to = message["to"].addresses
assert len(to) == 1 and len(message.get_all("to")) == 1
print(to[0].display_name)
print(to[0].addr_spec)
print(message["subject"])
print(message["message-id"])
print(message["references"])
print(message["auto-submitted"])
print("|".join(sorted(bodies)))
calendar = [p for p in message.walk() if p.get_content_type() == "text/calendar"]
print(calendar[0].get_param("method") if calendar else "")
print(bodies["text/plain"].splitlines()[0])
assert "\n".join(bodies["text/plain"].split("\r\n")).count("\r") == 0
if calendar:
    assert bodies["text/calendar"] == bodies["application/ics"].replace("\r\n", "\n") or \
        bodies["text/calendar"] == bodies["application/ics"]
)";

std::vector<std::string> python_says(const std::string& message) {
    namespace fs = std::filesystem;
    std::string folder = fs::temp_directory_path() / "message-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) {
        return {"no folder"};
    }
    std::ofstream{fs::path{folder} / "mail.eml", std::ios::binary} << message;
    std::ofstream{fs::path{folder} / "read.py"} << python_reader;
    // The system's interpreter, whatever stands before it in PATH.
    const auto command = "PYTHONIOENCODING=utf-8 /usr/bin/python3 " + folder + "/read.py " + folder + "/mail.eml 2>&1";
    std::vector<std::string> lines;
    if (auto* const pipe = ::popen(command.c_str(), "r")) {
        std::string all;
        std::array<char, 4'096> block{};
        for (auto got = std::fread(block.data(), 1, block.size(), pipe); got > 0;
             got = std::fread(block.data(), 1, block.size(), pipe)) {
            all.append(block.data(), got);
        }
        ::pclose(pipe);
        for (std::size_t at = 0; at < all.size();) {
            const auto end = std::min(all.find('\n', at), all.size());
            lines.push_back(all.substr(at, end - at));
            at = end + 1;
        }
    }
    fs::remove_all(folder);
    return lines;
}

std::string without_spaces(std::string text) {
    std::erase(text, ' ');
    return text;
}

TEST(python_email, reads_every_difficult_name_without_a_defect) {
    for (const auto& raw : difficult_names()) {
        const auto name = domain::clean_line(raw);
        const auto said = python_says(composed(invitation_to(raw)));
        ASSERT_EQ(said.size(), 9U) << raw << "\n" << (said.empty() ? "" : said.back());
        // Python's parser leaves a space between two encoded words of a name, against RFC 2047 §6.2.
        EXPECT_EQ(without_spaces(said[0]), without_spaces(name));
        EXPECT_EQ(said[1], "jane@example.com");
        EXPECT_EQ(said[8], "Hello " + name + ",");
    }
}

TEST(python_email, reads_headers_parts_and_method) {
    const auto said = python_says(composed(invitation_to("Jane")));
    EXPECT_EQ(said, (std::vector<std::string>{"Jane", "jane@example.com", "Appointment with Harbour Clinic moved",
                                              "<0f8fad5b-d9cb-469f-a165-70867728950e@clinic.example>",
                                              "<11111111-d9cb-469f-a165-70867728950e@clinic.example>", "auto-generated",
                                              "application/ics|text/calendar|text/html|text/plain", "REQUEST",
                                              "Hello Jane,"}));
}

TEST(python_email, reads_every_kind_without_a_defect) {
    for (const auto which : {kind::confirmation, kind::cancellation, kind::reschedule, domain::reminder_kind(0),
                             domain::reminder_kind(1), domain::reminder_kind(2), kind::staff_alert, kind::nudge}) {
        const auto said = python_says(composed(sample_delivery(which, 20h)));
        EXPECT_EQ(said.size(), 9U) << static_cast<int>(which) << (said.empty() ? "" : said.back());
    }
}

}  // namespace
}  // namespace punctual::net::rendering
