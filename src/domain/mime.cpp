#include "domain/mime.hpp"

#include "domain/civil_time.hpp"
#include "domain/mime_encoding.hpp"
#include "domain/plain_text.hpp"
#include "domain/utf8.hpp"

#include <algorithm>

namespace punctual::domain {
namespace {

constexpr std::size_t longest_line = 76;

bool is_letter_or_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// RFC 5322 §3.2.3
bool is_atom_character(char c) noexcept {
    return is_letter_or_digit(c) || std::string_view{"!#$%&'*+-/=?^_`{|}~"}.contains(c);
}

// Folded at its spaces the text gives lines that are short enough, and no reader takes a part of it
// for an encoded word.
bool can_stand_as_it_is(std::string_view text, std::size_t column) {
    if (!utf8::is_ascii(text) || text.contains("=?") || text.contains("  ")) {
        return false;
    }
    while (!text.empty()) {
        const auto word = std::min(text.find(' '), text.size());
        if (column + word > longest_line) {
            return false;
        }
        column = 1;
        text.remove_prefix(std::min(word + 1, text.size()));
    }
    return true;
}

std::string folded(std::string_view text, std::size_t column) {
    std::string out;
    bool first = true;
    while (!text.empty()) {
        const auto word = std::min(text.find(' '), text.size());
        if (!first) {
            const bool fits = column + 1 + word <= longest_line;
            out += fits ? " " : "\r\n ";
            column = fits ? column + 1 : 1;
        }
        first = false;
        out += text.substr(0, word);
        column += word;
        text.remove_prefix(std::min(word + 1, text.size()));
    }
    return out;
}

std::string quoted_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.push_back('\\');
        }
        out.push_back(c);
    }
    out.push_back('"');
    return out;
}

// A phrase (RFC 5322 §3.2.5) on one line, or encoded words. A folded phrase would be legal too, but GMime
// keeps the fold in the name. (Python's parser keeps a space between encoded words of a long one.)
std::string phrase(std::string_view name, std::size_t column) {
    const bool atoms = std::ranges::all_of(name, [](char c) { return is_atom_character(c) || c == ' '; });
    const auto plain = atoms ? std::string{name} : quoted_string(name);
    return can_stand_as_it_is(plain, column) && column + plain.size() <= longest_line ? plain
                                                                                      : encoded_words(name, column);
}

// Letters, digits, dots and dashes only: what may stand in a Message-ID or a boundary unquoted.
std::string token(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_letter_or_digit(c) || c == '-' || c == '.' || c == '_') {
            out.push_back(c);
        }
    }
    return out;
}

std::string message_id(std::string_view id, std::string_view id_domain) {
    return "<" + token(id) + "@" + token(id_domain) + ">";
}

// "=_" can stand in no quoted-printable or base64 body, so no text can end a part.
std::string boundary(std::string_view id, char level) {
    return "=_" + token(id).substr(0, 60) + "_" + level;
}

std::string opening(std::string_view delimiter) {
    return "--" + std::string{delimiter} + "\r\n";
}
std::string closing(std::string_view delimiter) {
    return "--" + std::string{delimiter} + "--\r\n";
}

std::string text_part(std::string_view subtype, std::string_view text) {
    auto quoted = quoted_printable(text);
    auto encoding = std::string_view{"quoted-printable"};
    // Mostly letters that need three characters each: base64 is shorter.
    if (quoted.size() > text.size() * 3 / 2) {
        quoted = base64_lines(text);
        encoding = "base64";
    }
    std::string out = "Content-Type: text/";
    out.append(subtype).append("; charset=utf-8\r\nContent-Transfer-Encoding: ").append(encoding);
    return out + "\r\n\r\n" + quoted;
}

std::string alternative(const mail_draft& draft) {
    const auto delimiter = boundary(draft.id, 'a');
    std::string out = "Content-Type: multipart/alternative;\r\n boundary=\"" + delimiter + "\"\r\n\r\n";
    out += opening(delimiter) + text_part("plain", draft.text);
    out += opening(delimiter) + text_part("html", draft.html);
    if (draft.calendar) {
        out += opening(delimiter) +
               "Content-Type: text/calendar; charset=utf-8; method=" + token(draft.calendar->method) +
               "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64_lines(draft.calendar->calendar);
    }
    return out + closing(delimiter);
}

}  // namespace

std::string text_header(std::string_view name, std::string_view text) {
    const auto value = clean_line(text, 900);
    std::string out{name};
    out += ": ";
    const auto column = out.size();
    out += can_stand_as_it_is(value, column) ? folded(value, column) : encoded_words(value, column);
    return out + "\r\n";
}

std::string mailbox_header(std::string_view name, const mailbox& who) {
    std::string out{name};
    out += ": ";
    const auto display = clean_line(who.name);
    if (display.empty()) {
        return out + who.address + "\r\n";
    }
    out += phrase(display, out.size());
    const auto line_start = out.rfind('\n');
    const auto column = out.size() - (line_start == std::string::npos ? 0 : line_start + 1);
    out += column + who.address.size() + 3 > longest_line ? "\r\n <" : " <";
    return out + who.address + ">\r\n";
}

std::string write_mail(const mail_draft& draft) {
    std::string out;
    out.reserve(16'384);
    out += "Date: " + internet_date(draft.date) + "\r\n";
    out += mailbox_header("From", draft.from);
    out += mailbox_header("To", draft.to);
    if (draft.reply_to) {
        out += mailbox_header("Reply-To", *draft.reply_to);
    }
    out += text_header("Subject", draft.subject);
    out += "Message-ID: " + message_id(draft.id, draft.id_domain) + "\r\n";
    if (!draft.thread.empty() && draft.thread != draft.id) {
        const auto first = message_id(draft.thread, draft.id_domain);
        out += "In-Reply-To: " + first + "\r\nReferences: " + first + "\r\n";
    }
    // RFC 3834: no vacation note shall answer it.
    out += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
    if (!draft.calendar) {
        return out + alternative(draft);
    }
    const auto delimiter = boundary(draft.id, 'm');
    out += "Content-Type: multipart/mixed;\r\n boundary=\"" + delimiter + "\"\r\n\r\n";
    out += opening(delimiter) + alternative(draft);
    out += opening(delimiter) +
           "Content-Type: application/ics; name=\"invite.ics\"\r\n"
           "Content-Disposition: attachment; filename=\"invite.ics\"\r\n"
           "Content-Transfer-Encoding: base64\r\n\r\n" +
           base64_lines(draft.calendar->calendar);
    return out + closing(delimiter);
}

}  // namespace punctual::domain
