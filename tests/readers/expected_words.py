"""What our mails must say, found without our code: dates by Python's zoneinfo, names by the rules as written."""

import unicodedata
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

WEEKDAYS = {
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "vi": ["Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"],
}
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December"]


def zone_letters(local):
    letters = local.strftime("%Z")
    if letters[0] in "+-":
        minutes = int(local.utcoffset() / timedelta(minutes=1))
        return "UTC%s%02d:%02d" % ("+" if minutes >= 0 else "-", abs(minutes) // 60, abs(minutes) % 60)
    return letters


def clock(language, unix, zone):
    """'2:30 pm AEDT'"""
    local = datetime.fromtimestamp(unix, ZoneInfo(zone))
    if language == "vi":
        return "%02d:%02d %s" % (local.hour, local.minute, zone_letters(local))
    hour = local.hour % 12 or 12
    return "%d:%02d %s %s" % (hour, local.minute, "am" if local.hour < 12 else "pm", zone_letters(local))


def day(language, unix, zone):
    """'Wednesday, 2 December'"""
    local = datetime.fromtimestamp(unix, ZoneInfo(zone))
    weekday = WEEKDAYS[language][local.weekday()]
    if language == "vi":
        return "%s, %d tháng %d" % (weekday, local.day, local.month)
    return "%s, %d %s" % (weekday, local.day, MONTHS[local.month - 1])


def calendar_instant(unix):
    return datetime.fromtimestamp(unix, timezone.utc)


DECEIVING = set(range(0x202A, 0x202F)) | set(range(0x2066, 0x206A)) | {0xFEFF, 0x200B, 0xFFF9, 0xFFFA, 0xFFFB}


def one_line(text, limit=200):
    """A name or place as a message shows it: controls are a space, what turns the words round is gone."""
    out = ""
    gap = False
    for char in text:
        code = ord(char)
        if unicodedata.category(char) == "Cc" or code in (0x2028, 0x2029):
            gap = True
            continue
        if code in DECEIVING:
            continue
        if gap and out and not out.endswith(" ") and char != " ":
            out += " "
        gap = False
        if char != " " or out:
            out += char
    out = out.rstrip(" ")
    return out if len(out) <= limit else out[: limit - 1] + "…"
