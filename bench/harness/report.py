"""Figures as JSON lines on stdout and in a file; everything else on stderr."""
import json
import os
import statistics
import sys


class Report:
    def __init__(self, out=None):
        self.out = open(out, "a", encoding="utf-8") if out else None

    def line(self, name, value, unit, **parameters):
        """value: the median of `runs` where there are several."""
        parameters["load"] = round(os.getloadavg()[0], 1)
        text = json.dumps({"name": name, "value": rounded(value), "unit": unit, "parameters": parameters}, sort_keys=True)
        print(text, flush=True)
        if self.out:
            self.out.write(text + "\n")
            self.out.flush()

    def medians(self, runs, units, **parameters):
        """`runs`: one {name: value} a run; a figure for each name of the first."""
        for name in runs[0]:
            values = [run[name] for run in runs if run.get(name) is not None]
            if not values:
                continue
            more = {"runs": [rounded(value) for value in values]} if len(values) > 1 else {}
            self.line(name, statistics.median(values), units[name], **parameters, **more)


def rounded(value):
    return float(f"{value:.4g}") if isinstance(value, float) else value


def say(*words):
    print("bench:", *words, file=sys.stderr, flush=True)


def percentile(values, share):
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * share // 100) - 1))]
