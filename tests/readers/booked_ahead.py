"""What a booking so far ahead sends, when and in which words: the rules once more, without our code.

Prints the table that booked_ahead.txt holds. Zones by Python's zoneinfo. One visit by video of 50 minutes; patient
and psychologist in the same zone. A WhatsApp line is followed by the SMS that goes if it does not arrive.
"""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from expected_words import clock, day

ZONES = ["Australia/Sydney", "Australia/Brisbane", "Australia/Perth", "Australia/Adelaide", "Australia/Lord_Howe"]
LINK = "https://app.clinic.example/video-session/apt-123-1796000000-abc123de"
MINUTE = 60
HOUR = 60 * MINUTE
SHORT_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"]


def utc(*parts):
    return int(datetime(*parts, tzinfo=timezone.utc).timestamp())


# The nights on which clocks change, with the instant for each zone; Brisbane and Perth have none and take Sydney's.
NIGHTS = {
    "clocks forward": (utc(2026, 10, 3, 16, 0), {"Australia/Adelaide": utc(2026, 10, 3, 16, 30),
                                                 "Australia/Lord_Howe": utc(2026, 10, 3, 15, 30)}),
    "clocks back": (utc(2027, 4, 3, 16, 0), {"Australia/Adelaide": utc(2027, 4, 3, 16, 30),
                                             "Australia/Lord_Howe": utc(2027, 4, 3, 15, 0)}),
}


def local(unix, zone):
    return datetime.fromtimestamp(unix, ZoneInfo(zone))


def days_ahead(start, now, zone):
    return (local(start, zone).date() - local(now, zone).date()).days


def when(start, now, zone):
    ahead = days_ahead(start, now, zone)
    words = "%s at %s" % (day("en", start, zone) + ("," if ahead in (0, 1) else ""), clock("en", start, zone))
    return {0: "today, ", 1: "tomorrow, "}.get(ahead, "") + words


def when_short(start, now, zone):
    at = local(start, zone)
    date = "%s, %d %s" % (at.strftime("%a"), at.day, SHORT_MONTHS[at.month - 1])
    return {0: "today", 1: "tomorrow"}.get(days_ahead(start, now, zone), date) + " at " + clock("en", start, zone)


def says(kind, start, now, zone, words):
    """'is tomorrow, …', 'is booked for …', 'starts at …'"""
    if start - now <= 16 * MINUTE:
        return "starts at " + clock("en", start, zone)
    if kind == "confirmation":
        return "is booked for " + words
    return ("is " if days_ahead(start, now, zone) in (0, 1) else "is on ") + words


def texts(kind, role, start, now, zone, useless):
    name = "Jane Citizen" if role == "patient" else "Dr Lee Listener"
    asks = kind != "confirmation" and role == "patient" and start - now > 16 * MINUTE
    yield "whatsapp | Hello %s, your appointment %s Harbour Clinic %s. // Join here: %s%s" % (
        name, "with" if role == "patient" else "at", says(kind, start, now, zone, when(start, now, zone)), LINK, " // Reply C to confirm." if asks else "")
    yield "sms | valid %d s | Harbour Clinic: your appointment %s. Join here: %s" % (
        min(useless - now, 10 * HOUR), says(kind, start, now, zone, when_short(start, now, zone)), LINK)


def mail(kind, role, start, now, zone):
    lead = "Your appointment with Dr Lee Listener" if role == "patient" else "The appointment with Jane Citizen"
    return "email | Appointment with Harbour Clinic | %s %s." % (lead, says(kind, start, now, zone,
                                                                            when(start, now, zone)))


def text_time(due, start, booked, zone):
    """Quiet hours of the 24 h texts, 21:00 to 08:00: the evening before, else the morning, else not at all."""
    at = local(due, zone)
    if 8 <= at.hour < 21:
        return due
    evening_of = at.date() if at.hour >= 21 else at.date() - timedelta(days=1)
    evening = datetime(evening_of.year, evening_of.month, evening_of.day, 20, tzinfo=ZoneInfo(zone)).timestamp()
    if evening > booked:
        return int(evening)
    next_day = evening_of + timedelta(days=1)
    morning = datetime(next_day.year, next_day.month, next_day.day, 8, tzinfo=ZoneInfo(zone)).timestamp()
    return int(morning) if start - morning >= 2 * HOUR else None


REMINDERS = [("reminder_24h", 24 * HOUR, {"patient": ("email", "whatsapp"), "psychologist": ("email",)}),
             ("reminder_1h", HOUR, {"patient": ("email", "whatsapp"), "psychologist": ("whatsapp",)}),
             ("reminder_15m", 15 * MINUTE, {"patient": ("email", "whatsapp"), "psychologist": ("whatsapp",)})]


def messages(start, booked, zone):
    def line(at, kind, role, rest):
        return "+%05d min | %s | %s | %s" % ((at - booked) // MINUTE, kind, role, rest)

    for role in ("patient", "psychologist"):
        yield line(booked, "confirmation", role, mail("confirmation", role, start, booked, zone))
    if start - booked < 15 * MINUTE:
        for text in texts("confirmation", "patient", start, booked, zone, start + 50 * MINUTE):
            yield line(booked, "confirmation", "patient", text)
    for index, (kind, before, audience) in enumerate(REMINDERS):
        due = start - before
        useless = start - REMINDERS[index + 1][1] if index + 1 < len(REMINDERS) else start + 5 * MINUTE
        for role, channels in audience.items():
            for channel in channels:
                if due < booked:
                    yield "skipped    | %s | %s | %s | booked_inside_window" % (kind, role, channel)
                elif channel == "email":
                    yield line(due, kind, role, mail(kind, role, start, due, zone))
                else:
                    at = text_time(due, start, booked, zone) if before == 24 * HOUR else due
                    if at is None:
                        yield "skipped    | %s | %s | %s | quiet_hours" % (kind, role, channel)
                    else:
                        for text in texts(kind, role, start, at, zone, useless):
                            yield line(at, kind, role, text)


def cases():
    for night, (change, own) in NIGHTS.items():
        for zone in ZONES:
            small = own.get(zone, change) + 5 * MINUTE  # so that even ten minutes have the change in them
            yield night, zone, change + 7 * HOUR, 25 * HOUR, "25 h"
            yield night, zone, change + 45 * MINUTE, 25 * HOUR, "25 h"
            yield night, zone, change + 45 * MINUTE, 2 * HOUR, "2 h"
            yield night, zone, small, 40 * MINUTE, "40 min"
            yield night, zone, small, 10 * MINUTE, "10 min"


for night, zone, start, ahead, words in cases():
    print("== %s | %s | %d | %d | starts %s, booked %s ahead" % (night, zone, start, ahead, clock("en", start, zone), words))
    for message in sorted(messages(start, start - ahead, zone)):
        print(message)
