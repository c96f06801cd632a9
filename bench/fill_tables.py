#!/usr/bin/env python3
"""Writes the figures of `scripts/bench --out FILE` into docs/performance.md, between its marks.
usage: bench/fill_tables.py FILE [DOCUMENT]   (of a figure taken more than once the last line counts)"""
import json
import pathlib
import platform
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def find(figures, name, wanted):
    fitting = [one for one in figures if one["name"] == name and
               all(one["parameters"].get(key) == value for key, value in wanted.items())]
    return fitting[-1] if fitting else None


def text(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def against_targets(figures):
    rows = ["| figure | must | aim | measured | |", "|---|---:|---:|---:|---|"]
    for target in json.loads((HERE / "targets.json").read_text(encoding="utf-8")):
        found = find(figures, target["name"], target.get("with", {}))
        unit = (" " if target["unit"][:1].isalpha() else "") + target["unit"]
        if found is None:
            measured, verdict = "–", "not measured"
        else:
            value = found["value"] / target.get("divide", 1)
            reached = [level for level in ("must", "aim")
                       if (value >= target[level] if target["better"] == "more" else value <= target[level])]
            measured, verdict = text(value) + unit, "aim" if "aim" in reached else "must" if reached else "missed"
        rows.append(f"| {target['figure']} | {target['must']}{unit} | {target['aim']}{unit} | {measured} | {verdict} |")
    return rows


def everything(figures):
    last = {}
    for one in figures:
        key = one["name"], json.dumps({name: value for name, value in one["parameters"].items()
                                       if name not in ("load", "runs")}, sort_keys=True)
        last[key] = one
    rows = ["| name | value | unit | runs | load | of |", "|---|---:|---|---|---:|---|"]
    for one in last.values():
        with_what = dict(one["parameters"])
        runs = " ".join(text(value) for value in with_what.pop("runs", []))
        load = with_what.pop("load", "")
        of = ", ".join(f"{name} {text(value) if isinstance(value, (int, float)) else value}"
                       for name, value in with_what.items())
        rows.append(f"| `{one['name']}` | {text(one['value'])} | {one['unit']} | {runs} | {load} | {of} |")
    return rows


def machine(figures):
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.machine())
    loads = [one["parameters"]["load"] for one in figures if "load" in one["parameters"]]
    return [f"{model}, {len(loads)} figures; load average while they were taken: {min(loads)} to {max(loads)}."]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    figures = read(sys.argv[1])
    path = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE.parent / "docs" / "performance.md"
    document = path.read_text(encoding="utf-8")
    for mark, rows in (("machine", machine(figures)), ("targets", against_targets(figures)),
                       ("figures", everything(figures))):
        document, count = re.subn(f"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)",
                                  lambda match, rows=rows: match[1] + "\n".join(rows) + "\n" + match[2], document,
                                  flags=re.DOTALL)
        if count != 1:
            sys.exit(f"fill_tables: {path} has no place for {mark}")
    path.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
