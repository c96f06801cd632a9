// Mail and invitations out of hostile names (src/domain/mime.hpp, icalendar.hpp, mime_encoding.hpp), read back by
// a strict reader. Input, separated by 0x1e: a byte of shape, then recipient's name, subject, text, HTML, place.

#include "domain/base64.hpp"
#include "domain/icalendar.hpp"
#include "domain/mime.hpp"
#include "domain/mime_encoding.hpp"
#include "domain/plain_text.hpp"
#include "domain/utf8.hpp"
#include "net/smtp/data_encoding.hpp"
#include "support/mail_reader.hpp"

#include <array>

namespace punctual::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr wall_time start{std::chrono::seconds{1'796'086'800}};

// RFC 5545 §3.3.11: what a TEXT value can hold of it.
std::string calendar_text(std::string_view text) {
    const auto whole = domain::utf8::repair(text);
    std::string out;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        const char c = whole[i];
        if (c == '\n' || (c == '\r' && (i + 1 == whole.size() || whole[i + 1] != '\n'))) {
            out.push_back('\n');
        } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
            out.push_back(c);
        }
    }
    return out;
}

void check_calendar(std::string_view text, const domain::calendar_event& event) {
    const auto lines = read_calendar(text);
    std::string names;
    for (const auto& one : lines) {
        names += one.name + " ";
    }
    std::string expected = "BEGIN PRODID VERSION CALSCALE METHOD BEGIN UID SEQUENCE DTSTAMP DTSTART DTEND ";
    for (const auto& [name, value] :
         {std::pair{"SUMMARY", &event.summary}, {"DESCRIPTION", &event.description}, {"LOCATION", &event.location}}) {
        if (value->empty()) {
            continue;
        }
        expected += std::string{name} + " ";
        const auto at = std::ranges::find(lines, name, &calendar_line::name);
        require(at != lines.end() && at->value == calendar_text(*value), "a text comes back as it was");
    }
    expected += "ORGANIZER ATTENDEE STATUS CLASS TRANSP END END ";
    require(names == expected, "an invitation has its properties and no others");
}

void check_encodings(std::string_view text) {
    require(decode_base64(domain::to_base64(text)) == text, "base64 comes back");
    require(decode_base64(domain::base64_lines(text)) == text, "in lines too");
    require(decode_quoted_printable(domain::quoted_printable(text)) == with_crlf(text), "quoted-printable comes back");
    for (const std::size_t column : {0U, 9U, 60U, 75U}) {
        require(decode_words(domain::encoded_words(text, column)) == domain::utf8::repair(text), "encoded words too");
    }
    const auto line = domain::clean_line(text, 900);
    require(domain::clean_line(line, 900) == line, "what is clean stays as it is");
    const auto header = domain::text_header("Subject", text);
    const auto read = read_mail(header + "Content-Transfer-Encoding: base64\r\n\r\n");
    require(read.headers.size() == 2, "one header is one header");
    require(decode_words(read.header("Subject")) == line, "and says what it was given");

    const auto data = net::smtp::encode_data(std::string{text});
    require(data.ends_with(".\r\n"), "a message ends with its dot");
    const std::string_view before{data.data(), data.size() - 3};
    require(!before.starts_with(".\r\n") && !before.contains("\r\n.\r\n"), "and with no other");
    for (std::size_t i = 0; i < data.size(); ++i) {
        require(data[i] != '\n' || (i > 0 && data[i - 1] == '\r'), "no bare LF reaches a server");
        require(data[i] != '\r' || (i + 1 < data.size() && data[i + 1] == '\n'), "nor a bare CR");
    }
}

}  // namespace

void try_input(std::string_view bytes) {
    check_encodings(bytes);
    fields input{bytes};
    const auto shape = input.byte();
    domain::mail_draft draft;
    draft.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    draft.id_domain = "clinic.example";
    draft.thread = (shape & 1U) != 0 ? "11111111-d9cb-469f-a165-70867728950e" : "";
    draft.to = {std::string{input.next()}, "jane@example.com"};
    draft.from = {(shape & 2U) != 0 ? draft.to.name : "Clinic", "no-reply@clinic.example"};
    if ((shape & 4U) != 0) {
        draft.reply_to = domain::mailbox{draft.to.name, "hello@clinic.example"};
    }
    draft.subject = std::string{input.next()};
    draft.date = start;
    draft.text = std::string{input.next()};
    draft.html = std::string{input.next()};
    domain::calendar_event event;
    event.cancelled = (shape & 8U) != 0;
    event.uid = domain::calendar_uid(123, draft.id_domain);
    event.stamp = event.starts_at = start;
    event.ends_at = start + 50min;
    event.summary = draft.subject;
    event.description = draft.text;
    event.location = std::string{input.next()};
    event.organizer = draft.from;
    event.attendee = draft.to;
    const auto calendar = domain::write_calendar(event);
    check_calendar(calendar, event);
    if ((shape & 16U) != 0) {
        draft.calendar = domain::invitation{event.cancelled ? "CANCEL" : "REQUEST", calendar};
    }

    const auto text = domain::write_mail(draft);
    require(text == domain::write_mail(draft), "the same draft gives the same bytes");
    const auto mail = read_mail(text);
    constexpr std::array<std::string_view, 11> known{"Date",           "From",         "To",          "Reply-To",
                                                     "Subject",        "Message-ID",   "In-Reply-To", "References",
                                                     "Auto-Submitted", "MIME-Version", "Content-Type"};
    for (const auto& [name, value] : mail.headers) {
        require(std::ranges::find(known, name) != known.end() && mail.count(name) == 1, "its headers, each once");
    }
    require(mail.header("To").ends_with("jane@example.com>") || mail.header("To") == "jane@example.com", "one To");
    const auto name = domain::clean_line(draft.to.name);
    require(name.empty() ? mail.header("To") == "jane@example.com" : display_name(mail.header("To")) == name,
            "the recipient's name comes back");
    require(decode_words(mail.header("Subject")) == domain::clean_line(draft.subject, 900), "the subject comes back");
    const auto& alternative = draft.calendar ? mail.parts.at(0) : mail;
    require(mail.parts.size() == 2 && alternative.parts.size() == (draft.calendar ? 3U : 2U), "its parts");
    require(with_crlf(alternative.parts[0].body) == with_crlf(draft.text), "the text comes back");
    require(with_crlf(alternative.parts[1].body) == with_crlf(draft.html), "the HTML comes back");
    require(!draft.calendar || (alternative.parts[2].body == calendar && mail.parts[1].body == calendar),
            "the invitation comes back");
}

}  // namespace punctual::fuzz
