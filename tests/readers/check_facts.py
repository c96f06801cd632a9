"""Holds what a reader found in our mails (facts on stdin) against what they must say (wanted.json in the folder).

Nothing here is our code: dates come from zoneinfo, calendars are read by the icalendar package.
usage: check_facts.py FOLDER < facts.json
"""

import html.parser
import json
import pathlib
import re
import sys

import icalendar

from expected_words import calendar_instant, clock, day, one_line

VOID = {"meta", "br", "hr"}
TAGS = {"html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "p", "h1", "span", "strong", "s",
        "a", "bdi", "br"}
SUBJECTS = {
    ("en", "cancellation"): "Appointment with {} cancelled",
    ("en", "reschedule_moved"): "Appointment with {} moved",
    ("en", "reschedule_changed"): "Appointment with {} changed",
    ("en", ""): "Appointment with {}",
    ("vi", "cancellation"): "Cuộc hẹn với {} đã được hủy",
    ("vi", "reschedule_moved"): "Cuộc hẹn với {} đã được đổi giờ",
    ("vi", "reschedule_changed"): "Cuộc hẹn với {} đã có thay đổi",
    ("vi", ""): "Cuộc hẹn với {}",
}
SHOWN_BEFORE = {"en": "Before", "vi": "Trước đó"}
SOON = {"en": "starts at ", "vi": "bắt đầu lúc "}
TODAY = {"en": "today", "vi": "hôm nay"}
TOMORROW = {"en": "tomorrow", "vi": "ngày mai"}


class page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.stack, self.tags, self.links, self.words, self.lang = [], [], [], [], None
        self.feed(text)
        self.close()
        assert not self.stack, ("not closed", self.stack)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        assert tag in TAGS, ("tag", tag)
        self.tags.append(tag)
        names = dict(attributes)
        assert len(names) == len(attributes), ("attribute twice", tag)
        allowed = {"style", "class", "role", "width", "align", "valign", "cellpadding", "cellspacing", "border"}
        allowed |= {"html": {"lang"}, "a": {"href"}, "meta": {"charset", "name", "content"}}.get(tag, set())
        assert set(names) <= allowed, ("attributes", tag, names)
        assert "url(" not in names.get("style", ""), ("loads something", names)
        if tag == "html":
            self.lang = names["lang"]
        if tag == "a":
            self.links.append(names["href"])
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack and self.stack[-1] == tag, ("closes", tag, self.stack)
        self.stack.pop()

    def handle_data(self, data):
        if "style" not in self.stack and "title" not in self.stack:
            self.words.append(data)


def squeezed(text):
    return "".join(text.split())


def same_name(found, wanted, reader):
    # Python's parser leaves a space between two encoded words of a name, against RFC 2047 section 6.2.
    return squeezed(found) == squeezed(wanted) if reader == "python" else found == wanted


def text_of(raw, event, name):
    found = str(event.get(name, ""))
    line = re.search("^%s:(.*)$" % name, raw.replace("\r\n", "\n").replace("\n ", ""), re.M)
    if line and "\\\\" in line.group(1):
        # icalendar 4.0 takes an escaped backslash before n, comma or semicolon for two escapes (RFC 5545, 3.3.11).
        return re.sub(r"\\(.)", lambda escape: "\n" if escape[1] in "nN" else escape[1], line.group(1))
    return found


def check_calendar(raw, wanted):
    whole = icalendar.Calendar.from_ical(raw)
    cancelled = wanted["kind"] == "cancellation"
    assert str(whole["METHOD"]) == ("CANCEL" if cancelled else "REQUEST")
    events = whole.walk("VEVENT")
    assert len(events) == 1 and len(whole.subcomponents) == 1
    event = events[0]
    assert not event.errors, event.errors
    assert str(event["UID"]) == "appointment-%d@clinic.example" % wanted["appointment"]
    assert int(event["SEQUENCE"]) == wanted["version"]
    assert event["DTSTART"].dt == calendar_instant(wanted["starts"]), event["DTSTART"].dt
    assert event["DTEND"].dt == calendar_instant(wanted["starts"] + wanted["minutes"] * 60)
    assert event["DTSTART"].to_ical().endswith(b"Z")
    assert str(event["STATUS"]) == ("CANCELLED" if cancelled else "CONFIRMED")
    assert str(event["ORGANIZER"]) == "mailto:no-reply@clinic.example"
    assert not isinstance(event["ATTENDEE"], list)
    assert str(event["ATTENDEE"]) == "mailto:" + wanted["to_address"]
    where = one_line(wanted["location"]) if not wanted["telehealth"] else ("" if cancelled else wanted["link"])
    assert text_of(raw, event, "LOCATION") == where, (text_of(raw, event, "LOCATION"), where)
    clinic = one_line(wanted["clinic"])
    assert clinic in text_of(raw, event, "SUMMARY"), text_of(raw, event, "SUMMARY")
    allowed = {"UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "LOCATION", "URL",
               "ORGANIZER", "ATTENDEE", "STATUS", "CLASS", "TRANSP"}
    assert set(event.keys()) <= allowed, set(event.keys()) - allowed


def check_words(found, wanted, shown):
    language, zone, starts = wanted["language"], wanted["zone"], wanted["starts"]
    when = clock(language, starts, zone)
    for text in (found["text"], shown.text):
        flat = " ".join(text.split())
        assert when in flat, ("time", when, flat)
        assert day(language, starts, zone) in flat, ("day", day(language, starts, zone), flat)
    # The first words of the mail, and so what a list of mails shows, tell when.
    assert when in shown.text[:220 + 2 * len(one_line(wanted["patient"]))], shown.text[:260]
    here = day(language, starts, zone)
    said_today = here == day(language, wanted["now"], zone)
    said_tomorrow = here == day(language, wanted["now"] + 86400, zone)
    lead = shown.text.lower()
    soon = 0 <= starts - wanted["now"] <= 16 * 60
    if soon and not wanted["kind"].startswith(("reschedule", "cancellation", "staff")):
        assert SOON[language] + when in shown.text
    assert (TODAY[language] in lead) == said_today, (said_today, lead)
    if not said_today and not wanted["before"]:
        assert (TOMORROW[language] in lead) == said_tomorrow, (said_tomorrow, lead)
    if wanted["before"]:
        before = wanted["before"]
        old = [clock(language, before["starts"], zone)] if before["starts"] != starts else []
        if before["minutes"] != wanted["minutes"]:
            old.append("%d %s" % (before["minutes"], {"en": "minutes", "vi": "phút"}[language]))
        for word in old:
            assert word in shown.text and word in found["text"], ("before", word)
        assert SHOWN_BEFORE[language] in shown.text and SHOWN_BEFORE[language] in found["text"]


def check_places(found, wanted, shown):
    cancelled = wanted["kind"] == "cancellation"
    if wanted["telehealth"] and not cancelled:
        assert wanted["link"] in found["text"] and wanted["link"] in shown.links
    else:
        assert "video-session" not in found["text"] and "video-session" not in found["html"]
    if not wanted["telehealth"] and not cancelled:
        place = one_line(wanted["location"])
        assert place in found["text"] and " ".join(place.split()) in shown.text, place
    for link in shown.links:
        assert link == wanted["link"] or link == "mailto:hello@clinic.example", link


def check(found, wanted, reader):
    clinic = one_line(wanted["clinic"])
    assert len(found["to"]) == 1 and not found["cc"] and not found["bcc"]
    assert same_name(found["to"][0][0], one_line(wanted["to_name"]), reader), (found["to"], wanted["to_name"])
    assert found["to"][0][1] == wanted["to_address"]
    assert same_name(found["from"][0][0], clinic, reader), found["from"]
    assert found["from"][0][1] == "no-reply@clinic.example"
    assert found["reply-to"][0][1] == "hello@clinic.example"
    if wanted["kind"] != "staff_alert":
        pattern = SUBJECTS.get((wanted["language"], wanted["kind"]), SUBJECTS[(wanted["language"], "")])
        assert found["subject"] == pattern.format(clinic), (found["subject"], pattern.format(clinic))
    assert found["message-id"] == "<%s@clinic.example>" % wanted["id"]
    thread = "<%s@clinic.example>" % wanted["thread"] if wanted["thread"] else None
    assert found["references"] == thread and found["in-reply-to"] == thread
    assert found["auto-submitted"] == "auto-generated"
    if wanted["now"]:
        assert found["date"] == wanted["now"]
    else:  # from a daemon with a clock of its own
        wanted["now"] = found["date"]
    known = {"date", "from", "to", "reply-to", "subject", "message-id", "references", "in-reply-to", "auto-submitted",
             "mime-version", "content-type"}
    names = found["header_names"]
    assert set(names) <= known and len(set(names)) == len(names), names

    shown = page(found["html"])
    assert shown.lang == wanted["language"] and shown.tags.count("h1") == 1
    if wanted["role"] == "patient" and wanted["to_name"].strip():
        name = one_line(wanted["to_name"])
        assert name in found["text"].split("\n")[0], found["text"].split("\n")[0]
        assert " ".join(name.split()) in shown.text
    assert " ".join(clinic.split()) in shown.text and clinic in found["text"] + clinic * (wanted["kind"] == "staff_alert")
    if wanted["role"] == "psychologist":
        assert one_line(wanted["patient"]) in found["text"]
    check_words(found, wanted, shown)
    check_places(found, wanted, shown)
    invited = wanted["role"] == "patient" and wanted["kind"].startswith(("confirmation", "reschedule", "cancellation"))
    assert len(found["calendars"]) == (2 if invited else 0), found["parts"]
    for raw in found["calendars"]:
        check_calendar(raw, wanted)
    return shown.tags


def main():
    folder = pathlib.Path(sys.argv[1])
    reader = sys.argv[2]
    wanted = json.loads((folder / "wanted.json").read_text("utf-8"))
    found = json.load(sys.stdin)
    assert sorted(found) == sorted(one["file"] for one in wanted), "other files than wanted"
    tags = {}
    faults = 0
    for one in wanted:
        try:
            made = check(found[one["file"]], one, reader)
            # The same kind of message has the same tags, whatever the names are.
            shape = one.get("shape")
            assert shape is None or tags.setdefault(shape, made) == made, ("other tags", shape)
        except AssertionError as fault:
            faults += 1
            line = fault.__traceback__
            while line.tb_next:
                line = line.tb_next
            print("%s: line %d: %s" % (one["file"], line.tb_lineno, fault), file=sys.stderr)
    print("%d mails read, %d wrong" % (len(wanted), faults))
    return 1 if faults or not wanted else 0


sys.exit(main())
