#pragma once
// Writes one mail to one recipient: text, HTML and maybe an invitation (RFC 5322, 2045-2047, 6047).
// Seven-bit lines of at most 76 characters wherever people's text stands, CRLF throughout, not yet
// dot-stuffed. It refuses to parse mail, and to let a CR or LF of anybody's text into a header.
//
//   multipart/alternative: text/plain, text/html          without an invitation
//   multipart/mixed                                        with one: the layout that calendars and
//     multipart/alternative: plain, html, text/calendar    mail programs expect of each other, the
//     application/ics, attached                            file being for those that know no invitations

#include "domain/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace punctual::domain {

struct mailbox {
    std::string name;     // display name; empty: the address alone
    std::string address;  // addr-spec, already known to be mailable

    bool operator==(const mailbox&) const = default;
};

struct invitation {
    std::string method;    // REQUEST or CANCEL, the same as inside `calendar`
    std::string calendar;  // a whole VCALENDAR, see icalendar.hpp
};

struct mail_draft {
    std::string id;         // of the delivery: left part of the Message-ID, seed of the boundaries
    std::string id_domain;  // right part
    std::string thread;     // id of the first mail of this conversation; empty when this is it
    mailbox from;
    mailbox to;
    std::optional<mailbox> reply_to;
    std::string subject;
    wall_time date{};
    std::string text;  // any line ends
    std::string html;
    std::optional<invitation> calendar;
};

// The same draft gives the same bytes.
[[nodiscard]] std::string write_mail(const mail_draft& draft);

// "Name: value" with folding and encoded words as the value needs them, CRLF included.
[[nodiscard]] std::string text_header(std::string_view name, std::string_view text);
[[nodiscard]] std::string mailbox_header(std::string_view name, const mailbox& who);

}  // namespace punctual::domain
