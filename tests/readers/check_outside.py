"""Whether forwarded mails (facts as JSON on standard input) or Twilio's forms say what was written, and no more."""

import json
import pathlib
import re
import sys
import unicodedata
import urllib.parse

what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
wanted = json.loads((folder / "wanted.json").read_text("utf-8"))
faults = []


def letters(text):
    """What is left of a text when spaces, marks and signs go: it must be there in this order."""
    text = unicodedata.normalize("NFKD", text)
    return "".join(c for c in text if unicodedata.category(c)[0] in "LN")[:60]


def check(good, name, why):
    if not good:
        faults.append("%s: %s" % (name, why))


def check_mails():
    facts = json.load(sys.stdin)
    check(sorted(facts) == sorted(wanted), "all", "not the mails that were written")
    plain = facts[min(facts)]
    tags = lambda html: set(re.findall(r"<[!/a-z]+", html)) - {"<br"}
    for name, mail in facts.items():
        check(mail["to"] == [["Harbour Clinic", "hello@clinic.example"]], name, "to %s" % mail["to"])
        check(not mail["cc"] and not mail["bcc"], name, "copies")
        check(mail["header_names"] == plain["header_names"], name, "headers %s" % mail["header_names"])
        check(mail["subject"].splitlines() == [mail["subject"]], name, "subject of several lines")
        check(mail["calendars"] == [], name, "a calendar")
        check(tags(mail["html"]) == tags(plain["html"]), name, "tags %s" % (tags(mail["html"]) ^ tags(plain["html"])))
        check(letters(wanted[name]) in letters_of(mail["text"]), name, "the text does not say %r" % wanted[name][:60])


def letters_of(text):
    text = unicodedata.normalize("NFKD", text)
    return "".join(c for c in text if unicodedata.category(c)[0] in "LN")


def check_forms():
    for name, text in wanted.items():
        form = urllib.parse.parse_qs((folder / name).read_text("ascii"), keep_blank_values=True, strict_parsing=True)
        check(all(len(values) == 1 for values in form.values()), name, "a parameter twice")
        form = {key: values[0] for key, values in form.items()}
        whatsapp = name.endswith("whatsapp.form")
        names = ({"To", "From", "ContentSid", "ContentVariables", "StatusCallback"} if whatsapp
                 else {"To", "From", "Body", "ValidityPeriod", "StatusCallback"})
        check(set(form) == names, name, "parameters %s" % sorted(form))
        check(form["To"] == ("whatsapp:" if whatsapp else "") + "+61412345678", name, "to %s" % form["To"])
        if whatsapp:
            variables = json.loads(form["ContentVariables"])
            check(sorted(variables) == ["1", "2", "3"], name, "variables %s" % sorted(variables))
            for value in variables.values():
                bad = [c for c in value if unicodedata.category(c) in ("Cc", "Zl", "Zp")]
                check(value and not bad and "     " not in value, name, "a variable that Meta refuses: %r" % value[:60])
            check(letters(text) in letters_of(variables["1"]) or not letters(text), name, "variable %r" % variables["1"][:60])
        else:
            check(not [c for c in form["Body"] if unicodedata.category(c) == "Cc"], name, "control characters")


{"mails": check_mails, "forms": check_forms}[what]()
for fault in faults:
    print(fault, file=sys.stderr)
check_count = len(wanted)
print("%d read, %d wrong" % (check_count, len(faults)))
sys.exit(1 if faults or check_count < 50 else 0)
