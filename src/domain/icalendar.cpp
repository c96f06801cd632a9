#include "domain/icalendar.hpp"

#include "domain/civil_time.hpp"
#include "domain/utf8.hpp"

namespace punctual::domain {
namespace {

// RFC 5545 §3.1: 75 octets without the line end; a continuation begins with a space of its own.
void append_folded(std::string& out, std::string_view line) {
    std::size_t column = 0;
    while (!line.empty()) {
        const auto length = utf8::decode(line).length;
        if (column + length > 75) {
            out += "\r\n ";
            column = 1;
        }
        out += line.substr(0, length);
        column += length;
        line.remove_prefix(length);
    }
    out += "\r\n";
}

// RFC 5545 §3.3.11. Controls other than a line end may not stand in a value at all.
std::string escaped_text(std::string_view text) {
    const auto whole = utf8::repair(text);
    std::string out;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        const char c = whole[i];
        if (c == '\\' || c == ';' || c == ',') {
            out.push_back('\\');
            out.push_back(c);
        } else if (c == '\n' || (c == '\r' && !std::string_view{whole}.substr(i + 1).starts_with('\n'))) {
            out += "\\n";
        } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
            out.push_back(c);
        }
    }
    return out;
}

// A parameter value in quotes; what quotes cannot hold is written as RFC 6868 says.
std::string quoted_parameter(std::string_view text) {
    const auto whole = utf8::repair(text);
    std::string out = "\"";
    for (const char c : whole) {
        if (c == '"') {
            out += "^'";
        } else if (c == '^') {
            out += "^^";
        } else {
            out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c);
        }
    }
    // libical takes a backslash before the closing quote for an escape, and loses the parameter.
    return out + (out.ends_with('\\') ? " \"" : "\"");
}

// RFC 6068: what could end the address or the line is percent-encoded.
std::string mail_uri(std::string_view address) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@+!$'*";
    std::string out = "mailto:";
    for (const char c : address) {
        if (plain.contains(c)) {
            out.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out.push_back('%');
            out.push_back(hex[byte >> 4U]);
            out.push_back(hex[byte & 0x0FU]);
        }
    }
    return out;
}

std::string common_name(const mailbox& who) {
    return who.name.empty() ? std::string{} : ";CN=" + quoted_parameter(who.name);
}

}  // namespace

std::string write_calendar(const calendar_event& event) {
    std::string out;
    const auto line = [&out](std::string_view name, std::string_view value) {
        append_folded(out, std::string{name} + std::string{value});
    };
    const auto text = [&line](std::string_view name, std::string_view value) {
        if (!value.empty()) {
            line(name, escaped_text(value));
        }
    };
    line("BEGIN:", "VCALENDAR");
    line("PRODID:", "-//punctual//appointments//EN");
    line("VERSION:", "2.0");
    line("CALSCALE:", "GREGORIAN");
    line("METHOD:", event.cancelled ? "CANCEL" : "REQUEST");
    line("BEGIN:", "VEVENT");
    line("UID:", escaped_text(event.uid));
    line("SEQUENCE:", std::to_string(event.sequence));
    line("DTSTAMP:", calendar_stamp(event.stamp));
    line("DTSTART:", calendar_stamp(event.starts_at));
    if (event.ends_at > event.starts_at) {
        line("DTEND:", calendar_stamp(event.ends_at));
    }
    text("SUMMARY:", event.summary);
    text("DESCRIPTION:", event.description);
    text("LOCATION:", event.location);
    if (!event.url.empty()) {
        line("URL:", event.url);
    }
    line("ORGANIZER", common_name(event.organizer) + ":" + mail_uri(event.organizer.address));
    // RSVP=FALSE: the answer would go to an address that nobody reads.
    const std::string_view attendance = event.cancelled ? "" : ";PARTSTAT=NEEDS-ACTION;RSVP=FALSE";
    line("ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT",
         std::string{attendance} + common_name(event.attendee) + ":" + mail_uri(event.attendee.address));
    line("STATUS:", event.cancelled ? "CANCELLED" : "CONFIRMED");
    line("CLASS:", "PRIVATE");
    line("TRANSP:", event.cancelled ? "TRANSPARENT" : "OPAQUE");
    line("END:", "VEVENT");
    line("END:", "VCALENDAR");
    return out;
}

std::string calendar_uid(std::int64_t appointment, std::string_view domain) {
    return "appointment-" + std::to_string(appointment) + "@" + std::string{domain};
}

}  // namespace punctual::domain
