#!/usr/bin/env python3
"""The benchmarks behind scripts/bench, which builds and installs what they need."""
import argparse
import signal
import sys
import traceback

from harness.report import Report, say
from scenarios import database, http, instructions, memory, messages, micro

SCENARIOS = {
    "storm": (messages.storm, "20,000 mails due at one instant: messages/s, CPU, first mail, memory; smtp-source beside it"),
    "precision": (messages.precision, "1,000 mails over 20 s: lateness; none early, none twice"),
    "booking": (messages.booking, "booking's COMMIT to the mail accepted"),
    "idle": (memory.idle, "memory and wake-ups of a daemon with nothing to do"),
    "start": (memory.start, "start with a million appointments until /readyz says 200; memory per million"),
    "token": (http.token, "the token endpoint under wrk, alone and during a storm"),
    "healthz": (http.healthz, "GET /healthz beside nginx's return 200"),
    "bulk": (database.bulk, "one transaction that books 100,000, with our triggers and without"),
    "writers": (database.writers, "16 concurrent writers, with our triggers and without"),
    "instructions": (instructions.instructions, "instructions per message and request, by callgrind (only when asked for)"),
    "micro": (micro.micro, "single parts: wheel, planning, rendering, MIME, JWT, SMTP"),
}


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"bench: {message}", file=sys.stderr)
        sys.exit(2)


def arguments():
    names = "\n".join(f"  {name:10} {what}" for name, (_, what) in SCENARIOS.items())
    parser = Parser(
        prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="The benchmarks: one JSON line per figure on stdout {name, value, unit, parameters}; the rest on stderr.",
        epilog="names:\n" + names)
    parser.add_argument("--only", action="append", choices=SCENARIOS, metavar="NAME", help="this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help="small sizes, about a minute: shows that it works, measures little")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each; the median counts (default 3)")
    parser.add_argument("--large", action="store_true", help="also a storm of 100,000")
    parser.add_argument("--growth", action="store_true", help="start with 10,000, 100,000, 1 and 10 million appointments")
    parser.add_argument("--out", metavar="FILE", help="append the figures there too")
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)  # the arguments, and nothing else
    options = parser.parse_args()
    options.storm_sizes = [20_000] + ([100_000] if options.large else [])
    options.precision = 1000, 20
    options.bookings = 500
    options.idle_settle, options.idle_seconds = 3, 30
    options.start_sizes = [10_000, 100_000, 1_000_000, 10_000_000] if options.growth else [1_000_000]
    options.wrk_seconds, options.token_storm = 5, 20_000
    options.bulk, options.pairs, options.pgbench_seconds = 100_000, 2 * options.repeat, 5
    options.micro_seconds, options.wheel_filter = 0.5, "."
    if options.quick:
        options.repeat = 1
        options.storm_sizes, options.precision, options.bookings = [500], (100, 2), 30
        options.idle_settle, options.idle_seconds, options.start_sizes = 1, 3, [20_000]
        options.wrk_seconds, options.token_storm = 1, 500
        options.bulk, options.pairs, options.pgbench_seconds = 5000, 1, 1
        options.micro_seconds, options.wheel_filter = 0.01, "wheel_queue.*:1000000/"
    return options


def main():
    options = arguments()
    if options.check:
        return 0
    # Whoever ends us ends what we have started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report = Report(options.out)
    failed = []
    for name in options.only or [name for name in SCENARIOS if name != "instructions"]:
        say(f"== {name}")
        try:
            SCENARIOS[name][0](report, options)
        except (OSError, RuntimeError, ValueError):
            traceback.print_exc()
            failed.append(name)
    if failed:
        print("bench: these failed: " + " ".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
