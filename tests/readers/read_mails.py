"""Reads each *.eml of a folder with Python's email (its strict policy: a defect is an error); facts as JSON."""

import email
import email.policy
import json
import pathlib
import sys


def facts(path):
    policy = email.policy.default + email.policy.strict
    with path.open("rb") as file:
        message = email.message_from_binary_file(file, policy=policy)
    out = {"parts": [], "calendars": [], "text": None, "html": None}
    for part in message.walk():
        assert not part.defects, (path.name, part.defects)
        for value in part.values():
            assert not getattr(value, "defects", ()), (path.name, str(value), value.defects)
        out["parts"].append(part.get_content_type())
        if part.is_multipart():
            continue
        content = part.get_content()
        content = content if isinstance(content, str) else content.decode("utf-8")
        if part.get_content_type() == "text/plain":
            out["text"] = content
        elif part.get_content_type() == "text/html":
            out["html"] = content
        else:
            out["calendars"].append(content)
        if part.get_content_type() == "text/calendar":
            out["method"] = part.get_param("method")
    for name in ("from", "to", "reply-to", "cc", "bcc"):
        assert len(message.get_all(name, [])) <= 1, (path.name, name)
        boxes = message[name].addresses if message[name] else ()
        out[name] = [[box.display_name, box.addr_spec] for box in boxes]
    for name in ("subject", "message-id", "references", "in-reply-to", "auto-submitted"):
        assert len(message.get_all(name, [])) <= 1, (path.name, name)
        out[name] = str(message[name]) if message[name] is not None else None
    out["date"] = message["date"].datetime.timestamp()
    out["header_names"] = sorted(name.lower() for name in message.keys())
    return out


folder = pathlib.Path(sys.argv[1])
json.dump({path.name: facts(path) for path in sorted(folder.glob("*.eml"))}, sys.stdout)
